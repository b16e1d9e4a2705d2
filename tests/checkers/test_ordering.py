from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from alyslab.checkers.causal import CausalLog, check_causal
from alyslab.checkers.delivery import check_accounted, check_delivery
from alyslab.checkers.evidence import NEIGHBOURS
from alyslab.checkers.fifo import check_fifo
from alyslab.checkers.mailboxes import check_exclusive, check_mailboxes, check_priority
from alyslab.checkers.message_log import MessageLog
from alyslab.checkers.total_order import check_total_order
from alyslab.runtime import Journal


class NoClock:
    now_ns = 0


def stream(sequences: Sequence[int], **columns: Any) -> MessageLog:
    """Messages of one sender to one receiver, one a millisecond, in the order in which they were handled."""
    count = len(sequences)
    times = np.arange(count) * 1_000_000
    given = {
        "sender": [0] * count,
        "receiver": [1] * count,
        "sequence": list(sequences),
        "priority": [2] * count,
        "sent_ns": times,
        "queued_ns": times,
        "started_ns": times,
        "ended_ns": times + 500_000,
    }
    return MessageLog.of(("a", "b"), **{**given, **columns})


@pytest.mark.parametrize(
    ("sequences", "gaps", "reorderings", "duplicates"),
    [
        ([1, 2, 3], 0, 0, 0),
        ([1, 3, 4], 1, 0, 0),
        ([2, 3], 1, 0, 0),
        ([2, 1, 3], 0, 1, 0),
        ([1, 2, 2, 3], 0, 0, 1),
        ([1, 4, 2, 4, 6], 2, 1, 1),
        ([3], 2, 0, 0),
    ],
)
def test_gaps_reorderings_and_duplicates_are_told_apart(
    sequences: list[int], gaps: int, reorderings: int, duplicates: int
) -> None:
    """Each has another cause: a loss, a race, a retry."""
    verdict = check_fifo(stream(sequences))

    assert [check.observed for check in verdict.checks] == [gaps, reorderings, duplicates]


def test_streams_do_not_disturb_each_other() -> None:
    """Order is promised from one sender to one receiver within one priority, and nowhere else."""
    log = stream([1, 1, 2, 1, 2], sender=[0, 2, 0, 0, 2], priority=[2, 2, 2, 5, 2])

    assert check_fifo(MessageLog.of(("a", "b", "c"), **_columns(log))).status == "pass"


def _columns(log: MessageLog) -> dict[str, Any]:
    names = ("sender", "receiver", "sequence", "priority", "sent_ns", "queued_ns", "started_ns", "ended_ns")
    return {name: getattr(log, name) for name in names}


@pytest.mark.parametrize("check", [check_fifo, check_accounted, check_causal, check_total_order])
def test_an_empty_journal_is_inconclusive(check: Any) -> None:
    """What was not observed did not comply."""
    assert check(Journal(NoClock())).status == "inconclusive"


def test_a_violation_is_named_with_its_earliest_moment_and_its_neighbourhood() -> None:
    """Evidence must be enough to draw, and no more."""
    sequences = [*range(1, 21), 22, 21, *range(23, 40), 41, 40]

    check = check_fifo(stream(sequences)).checks[1]

    assert check.note.startswith("earliest at 0.021500 s; messages 22 (a → b, sequence 21)")
    assert check.evidence[0]["breaks"] is True
    assert check.evidence[0]["sequence"] == 21
    assert len(check.evidence) == 2 * NEIGHBOURS + 1


def test_a_loss_at_the_end_is_seen_by_what_the_sender_counted() -> None:
    """No gap shows where nothing follows."""
    log = stream([1, 2])
    lossy = MessageLog(log.names, **_all(log), dropped=log.dropped, sent={(0, 1, 2): 4})

    verdict = check_accounted(lossy)

    assert verdict.checks[0].observed == 2
    assert "sequence 3" in verdict.checks[0].note
    assert check_delivery(lossy, "at_least_once").status == "fail"
    assert check_delivery(lossy, "at_most_once").status == "pass"
    assert check_delivery(lossy, "exactly_once").status == "fail"


def _all(log: MessageLog) -> dict[str, Any]:
    return {**_columns(log), "row": log.row, "number": log.number, "outcome": log.outcome}


