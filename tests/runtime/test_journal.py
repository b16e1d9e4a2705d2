"""The journal: what it keeps, its digest, its filters and views."""

# A refusal may come at either of two calls, or not be needed.
# ruff: noqa: PLR0917, PT012, PT017

from __future__ import annotations

import enum
import itertools
import math

import msgpack
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alyslab.errors import JournalError
from alyslab.runtime import Event, Journal
from alyslab.runtime.block import _header
from tests.runtime.rows import (
    KINDS,
    ROWS,
    SUBJECTS,
    VALUES,
    Clock,
    blocks_of,
    journal_of,
    plain,
    plain_events,
)

BLOCKS = st.sampled_from([1, 2, 3, 4_096])


class Small(enum.IntEnum):
    """An integer that is not just one."""

    ONE = 1


# --- keeping -------------------------------------------------------------------------------------


@given(ROWS, BLOCKS, st.booleans())
def test_rows_come_back_as_they_were_recorded(rows, block_rows, recorders):
    """Every checker reads the journal, so that it must not change what it keeps."""
    with blocks_of(block_rows):
        journal = journal_of(rows, recorders=recorders)
        assert plain_events(journal) == plain(rows)
        assert len(journal) == len(rows)
        assert [event.seq for event in journal] == list(range(len(rows)))


@given(ROWS, BLOCKS)
def test_rows_are_found_by_position(rows, block_rows):
    """Evidence names rows by their number."""
    with blocks_of(block_rows):
        journal = journal_of(rows)
        assert repr([journal[at] for at in range(len(rows))]) == repr(list(journal))
        assert repr([journal[-1 - at] for at in range(len(rows))]) == repr(list(journal)[::-1])
        for outside in (len(rows), -len(rows) - 1):
            with pytest.raises(IndexError):
                journal[outside]


def test_event_shows_itself_as_a_plain_mapping():
    """Evidence in a verdict is JSON."""
    journal = journal_of([(5, "sent", "a", {"n": 1})])
    assert journal[0] == Event(0, 5, "sent", "a", {"n": 1})
    assert journal[0].as_dict() == {
        "seq": 0,
        "time_ns": 5,
        "kind": "sent",
        "subject": "a",
        "fields": {"n": 1},
    }


# --- the digest ----------------------------------------------------------------------------------


@given(ROWS, BLOCKS)
def test_digest_depends_on_the_rows_alone(rows, block_rows):
    """Not on how they were recorded, nor on who looked when: or no two runs could be compared."""
    with blocks_of(block_rows):
        digests = {
            journal_of(rows, recorders=recorders, read_midway=midway).digest
            for recorders in (False, True)
            for midway in (False, True)
        }
    assert len(digests) == 1
    assert len(digests.pop()) == 32


@given(ROWS, BLOCKS, st.data())
def test_digest_changes_with_any_row_that_changes(rows, block_rows, data):
    """A digest that overlooks a field would call two runs the same that are not."""
    assume(rows)
    at = data.draw(st.integers(0, len(rows) - 1))
    time_ns, kind, subject, fields = rows[at]
    changed = data.draw(
        st.one_of(
            st.just((time_ns + 1, kind, subject, fields)),
            st.tuples(st.just(time_ns), KINDS, st.just(subject), st.just(fields)),
            st.tuples(st.just(time_ns), st.just(kind), SUBJECTS, st.just(fields)),
            st.just((time_ns, kind, subject, {**fields, "more": 0})),
            st.just((time_ns, kind, subject, dict(reversed(fields.items())))),
            st.just((time_ns, kind, subject, dict(zip(fields, reversed(fields.values()), strict=True)))),
            VALUES.map(lambda value: (time_ns, kind, subject, {**fields, **dict.fromkeys(fields, value)})),
        )
    )
    others = [
        [*rows[:at], changed, *rows[at + 1 :]],
        [*rows[:at], *rows[at + 1 :]],
        [*rows[:at], rows[at], *rows[at:]],
        [rows[at], *rows[:at], *rows[at + 1 :]],
    ]
    with blocks_of(block_rows):
        digest = journal_of(rows).digest
        for other in others:
            assert (journal_of(other).digest == digest) == (plain(other) == plain(rows))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0, False),
        (0.0, -0.0),
        (None, 0),
        ("1", 1),
        ((), None),
        ((1,), 1),
        (((),), ()),
        ("", None),
    ],
)
def test_digest_tells_equal_values_of_different_types_apart(one, other):
    """``1 == True`` in Python, but a program that mixes them up has changed."""
    assert journal_of([(0, "k", "s", {"x": one})]).digest != journal_of([(0, "k", "s", {"x": other})]).digest


