"""Members that misbehave really do, are borne, and are noticed by honest nodes where the table says so."""

from __future__ import annotations

from functools import cache

import pytest

from alyslab.chaos.byzantine import BYZANTINE, DETECTED_BY, NOT_BUILT
from alyslab.chaos.conduct import Outcome, run_plan
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, PlanError
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target

from .plans import plan

CONSENSUS = system_named("consensus")
BUILT = [fault.name for fault in BYZANTINE if fault.name not in NOT_BUILT]
ONE = Target(select="named", names=("node-1",))
PHASES = CONSENSUS.phases.model_copy(update={"steady_s": 16.0})
FINAL_S = 45.0
"""By then every node has a final block, below which no false branch may reach."""


@cache
def cheated(fault: str | None, evasion: str = "none") -> Outcome:
    """The run of a federation of four in which one misbehaves; nobody, for None."""
    entries = ()
    if fault is not None:
        starts_s = FINAL_S if fault == "byzantine.eclipse" else 1.0
        parameters = {"evasion": evasion} if FAULTS[fault].parameter("evasion") else {}
        entries = (
            Entry(
                fault=fault, target=ONE, start_s=starts_s, end_s=74.0, intensity=1.0, parameters=parameters
            ),
        )
    return run_plan(plan(*entries, system="consensus", phases=PHASES), seed=4)


def acts(fault: str, evasion: str = "none") -> float:
    (effect,) = cheated(fault, evasion).run.journal.select(kind="chaos.effect")
    return effect.fields["amount"]


def noticed_by(fault: str, outcome: Outcome) -> set[str]:
    """The nodes with rows that show the fault, as the table says."""
    kind, field, value = DETECTED_BY[fault]
    return {row.subject for row in outcome.run.journal.select(kind=kind) if row.fields[field] == value}


@pytest.mark.parametrize("fault", BUILT)
def test_a_federation_bears_one_cheat_who_really_cheats(fault: str) -> None:
    """One of four is what finality is promised to bear; the effect counts what it did."""
    assert acts(fault) > 0
    assert cheated(fault).verdict.status == "pass"


@pytest.mark.parametrize("fault", DETECTED_BY)
def test_honest_nodes_notice_from_what_they_received_and_only_then(fault: str) -> None:
    """Detection must not read the attacker's label; rows that are always there would show nothing."""
    assert noticed_by(fault, cheated(fault)) & set(CONSENSUS.members(CONSENSUS.options))
    assert noticed_by(fault, cheated(None)) == set()


def test_an_eclipsed_node_hears_no_member_and_is_shown_a_false_chain_by_the_enemy() -> None:
    """Isolation alone would be network.isolate; the victim must be lied to, and see through it."""
    journal = cheated("byzantine.eclipse").run.journal
    began_ns = next(event.time_ns for event in journal.select(kind="chaos.injected"))
    healed_ns = next(event.time_ns for event in journal.select(kind="chaos.healed"))
    settled_ns = began_ns + 2_000_000_000  # what was on its way still arrives
    shown = [
        event.fields["sender"]
        for event in journal.select(kind="consensus.received", subject="node-1", after_ns=settled_ns)
        if event.time_ns < healed_ns
    ]
    offenders = {event.fields["peer"] for event in journal.select(kind="consensus.offence", subject="node-1")}

    assert "hostile" in shown
    assert not {name for name in shown if name.startswith("node-")} - {"node-1"}
    assert offenders == {"hostile"}


def test_a_member_that_repeats_others_sends_more_than_an_honest_one() -> None:
    """What it sends again comes on top, each to one receiver."""
    runs = (cheated("byzantine.replay"), cheated(None))
    sent, honest = (
        sum(1 for row in run.run.journal.select(kind="net.message") if row.fields["sender"] == "node-1")
        for run in runs
    )

    assert sent >= honest + acts("byzantine.replay") / 2


@pytest.mark.parametrize("fault", [name for name in DETECTED_BY if name != "byzantine.eclipse"])
def test_an_adaptive_cheat_lies_low_once_it_was_noticed(fault: str) -> None:
    """An evasion that is never met would be a word."""
    assert 0 < acts(fault, "adaptive") < acts(fault)


@pytest.mark.parametrize("evasion", ["mimicry", "random_delay"])
def test_who_hides_acts_less_often(evasion: str) -> None:
    """Both cost the cheat chances."""
    assert 0 < acts("byzantine.forge", evasion) < acts("byzantine.forge")


def test_nobody_adapts_to_what_nobody_detects() -> None:
    """The plan says so before anything starts."""
    with pytest.raises(PlanError, match="none, random_delay, mimicry"):
        cheated("byzantine.replay", "adaptive")


@pytest.mark.parametrize("fault", sorted(NOT_BUILT))
def test_what_is_not_built_is_refused_by_name(fault: str) -> None:
    """Never run as if it were nothing."""
    with pytest.raises(PlanError, match=f"can't do {fault}"):
        run_plan(plan(Entry(fault=fault, target=ONE), system="consensus", phases=PHASES), seed=1)
