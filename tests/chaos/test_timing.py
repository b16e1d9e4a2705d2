"""Schedule, trigger and evasion change what a cheat does: each is held against when it acted."""

from __future__ import annotations

from itertools import pairwise

import pytest

from alyslab.chaos.byzantine import BYZANTINE, EVASION, SCHEDULE, TRIGGER
from alyslab.chaos.cheats.timing import BURST_S, LOW_S, REST_S
from alyslab.chaos.plan import Entry
from alyslab.chaos.target import Target

from .test_byzantine import CHEAT, LONG, acts, cheated, cheating, played

NS_PER_S = 1_000_000_000
MADE_UP = "byzantine.forge"
HELD = "byzantine.withhold_votes"
ADAPTS = [
    fault.name if fault.name in {MADE_UP, HELD} else pytest.param(fault.name, marks=pytest.mark.slow)
    for fault in BYZANTINE
    if fault.name not in {"byzantine.eclipse", *LONG}
]


def moments_s(fault: str, **parameters: str) -> list[float]:
    """When a cheat that holds something back did, from the begin of its entry on."""
    journal = cheated(fault, **parameters).run.journal
    (begun,) = journal.select(kind="chaos.injected")
    return [(row.time_ns - begun.time_ns) / NS_PER_S for row in journal.select(kind="adversary.held")]


@pytest.mark.parametrize("fault", BYZANTINE, ids=lambda fault: fault.name)
def test_every_fault_of_the_family_can_be_timed(fault: object) -> None:
    """A plan may give any of them a schedule, a trigger and an evasion."""
    assert {SCHEDULE, TRIGGER, EVASION} <= set(fault.parameters)  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", [MADE_UP, HELD])
def test_a_cheat_that_acts_once_acts_once(fault: str) -> None:
    """The least that can be done, and so the least that must be noticed or borne."""
    assert acts(fault, schedule="once") == 1 < acts(fault)


def test_a_cheat_by_bursts_rests_between_them() -> None:
    """Ten seconds of every twenty-five."""
    into_s = [moment % (BURST_S + REST_S) for moment in moments_s(HELD, schedule="bursts")]

    assert into_s
    assert max(into_s) < BURST_S
    assert max(moment % (BURST_S + REST_S) for moment in moments_s(HELD)) > BURST_S


def test_a_cheat_that_waits_for_its_turn_acts_in_it_or_just_before() -> None:
    """The vote before its own slot and that in it; others it gives."""
    journal = cheated(HELD, trigger="own_turn").run.journal
    started = next(row.fields for row in journal.select(kind="consensus.started"))
    slots = [
        (started["epoch_ms"] + row.time_ns // 1_000_000) // started["slot_ms"]
        for row in journal.select(kind="adversary.held")
    ]

    assert slots
    assert all((slot + 1) % 4 == 1 or slot % 4 == 1 for slot in slots)
    assert len(slots) < acts(HELD)


def test_a_cheat_that_waits_for_weakness_acts_only_while_a_peer_is_gone() -> None:
    """With everybody there it is as honest as any."""
    alone = played(cheating(HELD, trigger="weakened"))
    crash = Entry(
        fault="process.crash", target=Target(select="named", names=("node-3",)), start_s=20.0, end_s=45.0
    )
    weak = played(cheating(HELD, trigger="weakened"), crash)
    begun = next(row for row in weak.run.journal.select(kind="chaos.injected"))
    held_s = [
        (row.time_ns - begun.time_ns) / NS_PER_S for row in weak.run.journal.select(kind="adversary.held")
    ]

    assert not list(alone.run.journal.select(kind="adversary.held"))
    assert held_s
    assert all(18.0 < moment < 55.0 for moment in held_s)


def test_a_cheat_that_waits_for_work_acts_only_when_something_is_about_to_be_final() -> None:
    """It judges by the work that its own node was told of."""
    journal = cheated(HELD, trigger="after_work").run.journal
    held = list(journal.select(kind="adversary.held"))
    told = [row.time_ns for row in journal.select(kind="consensus.queued", subject=CHEAT)]

    assert 0 < len(held) < acts(HELD)
    assert all(min(told) < row.time_ns for row in held)


@pytest.mark.parametrize("fault", ADAPTS)
def test_an_adaptive_cheat_lies_low_once_it_was_noticed(fault: str) -> None:
    """An evasion that is never met would be a word."""
    assert 0 < acts(fault, evasion="adaptive") <= acts(fault)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [MADE_UP, "byzantine.replay", "byzantine.false_sync"])
def test_lying_low_costs_a_busy_cheat_most_of_its_chances(fault: str) -> None:
    """Twenty seconds for each time that it was noticed."""
    assert acts(fault, evasion="adaptive") < acts(fault) * 0.7


def test_an_adaptive_cheat_pauses_for_as_long_as_it_says() -> None:
    """The gap after a detection is the length of lying low, not a shorter one."""
    journal = cheated(MADE_UP, evasion="adaptive").run.journal
    sent = [
        row.fields["sent_ns"]
        for row in journal.select(kind="net.message")
        if row.fields["sender"] == "hostile"
    ]
    gaps_s = [(later - earlier) / NS_PER_S for earlier, later in pairwise(sent)]

    assert max(gaps_s) >= LOW_S


@pytest.mark.parametrize("evasion", ["mimicry", "random_delay"])
@pytest.mark.parametrize(
    "fault", [HELD, *(pytest.param(name, marks=pytest.mark.slow) for name in (MADE_UP, "byzantine.replay"))]
)
def test_who_hides_acts_less_often(fault: str, evasion: str) -> None:
    """Both cost the cheat chances."""
    assert 0 < acts(fault, evasion=evasion) < acts(fault)
