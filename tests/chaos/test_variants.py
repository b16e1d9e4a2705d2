"""What shrinking tries of a plan is simpler in one way, valid, and comes to an end."""

from __future__ import annotations

from alyslab.chaos.conduct import CONVERGES
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.target import Target
from alyslab.chaos.variants import shorter_phases, simpler_entries, smaller_systems, tidier


def plan_of(*entries: Entry, **options: object) -> Plan:
    phases = Phases(steady_s=4.0, faults_s=20.0, converge_s=30.0)
    return Plan(system="quorum", options=options, phases=phases, entries=entries).numbered()


def test_nodes_go_down_to_the_least_and_options_to_their_defaults() -> None:
    """The greatest step first; what can be no smaller is left alone."""
    tried = [plan.options for plan in smaller_systems(plan_of(nodes=5, interval_ms=100.0))]
    assert tried == [
        {"nodes": 3, "interval_ms": 100.0},
        {"nodes": 4, "interval_ms": 100.0},
        {"nodes": 5},
    ]
    assert list(smaller_systems(plan_of(nodes=3))) == []


def test_phases_shrink_to_what_the_faults_need_and_the_bound_that_was_missed_stays() -> None:
    """A shorter time to converge would be another promise."""
    plan = plan_of(Entry(fault="process.pause", start_s=4.0, end_s=6.0))

    assert {one.phases.faults_s for one in shorter_phases(plan, CONVERGES)} == {20.0, 6.5}
    assert {one.entries[0].start_s for one in shorter_phases(plan, CONVERGES)} == {4.0, 0.0, 2.0}
    assert {one.phases.converge_s for one in shorter_phases(plan, CONVERGES)} == {30.0}
    assert 5.0 in {one.phases.converge_s for one in shorter_phases(plan, "another")}


def test_an_entry_hits_fewer_for_a_shorter_time_earlier_or_less() -> None:
    """One at a time: what is not needed goes, what is needed stays."""
    entry = Entry(
        fault="clock.offset",
        target=Target(select="all"),
        start_s=8.0,
        end_s=12.0,
        parameters={"offset_ms": 4000.0},
    )
    tried = [plan.entries[0] for plan in simpler_entries(plan_of(entry))]

    assert {one.target.select for one in tried} == {"all", "one", "minority"}
    assert {(one.start_s, one.end_s) for one in tried} == {
        (8.0, 12.0),
        (8.0, 9.0),
        (8.0, 10.0),
        (8.0, 11.2),
        (0.0, 4.0),
        (4.0, 8.0),
    }
    values = [one.parameters.get("offset_ms") for one in tried]
    assert None in values  # left to the intensity
    assert any(value is not None and value < 4000.0 for value in values)
    assert {one.intensity for one in tried} == {entry.intensity}  # it decides nothing here


def test_every_variant_differs_so_that_shrinking_ends() -> None:
    """A variant that is the plan itself would be tried for ever."""
    for system in SYSTEMS:
        for seed in range(4):
            plan = draw_plan(system_named(system), seed)
            tried = [*smaller_systems(plan), *shorter_phases(plan, CONVERGES), *simpler_entries(plan)]
            assert plan not in tried


def test_what_is_left_is_written_as_one_would_by_hand() -> None:
    """Without the draw and words that mean nothing there, and in tenths of a second."""
    entries = (
        Entry(
            fault="process.crash",
            target=Target(select="all", seed=7),
            start_s=1.361,
            end_s=1.369,
            parameters={"state": "durable"},
            intensity=0.9,
        ),
        Entry(fault="network.loss", target=Target(select="random", seed=7), intensity=0.83, end_s=2.04),
    )
    plan = plan_of(*entries).model_copy(update={"drawn": {"seed": 7}})
    first, *others = tidier(plan)
    crash, loss = first.entries

    assert first.drawn == {}
    assert (crash.start_s, crash.end_s, crash.parameters, crash.target.seed) == (1.4, 1.5, {}, None)
    assert crash.intensity == Entry(fault="process.crash").intensity
    assert (loss.end_s, loss.intensity, loss.target.seed) == (2.0, 0.83, 7)
    assert others[-1].entries[0].start_s == 1.361