def causal(stamps: Sequence[Sequence[int]], senders: Sequence[int], **clocks: Any) -> CausalLog:
    """Messages to one receiver, handled in this order; participant n owns component n."""
    count = len(stamps)
    messages = MessageLog.of(
        ("p", "q", "r"),
        sequence=[1] * count,
        sender=list(senders),
        receiver=[2] * count,
        priority=[2] * count,
        ended_ns=np.arange(count) + 1,
        started_ns=np.arange(count),
    )
    table = np.array(stamps, np.int64).reshape(count, 3)
    return CausalLog(
        messages, table, clocks.get("clocks", table), clocks.get("after", [()] * count), (0, 1, 2)
    )


def test_a_message_before_its_cause_is_found() -> None:
    """p told r, then q, which told r: r must not hear q first."""
    sound = causal([[1, 0, 0], [2, 1, 0]], senders=[0, 1])
    broken = causal([[2, 1, 0], [1, 0, 0]], senders=[1, 0])
    unrelated = causal([[0, 1, 0], [1, 0, 0]], senders=[1, 0])

    assert [check_causal(log).checks[0].observed for log in (sound, broken, unrelated)] == [0, 1, 0]


def test_a_clock_that_was_not_merged_is_found() -> None:
    """A receiver that forgets what it learnt breaks the order of others later."""
    behind = causal([[1, 0, 0]], senders=[0], clocks=np.zeros((1, 3), np.int64))

    assert check_causal(behind).checks[1].observed == 1


def test_an_explicit_dependency_must_be_handled_before() -> None:
    """Not every cause is in a clock: some are said."""
    sound = causal([[1, 0, 0], [2, 0, 0]], senders=[0, 0], after=[(), (1,)])
    broken = causal([[1, 0, 0], [2, 0, 0]], senders=[0, 0], after=[(2,), ()])
    missing = causal([[1, 0, 0]], senders=[0], after=[(99,)])

    assert [check_causal(log).checks[2].observed for log in (sound, broken, missing)] == [0, 1, 1]


@pytest.mark.parametrize(
    ("orders", "status"),
    [
        ({"a": [1, 2, 3], "b": [1, 3], "c": [2, 3]}, "pass"),
        ({"a": [1, 2], "b": [2, 1]}, "fail"),
        ({"a": [1, 2], "b": [2, 3], "c": [3, 1]}, "fail"),
        ({"a": [1, 2], "b": [3, 4]}, "pass"),
        ({"a": [1, 1], "b": [1]}, "fail"),
        ({"a": [1, 2]}, "inconclusive"),
    ],
)
def test_one_order_must_explain_all_replicas(orders: dict[str, list[int]], status: str) -> None:
    """Pairs may agree where the three of them run in a circle."""
    assert check_total_order(orders).status == status


def test_two_messages_in_hand_at_once_are_found() -> None:
    """An actor without this promise needs locks, and has none."""
    one_after_the_other = stream([1, 2], started_ns=[0, 10], ended_ns=[10, 20])
    at_once = stream([1, 2], started_ns=[0, 9], ended_ns=[10, 20])

    assert [check_exclusive(log).passed for log in (one_after_the_other, at_once)] == [True, False]


def test_an_urgent_message_that_waits_behind_is_found() -> None:
    """What was queued after the other was begun was not late."""
    late = stream([1, 1], priority=[2, 5], queued_ns=[0, 1], started_ns=[5, 9], ended_ns=[9, 10])
    just_came = stream([1, 1], priority=[2, 5], queued_ns=[0, 6], started_ns=[5, 9], ended_ns=[9, 10])

    assert [check_priority(log).passed for log in (late, just_came)] == [False, True]
    assert check_priority(stream([1, 2])).passed is None


def test_checks_of_mailboxes_are_inconclusive_without_messages() -> None:
    """An idle system has shown nothing."""
    assert {check.passed for check in check_mailboxes(Journal(NoClock())).checks} == {None}


def test_order_is_judged_the_same_at_any_size() -> None:
    """The vectors must agree with a plain count, whatever the mixture."""
    random = np.random.default_rng(3)
    senders, sequences = random.integers(0, 3, 400), random.integers(1, 90, 400)
    log = MessageLog.of(
        ("a", "b", "c", "d"), sender=senders, receiver=[3] * 400, sequence=sequences, priority=[2] * 400
    )
    gaps = late = repeated = 0
    for sender in range(3):
        seen: list[int] = []
        for value in sequences[senders == sender].tolist():
            if value in seen:
                repeated += 1
            elif seen and value < max(seen):
                late += 1
            seen.append(value)
        gaps += max(seen) - len(set(seen))

    assert [check.observed for check in check_fifo(log).checks] == [gaps, late, repeated]