def test_digest_of_nan_does_not_depend_on_how_it_came_about():
    """``inf - inf`` is another bit pattern than ``nan``, and another one on another processor."""
    digests = {
        journal_of([(0, "k", "s", {"x": nan, "y": (1, nan)})]).digest
        for nan in (math.nan, -math.nan, math.inf - math.inf)
    }
    assert len(digests) == 1


def test_digest_grows_with_the_journal_and_not_with_looking():
    """It is rolling: each row counts, reading does not."""
    clock = Clock()
    journal = Journal(clock)
    seen = [journal.digest]
    for number in range(5):
        journal.record("k", "s", n=number)
        seen += [journal.digest, journal.digest]
    assert len(set(seen)) == 6


PINNED = {
    0: "cae66941d9efbd404e4d88758ea67670",
    1: "8a56fb78c115b702afb855abcfb47fb4",
    511: "6f0f99a969edf175ab2f6800090108ec",
    512: "1cc8f364d54c746790844bc0d11cbd8a",
    513: "563ba4c654f3f31cc2676a5d28666bc4",
    4_096: "e3efbca7ccf473d1ae8e2031e1c18af6",
    5_000: "49fa8ec243cbcd8870b4565cf9ababac",
    9_000: "fbff826323f6f5cd27af43418c345bf6",
}
"""By how many rows; of the first implementation, which encoded a block of 4,096 rows at once."""


@pytest.mark.parametrize("rows", PINNED)
def test_digest_stays_what_it_was(rows):
    """Tokens and saved files of other versions bear it, however rows are encoded inside."""
    clock = Clock()
    journal = Journal(clock)
    write, odd = journal.writer("message", "number", "what"), journal.recorder("odd", "ratio", "path")
    for n in range(rows):
        clock.now_ns = n * 7
        if n % 3:
            write(n * 7, f"actor-{n % 5}", (n, "work" if n < 4_100 else f"late-{n // 600}"))
        elif n % 2:
            odd(f"node-{n // 700}", n / 3, ("a", n, (None, True)))
        else:
            journal.record("state", "actor-0", after="up", **({"more": n} if n > 4_500 else {}))
        if n % 1_500 == 0:
            assert journal.digest  # looking in the middle changes nothing

    assert journal.digest == PINNED[rows]
    assert [event.seq for event in journal] == list(range(rows))


def test_unused_recorder_leaves_no_trace():
    """A harness that prepares for what did not happen has not changed the run."""
    used, unused = Journal(Clock()), Journal(Clock())
    unused.recorder("never", "a", "b")
    for journal in (used, unused):
        journal.record("k", "s", n=1)
    assert used.digest == unused.digest
    assert unused.kinds() == {"k": 1}


# --- refusing ------------------------------------------------------------------------------------

REFUSED = [
    b"bytes",
    [1],
    {"a": 1},
    {1},
    2**64,
    -(2**63) - 1,
    object(),
    1j,
    "\ud800",
    np.float64(1),
    Small.ONE,
    (1, [2]),
]


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("recorder", [False, True])
def test_value_that_cannot_be_kept_is_refused_by_name(value, before, recorder):
    """Found at the first row of its kind or when the block is sealed, in whichever row it stands."""
    journal = Journal(Clock())

    def fill():
        for number in range(before):
            journal.record("kind", "subject", n=number)
        if recorder:
            journal.recorder("kind", "n")("subject", value)
        else:
            journal.record("kind", "subject", n=value)
        return journal.digest

    with pytest.raises(JournalError, match=r"kind\.n"):
        fill()


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_of_64_bits_are_kept_exactly(number):
    """Hashes and heights need all 64."""
    with blocks_of(1):
        assert journal_of([(0, "k", "s", {"n": number})])[0].fields["n"] == number


