"""What a plan asks for and can't get is refused by name, all of it, before anything starts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alyslab.chaos.conduct import run_plan
from alyslab.chaos.plan import Entry, Plan, PlanError
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.system import SystemSpec
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.target import Target
from alyslab.chaos.validation import all_problems, contradictions, system_problems

from .plans import entry, plan

QUORUM = system_named("quorum")


def problems(*entries: Entry, **fields: Any) -> list[str]:
    """What is wrong with a plan for the replicated store, as text."""
    return [str(problem) for problem in all_problems(plan(*entries, **fields), None)]


def one_problem(*entries: Entry, **fields: Any) -> str:
    found = problems(*entries, **fields)
    assert len(found) == 1, found
    return found[0]


def test_a_good_plan_has_no_problem() -> None:
    """Everything below shows something only if this holds."""
    assert problems(entry("network.partition", start_s=1, end_s=2), entry("clock.step", start_s=3)) == []


def test_an_unknown_fault_is_refused_with_the_nearest_name() -> None:
    """Names are mistyped."""
    assert "did you mean network.partition?" in one_problem(entry("network.partitoin"))


def test_every_problem_is_listed_before_anything_starts() -> None:
    """One run, one list."""
    bad = plan(
        entry("network.partitoin"),
        entry("process.crash", start_s=5, end_s=2),
        entry("network.loss", parameters={"loss_ratio": 3, "colour": 1}),
        entry("process.pause", target=Target(select="named", names=("nobody",))),
    )

    with pytest.raises(PlanError) as refused:
        run_plan(bad, seed=1)

    assert len(refused.value.problems) == 5


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"start_s": 6.0}, "begins when the phase of faults is over"),
        ({"start_s": 2.0, "end_s": 2.0}, "ends before it begins"),
        ({"start_s": 2.0, "end_s": 7.0}, "ends after the phase of faults"),
    ],
)
def test_times_outside_the_phase_of_faults_are_refused(fields: dict[str, float], what: str) -> None:
    """A fault beyond its phase would disturb the quiet one, whose promise is that all has ended."""
    assert what in "\n".join(problems(entry("process.pause", **fields)))


def test_a_fault_that_happens_at_once_has_no_end() -> None:
    """An end would suggest a healing that can't be."""
    assert "has no end" in one_problem(entry("storage.bit_rot", "one", end_s=2.0))


def test_only_a_crash_may_stay() -> None:
    """The liveness phase promises that faults have ended."""
    assert "can't stay" in one_problem(entry("network.loss", heal="never"))
    assert problems(entry("process.crash", heal="never")) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("process.crash", "process.pause"),
        ("process.pause", "process.pause"),
        ("process.crash", "process.crash"),
    ],
)
def test_overlapping_contradictions_on_certain_targets_are_refused(first: str, second: str) -> None:
    """What is down can't be paused as well; the plan's author meant something else."""
    target = Target(select="named", names=("member-1",))
    overlapping = [entry(first, target=target, start_s=1, end_s=4), entry(second, "all", start_s=3, end_s=5)]
    apart = [entry(first, target=target, start_s=1, end_s=3), entry(second, "all", start_s=3, end_s=5)]

    assert "contradict each other on member-1 from 3 to 4 s" in one_problem(*overlapping)
    assert problems(*apart) == []


def test_members_that_may_or_may_not_meet_are_no_contradiction() -> None:
    """What two draws hit is composed when it happens."""
    both = plan(entry("process.crash", "minority"), entry("process.pause", "minority"))

    assert contradictions(both, QUORUM.members(QUORUM.options)) == []


def test_a_target_that_does_not_exist_is_refused() -> None:
    """It would be a fault without a victim, counted as survived."""
    named = Target(select="named", names=("member-9",))

    assert "no member is named 'member-9'" in one_problem(entry("process.pause", target=named))


def test_groups_of_a_partition_name_members_too() -> None:
    """A group with a misspelt name would cut nobody off."""
    cut = entry("network.groups", parameters={"groups": [["member-0"], ["member-7"]]})

    assert "no member is named 'member-7'" in one_problem(cut)


