"""Chaos plans: faults on a system, one by one or at once, each with its target, its time, its strength."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import alyslab.chaos.quorum.defects  # noqa: F401 - known before the system itself is read, or none can be planted
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.swarm import OFTEN
from alyslab.chaos.system import Options
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target
from alyslab.chaos.validation import system_problems, vocabulary_problems
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TARGETS: Final = ("one", "minority", "majority", "all")
"""One member first, so that a fault shrinks to hitting as few as it can."""
DAMAGE: Final = ("one", "minority")
"""What faults that destroy durable data may hit of a system that must recover."""
STEADY_S: Final = 3.0
CONVERGE_S: Final = 20.0
MEMBERS_LEAST: Final = 3
CRASH: Final = "process.crash"
AT_THE_END_S: Final = 0.1
"""So long before the end of a fault its members are killed, when it still acts on them."""


@case
@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One fault, and when it begins."""

    fault: str = "network.partition"
    target: str = TARGETS[0]
    wait_s: int = 0
    """From the end of the fault before, or from its begin."""
    length_s: int = 1
    strength_percent: int = 50
    meanwhile: bool = False
    """Whether it waits from the begin of the fault before, and so meets it."""
    then_crash: bool = False
    """Whether its members are killed as it ends, so that they read their disks again."""


@case
@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """Faults on a system, one after another or several at once."""

    faults: tuple[FaultPlan, ...] = ()
    system: str = "quorum"
    members: int = MEMBERS_LEAST

    @property
    def plan(self) -> Plan:
        """The plan as the conductor takes it; a fault that contradicts the ones before it is left out."""
        spec = system_named(self.system)
        options: Options = {"nodes": self.members} if "nodes" in spec.options else {}
        plan = Plan(system=self.system, options=dict(options))
        begin_s = end_s = last_s = 0.0
        for one in self.faults:
            begin_s = (begin_s if one.meanwhile else end_s) + one.wait_s
            end_s = begin_s + one.length_s
            last_s = max(last_s, end_s)
            phases = Phases(steady_s=STEADY_S, faults_s=last_s + 1.0, converge_s=CONVERGE_S)
            for entry in _entries(one, begin_s, end_s):
                longer = plan.model_copy(update={"phases": phases, "entries": (*plan.entries, entry)})
                if not vocabulary_problems(longer) and not system_problems(longer, spec):
                    plan = longer
        phases = Phases(steady_s=STEADY_S, faults_s=max(last_s, 1.0) + 1.0, converge_s=CONVERGE_S)
        return plan.model_copy(update={"phases": phases}).numbered()


def _entries(one: FaultPlan, begin_s: float, end_s: float) -> Iterator[Entry]:
    fault = FAULTS[one.fault]
    select = one.target if not fault.destroys or one.target in DAMAGE else DAMAGE[-1]
    target = Target(select=select)  # type: ignore[arg-type]
    yield Entry(
        fault=one.fault,
        target=target,
        start_s=begin_s,
        end_s=None if fault.instant else end_s,
        intensity=one.strength_percent / 100,
    )
    if one.then_crash:
        yield Entry(
            fault=CRASH,
            target=target,
            start_s=end_s - AT_THE_END_S,
            end_s=end_s + 1.0 - AT_THE_END_S,
            intensity=one.strength_percent / 100,
            parameters={"state": "durable"},
        )


def chaos_plans(*, system: str = "quorum", most: int = 6, kinds_most: int = 3) -> SearchStrategy[ChaosPlan]:
    """Draw up to ``most`` faults that the system can meet, of few kinds, as swarms do; shrinks to one.

    Faults that a plan must describe further, and those of members that cheat, are not drawn.
    """
    from hypothesis import strategies as st

    spec = system_named(system)
    kinds = sorted(
        name for name in spec.faults if not FAULTS[name].needs and FAULTS[name].family != "byzantine"
    )
    families: dict[str, list[str]] = {}
    for name in kinds:
        families.setdefault(FAULTS[name].family, []).append(name)
    usual = [name for name in kinds if name in OFTEN] or kinds
    kind = st.one_of(*map(st.sampled_from, families.values()), st.sampled_from(usual))
    few = st.lists(kind, min_size=1, max_size=kinds_most)

    def of_kinds(chosen: list[str]) -> SearchStrategy[tuple[FaultPlan, ...]]:
        fault = st.builds(
            FaultPlan,
            fault=st.sampled_from(chosen),
            target=st.sampled_from(TARGETS),
            wait_s=st.integers(0, 3),
            length_s=st.integers(1, 6),
            strength_percent=st.integers(1, 140).map(lambda percent: min(percent, 100)),  # often all of it
            meanwhile=st.booleans(),
            then_crash=st.booleans(),
        )
        return st.lists(fault, min_size=1, max_size=most).map(tuple)

    sizes = spec.varies.get("nodes", (MEMBERS_LEAST,))
    return st.builds(
        ChaosPlan,
        faults=few.flatmap(of_kinds),
        system=st.just(system),
        members=st.sampled_from(sorted(sizes)),
    )
