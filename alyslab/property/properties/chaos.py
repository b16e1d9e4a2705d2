"""Properties under chaos: a drawn plan can be run as it stands, and a system keeps its promises under it."""

from __future__ import annotations

from typing import Final

from alyslab.chaos.conduct import conduct, judge
from alyslab.chaos.plan import parse_plan
from alyslab.chaos.validation import all_problems
from alyslab.property.generators.chaos import ChaosPlan, chaos_plans
from alyslab.property.properties.actor import refuse_failed
from alyslab.property.property import Features, Property, claim
from alyslab.runtime import require_current


def _features(plan: ChaosPlan) -> Features:
    return {
        "faults": len(plan.faults),
        "fault mix": " + ".join(sorted({one.fault.partition(".")[0] for one in plan.faults})) or "none",
    }


def _plan_reads_back(plan: ChaosPlan) -> None:
    drawn = plan.plan
    problems = all_problems(drawn, plan.system)
    claim(not problems, f"the plan has problems: {[str(problem) for problem in problems[:3]]}")
    again, wrong = parse_plan(drawn.as_dict())
    claim(not wrong, f"the plan can't be read back: {[str(problem) for problem in wrong[:3]]}")
    claim(again == drawn, "the plan is another after writing and reading")


CHAOS_PLAN: Final = Property(
    name="chaos plans read back",
    claim="every drawn plan is valid for its system, and the same after writing and reading",
    cases=chaos_plans,
    check=_plan_reads_back,
    source="design.md, principle 4: faults are data",
    features=_features,
)


async def _quorum_keeps(plan: ChaosPlan) -> None:
    await conduct(system=plan.system, plan=plan.plan.as_dict())
    refuse_failed(judge(require_current().journal, plan.system))


QUORUM_UNDER_CHAOS: Final = Property(
    name="a quorum store under chaos",
    claim="reads see the latest write, and the store answers again once everything is healed",
    cases=chaos_plans,
    check=_quorum_keeps,
    weight=10,
    weight_reason="half a minute of virtual time of a store under load: some 100 ms a case",
    source="issue 7; Lamport 1998 for what quorums promise",
    features=_features,
)