@pytest.mark.parametrize("values", [(), (1,), (1, 2, 3)])
def test_recorder_called_with_a_wrong_number_of_values_is_refused(values):
    """A value that slips into its neighbour's column would be read as data."""
    journal = Journal(Clock())
    with pytest.raises(JournalError, match="k"):
        journal.recorder("k", "a", "b")("s", *values)
        journal.close()


@pytest.mark.parametrize("kind", ["", None, 5])
def test_kind_needs_a_name(kind):
    """A kind without a name can't be asked for."""
    with pytest.raises(JournalError):
        Journal(Clock()).recorder(kind, "a")


def test_fields_of_a_kind_differ():
    """Of two fields of one name, only one could be read."""
    with pytest.raises(JournalError):
        Journal(Clock()).recorder("k", "a", "a")


@pytest.mark.parametrize("name", ["seq", "time_ns", "kind", "subject"])
def test_field_cannot_hide_a_column(name):
    """In a frame it would stand where the row's own number or kind belongs."""
    journal = Journal(Clock())
    try:
        journal.record("k", "s", **{name: 7})
    except JournalError as error:
        assert name in str(error)
    else:
        frame = journal.frame()
        assert frame[["seq", "kind", "subject"]].to_numpy().tolist() == [[0, "k", "s"]]


def test_subject_that_is_no_string_is_refused():
    """Subjects are a column of strings."""
    journal = Journal(Clock())
    journal.record("k", 5)
    with pytest.raises(JournalError, match="5"):
        journal.close()


def test_closed_journal_takes_nothing_more():
    """What dying code still says did not happen in the run."""
    with blocks_of(4):
        journal = journal_of([(0, "k", "s", {"n": number}) for number in range(6)])
        recorder = journal.recorder("late", "n")
        journal.close()
        digest, rows = journal.digest, plain_events(journal)
        for number in range(20):
            recorder("s", number)
            journal.record("later", "s")
        journal.close()
        assert (journal.digest, plain_events(journal), len(journal)) == (digest, rows, 6)
        assert journal.kinds() == {"k": 6}


# --- reading -------------------------------------------------------------------------------------


@given(
    ROWS,
    BLOCKS,
    st.one_of(st.none(), KINDS, st.sets(KINDS, max_size=2)),
    st.one_of(st.none(), SUBJECTS, st.lists(SUBJECTS, max_size=2)),
    st.one_of(st.none(), st.integers(0, 20)),
    st.one_of(st.none(), st.integers(0, 20)),
)
def test_filters_find_what_looking_through_all_rows_finds(rows, block_rows, kind, subject, after, before):
    """The filters read columns; a reader must not notice."""
    with blocks_of(block_rows):
        journal = journal_of(rows)
        found = list(journal.select(kind, subject, after_ns=after, before_ns=before))
        frame = journal.frame(kind, subject, after_ns=after, before_ns=before)
        expected = [
            event
            for event in journal
            if (kind is None or event.kind in ({kind} if isinstance(kind, str) else kind))
            and (subject is None or event.subject in ([subject] if isinstance(subject, str) else subject))
            and (after is None or event.time_ns >= after)
            and (before is None or event.time_ns < before)
        ]
    assert repr(found) == repr(expected)
    assert frame.seq.tolist() == [event.seq for event in expected]


@pytest.mark.parametrize("block_rows", [1, 4_096])
def test_interval_of_time_begins_with_its_first_moment_and_ends_before_its_last(block_rows):
    """Neighbouring windows must count each row once."""
    with blocks_of(block_rows):
        journal = journal_of([(time_ns, "k", "s", {}) for time_ns in range(5)])
        assert [event.time_ns for event in journal.select(after_ns=1, before_ns=3)] == [1, 2]


@given(ROWS, BLOCKS)
def test_kinds_are_counted(rows, block_rows):
    """The first thing to look at in an unknown journal."""
    with blocks_of(block_rows):
        counts = journal_of(rows).kinds()
    expected = [kind for _, kind, _, _ in rows]
    assert counts == {kind: expected.count(kind) for kind in sorted(set(expected))}
    assert list(counts) == sorted(counts)


