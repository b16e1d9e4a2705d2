from __future__ import annotations

from dataclasses import replace

from alyslab.checkers.agreement import common_prefix_always, finalised_agree, heads_meet
from alyslab.checkers.verdict import Verdict
from alyslab.runtime.event import Event
from tests.checkers.events import event, finalised, imported, rolled_back

S = 1_000_000_000


def at(seconds: float, one: Event) -> Event:
    return replace(one, time_ns=round(seconds * S))


def observed(verdict: Verdict) -> list[object]:
    return [check.observed for check in verdict.checks]


def chain(node: str, *roots: str) -> list[Event]:
    return [imported(node, height, root) for height, root in enumerate(roots, 1)]


def test_a_node_that_is_behind_agrees() -> None:
    """A prefix is no fork."""
    events = chain("a", "x", "y", "z") + chain("b", "x")

    assert observed(common_prefix_always(events, depth_blocks=0)) == [0]


def test_a_fork_counts_even_when_it_is_healed_later() -> None:
    """At the end of a run everybody may agree; what was in between did harm all the same."""
    events = [*chain("a", "x", "y", "z"), *chain("b", "x", "p", "q"), rolled_back("b", 1)]
    events += [imported("b", 2, "y"), imported("b", 3, "z")]

    verdict = common_prefix_always(events, depth_blocks=1)

    assert observed(verdict) == [2]
    assert [found["fields"]["root"] for found in verdict.checks[0].evidence] == ["p", "y"]


def test_a_restart_begins_with_what_the_disk_kept() -> None:
    """What a crash took away is no part of the chain any more."""
    started = event("consensus.started", "b", height=1)
    events = [
        *chain("a", "x", "y"),
        *chain("b", "x", "p"),
        started,
        imported("b", 2, "y"),
        imported("b", 3, "z"),
    ]

    assert observed(common_prefix_always(events, depth_blocks=1)) == [1]


def test_one_node_alone_says_nothing_about_agreement() -> None:
    """Inconclusive, not a success."""
    assert observed(common_prefix_always(chain("a", "x"), depth_blocks=1)) == [None]


def test_final_blocks_of_two_nodes_must_be_the_same_at_every_height() -> None:
    """Not only the latest ones, which may stand at different heights."""
    events = [
        *chain("a", "x", "y", "z"),
        *chain("b", "x", "p", "q", "r"),
        finalised("a", 3),
        finalised("b", 4),
    ]

    verdict = finalised_agree(events)

    assert observed(verdict) == [2, 0]
    assert [found["fields"]["root"] for found in verdict.checks[0].evidence] == ["y", "p"]


def test_a_rollback_below_what_is_final_is_found() -> None:
    """Whoever was paid in such a block is not any more."""
    events = [*chain("a", "x", "y", "z"), finalised("a", 2), rolled_back("a", 2), rolled_back("a", 1)]

    assert observed(finalised_agree(events)) == [0, 1]


def test_nothing_final_says_nothing() -> None:
    """Inconclusive, not a success."""
    assert observed(finalised_agree(chain("a", "x"))) == [None, None]


def over(seconds: float) -> Event:
    return at(seconds, event("faults.over", "world"))


def test_heads_that_meet_in_time_pass() -> None:
    """Observed is the last moment at which they were apart."""
    events = [at(1, each) for each in chain("a", "x", "y", "z") + chain("b", "x", "p")]
    events += [
        over(10),
        at(14, rolled_back("b", 1)),
        at(15, imported("b", 2, "y")),
        at(100, imported("a", 4)),
    ]
    events += [at(101, imported("b", 3, "z")), at(101, imported("b", 4))]

    verdict = heads_meet(events, within_s=60, lag_blocks=1)

    assert verdict.status == "fail"  # at 100 s node b was two blocks behind again
    assert observed(verdict) == [90.0]
    assert observed(heads_meet(events[:-3], within_s=4, lag_blocks=1)) == [4.0]


def test_heads_that_never_meet_fail_with_both_in_the_evidence() -> None:
    """The reader needs both sides."""
    events = [at(1, each) for each in chain("a", "x", "y") + chain("b", "x", "p")]
    events += [over(10), at(80, imported("a", 3, "z"))]

    verdict = heads_meet(events, within_s=60, lag_blocks=1)

    assert verdict.status == "fail"
    assert {found["subject"] for found in verdict.checks[0].evidence} == {"a", "b"}


def test_a_run_that_ends_too_early_is_inconclusive() -> None:
    """Nobody has waited for as long as the promise takes."""
    events = [*chain("a", "x"), over(10), at(30, imported("a", 2))]

    assert observed(heads_meet(events, within_s=60, lag_blocks=1)) == [None]
    assert observed(heads_meet(chain("a", "x"), within_s=60, lag_blocks=1)) == [None]
