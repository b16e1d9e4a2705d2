"""Columns of a journal: the same rows as the events, only faster."""

from __future__ import annotations

import enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import JournalError
from alyslab.runtime import Journal
from alyslab.runtime.columns import Texts
from tests.runtime.rows import SUBJECTS, TEXT, Clock, blocks_of

INTS = st.integers(-(2**63), 2**63 - 1)
SENT = st.tuples(st.just("sent"), SUBJECTS, st.fixed_dictionaries({"number": INTS, "what": TEXT}))
LONGER = st.tuples(
    st.just("sent"), SUBJECTS, st.fixed_dictionaries({"number": INTS, "what": TEXT, "more": st.none()})
)
OTHER = st.tuples(st.just("other"), SUBJECTS, st.just({}))
ROWS = st.lists(st.one_of(SENT, LONGER, OTHER), max_size=14)


@given(ROWS, st.sampled_from([1, 2, 3, 4_096]))
def test_columns_hold_what_the_events_say(rows, block_rows):
    """A checker that reads columns must judge what a reader of events sees."""
    with blocks_of(block_rows):
        clock = Clock()
        journal = Journal(clock)
        for time_ns, (kind, subject, fields) in enumerate(rows):
            clock.now_ns = time_ns
            journal.record(kind, subject, **fields)
        columns = journal.columns("sent", integers=("number",), texts=("what",))
        events = list(journal.select("sent"))

    assert columns["seq"].tolist() == [event.seq for event in events]
    assert columns["time_ns"].tolist() == [event.time_ns for event in events]
    assert columns["subject"].tolist() == [event.subject for event in events]
    assert columns["number"].tolist() == [event.fields["number"] for event in events]
    assert columns["what"].tolist() == [event.fields["what"] for event in events]
    assert sorted(columns["what"].names) == sorted(set(columns["what"].tolist()))


def test_no_such_row_is_an_empty_column():
    """Nothing observed is a result, not an error."""
    columns = Journal(Clock()).columns("sent", integers=("number",), texts=("what",))

    assert [len(column) for column in columns.values()] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("integers", "texts", "named"),
    [
        (("size",), (), "size"),
        (("what",), (), "what"),
        ((), ("number",), "number"),
        (("ratio",), (), "ratio"),
    ],
)
def test_a_column_of_another_type_is_refused_by_name(integers, texts, named):
    """A float that becomes an integer without a word changes a verdict without a trace."""
    journal = Journal(Clock())
    journal.record("sent", "a", number=1, what="x", ratio=0.5)

    with pytest.raises(JournalError, match=named):
        journal.columns("sent", integers=integers, texts=texts)


def test_texts_take_the_codes_of_another_table():
    """Senders and receivers are the same participants, whichever column names them."""
    codes = {"b": 0}

    assert Texts.of(["a", "b", "a"]).coded(codes).tolist() == [1, 0, 1]
    assert codes == {"b": 0, "a": 1}
    assert Texts.of([]).coded(codes).tolist() == []


# --- the writer ------------------------------------------------------------------------------------


def test_a_writer_leaves_the_rows_that_a_recorder_leaves():
    """The hottest place must not write another history than the rest."""
    clock = Clock()
    first, second = Journal(clock), Journal(clock)
    record, write = first.recorder("sent", "number", "what"), second.writer("sent", "number", "what")
    with blocks_of(2):
        for number in range(5):
            clock.now_ns = number
            record("a", number, "x")
            write(number, "a", (number, "x"))

    assert first.digest == second.digest
    assert second[4].time_ns == 4


class Level(enum.IntEnum):
    """An integer that is not just one."""

    HIGH = 3


class Word(enum.StrEnum):
    """A text that is not just one."""

    HELLO = "hello"


@pytest.mark.parametrize(
    "bad", [(Level.HIGH, "x"), (1, Word.HELLO), (b"x", "x"), ([], "x"), (2**64, "x"), (1,)]
)
@pytest.mark.parametrize("others", [0, 3])
def test_a_writer_refuses_what_a_journal_cannot_keep_however_late_it_comes(bad, others):
    """Columns are checked as a whole, and one value among sound ones must still be found."""
    journal = Journal(Clock())
    write = journal.writer("sent", "number", "what")
    for number in range(others):
        write(0, "a", (number, "x"))
    write(0, "a", bad)

    with pytest.raises(JournalError, match="sent"):
        journal.close()
    assert len(journal) == others