def test_rows_present_when_reading_begins_are_all_read():
    """A live checker reads while the run goes on, also across the sealing of a block."""
    with blocks_of(4):
        journal = journal_of([(0, "old", "s", {"n": number}) for number in range(7)])
        seen = []
        for event in journal:
            if event.kind == "old":
                seen.append(event.fields["n"])
                journal.record("new", "s", n=0)
            if len(journal) > 100:
                break
    assert seen == list(range(7))


def test_frame_has_a_column_for_each_field_and_exact_integers():
    """Heights and hashes of 64 bits must not turn into floats because another kind lacks them."""
    journal = journal_of(
        [
            (1, "sent", "a", {"n": 2**60 + 1, "to": "b"}),
            (2, "lost", "b", {"flag": True}),
        ]
    )
    frame = journal.frame()
    assert list(frame.columns) == ["seq", "time_ns", "kind", "subject", "n", "to", "flag"]
    assert frame.time_ns.dtype == np.int64
    assert frame.n.iloc[0] == 2**60 + 1
    assert frame.n.iloc[1] is None
    assert frame.flag.iloc[1] is True or frame.flag.iloc[1] is np.True_
    assert journal.frame("sent").n.dtype == np.int64


def test_frame_of_nothing_has_its_columns():
    """A notebook's figure of a run in which nothing happened must not fail."""
    frame = Journal(Clock()).frame("nothing")
    assert list(frame.columns) == ["seq", "time_ns", "kind", "subject"]
    assert frame.empty
    assert frame.seq.dtype == np.int64


# --- comparing -----------------------------------------------------------------------------------


@given(ROWS, BLOCKS, st.data())
def test_first_difference_is_the_first(rows, block_rows, data):
    """Replay shows this row; an earlier or later one would send the engineer the wrong way."""
    other = list(rows)
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(other)))
        other[at:at] = data.draw(st.lists(st.sampled_from(rows or [(0, "x", "", {})]), max_size=1))
    other = other[: data.draw(st.integers(0, len(other)))]
    pairs = itertools.zip_longest(rows, other)
    expected = next(
        (
            seq
            for seq, (mine, theirs) in enumerate(pairs)
            if plain([mine] if mine else []) != plain([theirs] if theirs else [])
        ),
        None,
    )
    with blocks_of(block_rows):
        difference = journal_of(rows).first_difference(journal_of(other))
        back = journal_of(other).first_difference(journal_of(rows))
    assert (difference and difference.seq) == expected
    assert (back and back.seq) == expected
    if difference:
        assert (difference.mine is None) == (expected >= len(rows))
        assert (difference.other is None) == (expected >= len(other))
        assert f"seq {expected}" in str(difference)


@pytest.mark.parametrize("block_rows", [1, 4_096])
@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ({"x": math.nan}, {"x": float("nan")}, False),
        ({"x": (1, math.nan)}, {"x": (1, -math.nan)}, False),
        ({"x": 1}, {"x": True}, True),
        ({"x": 1}, {"x": 1.0}, True),
        ({"x": 0.0}, {"x": -0.0}, True),
        ({"x": (1,)}, {"x": (True,)}, True),
        ({"x": 1, "y": 2}, {"y": 2, "x": 1}, True),
    ],
)
def test_first_difference_agrees_with_the_digest(block_rows, one, other, differ):
    """Equal digests and a difference, or the reverse, would leave the reader with nothing to trust."""
    with blocks_of(block_rows):
        mine, theirs = journal_of([(0, "k", "s", one)]), journal_of([(0, "k", "s", other)])
        assert (mine.digest != theirs.digest) == differ
        assert (mine.first_difference(theirs) is not None) == differ


# --- inside --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 255, 256, 4_096, 65_535, 65_536, 1 << 20])
def test_a_header_is_that_of_msgpack(rows):
    """The digest is defined by what msgpack writes, whoever writes it here."""
    assert _header(rows) == msgpack.Packer().pack_array_header(rows)


@pytest.mark.parametrize("subject", [np.array([1, 2]), ["a"], 7, None])
def test_a_subject_that_is_no_text_is_named_behind_one_that_is(subject):
    """Long stretches of one subject are looked at as one, and an odd one must be seen among them."""
    journal = Journal(Clock())
    write = journal.recorder("k", "n")
    write("a", 1)
    write(subject, 2)
    with pytest.raises(JournalError, match="is not a string"):
        assert journal.digest