def test_a_fault_that_needs_something_says_what() -> None:
    """A partition into no groups is none."""
    assert "needs groups" in one_problem(entry("network.groups"))


def test_nobody_leads_here() -> None:
    """A fault on primaries of a system without any would hit nobody."""
    assert "nobody leads" in one_problem(entry("process.pause", "primaries"))


def test_a_fault_that_the_system_lacks_is_refused_by_name() -> None:
    """Actors have no disk; a plan that thinks so would pass for the wrong reason."""
    assert "storage.bit_rot can't act on the system actors" in one_problem(
        entry("storage.bit_rot", "one"), system="actors"
    )


def test_a_fault_that_the_back_end_lacks_is_refused_by_name() -> None:
    """Real pressure can't partition a network."""
    found = all_problems(plan(entry("network.partition"), entry("resource.cpu")), None, back_end="pressure")

    assert ["can't do network.partition" in str(problem) for problem in found] == [True]
    assert "no back end is named" in str(all_problems(plan(), None, back_end="docker")[0])


def test_an_attack_with_more_byzantine_members_than_exist_is_refused() -> None:
    """The framework that this one replaces sliced the list instead, and attacked with fewer."""
    spec: SystemSpec = replace(
        QUORUM,
        faults=QUORUM.faults | {"byzantine.equivocate"},
        byzantine=lambda options: QUORUM.members(options)[:2],
    )

    def refused(target: Target) -> list[str]:
        return [str(p) for p in system_problems(plan(entry("byzantine.equivocate", target=target)), spec)]

    assert refused(Target(select="one")) == []
    assert [
        "3 members are to misbehave, and 2 exist" in line for line in refused(Target(select="majority"))
    ] == [True]
    assert ["no role" in line for line in refused(Target(select="named", names=("member-4",)))] == [True]


def test_destroying_durable_data_of_half_the_members_must_be_asked_for() -> None:
    """No system survives that; a search that does it finds nothing but itself."""
    assert "destroys durable data of 3 of 5" in one_problem(entry("storage.bit_rot", "majority"))
    lost = entry("process.crash", "all", parameters={"state": "lost"})
    assert "destroys durable data of 5 of 5" in one_problem(lost)
    assert problems(lost, recoverable=False) == []


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"nodez": 3}, "has no such option (did you mean nodes?)"),
        ({"nodes": "three"}, "is str"),
        ({"nodes": 1}, "out of range (3 to 10000)"),
        ({"nodes": True}, "is bool"),
    ],
)
def test_an_option_that_the_system_can_t_have_is_refused(options: dict[str, Any], what: str) -> None:
    """Options decide who the members are."""
    assert what in one_problem(entry("process.pause"), options=options)


def test_a_member_in_two_groups_is_a_contradiction() -> None:
    """It could reach both, and the groups would be none."""
    groups = {"groups": [["member-0"], ["member-0", "member-1"]]}

    assert "in two groups" in one_problem(entry("network.groups", parameters=groups))


def test_a_plan_for_another_system_is_refused() -> None:
    """Its members would be other ones."""
    assert "the plan is for 'quorum'" in str(all_problems(plan(), "actors")[0])
    assert "no system is named 'cloud'" in str(all_problems(Plan(system="cloud"), None)[0])
    assert "no system is named" in str(all_problems(Plan(), None)[0])


@pytest.mark.parametrize("system", SYSTEMS)
def test_drawn_plans_are_valid(system: str) -> None:
    """A swarm that draws plans which are refused searches nothing."""
    spec = system_named(system)
    for seed in range(60):
        assert all_problems(draw_plan(spec, seed), None) == []


def test_a_steady_phase_that_is_too_short_to_see_service_is_refused() -> None:
    """Resilience is a share of the steady state; without one there is no score."""
    short = plan(entry("process.pause")).phases.model_copy(update={"steady_s": 2.0})

    assert "no telling whether the system served" in one_problem(phases=short)
