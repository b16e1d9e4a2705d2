"""Chaos plans: faults one after another on a system, each with its target, its time and its strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import alyslab.chaos.quorum.defects  # noqa: F401 - known before the system itself is read, or none can be planted
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TARGETS: Final = ("one", "minority", "majority", "all")
"""One member first, so that a fault shrinks to hitting as few as it can."""
DAMAGE: Final = ("one", "minority")
"""What faults that destroy durable data may hit of a system that must recover."""
CONVERGE_S: Final = 20.0


@case
@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One fault, after the one before it has ended."""

    fault: str = "network.partition"
    target: str = TARGETS[0]
    wait_s: int = 0
    """From the end of the fault before."""
    length_s: int = 1
    strength_percent: int = 50


@case
@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """Faults on a system, one at a time, so that none contradicts another."""

    faults: tuple[FaultPlan, ...] = ()
    system: str = "quorum"

    @property
    def plan(self) -> Plan:
        """The plan as the conductor takes it."""
        entries, now_s = [], 0.0
        for one in self.faults:
            fault = FAULTS[one.fault]
            begin_s = now_s + one.wait_s
            now_s = begin_s + one.length_s
            select = one.target if not fault.destroys or one.target in DAMAGE else DAMAGE[-1]
            entries.append(
                Entry(
                    fault=one.fault,
                    target=Target(select=select),  # type: ignore[arg-type]
                    start_s=begin_s,
                    end_s=None if fault.instant else now_s,
                    intensity=one.strength_percent / 100,
                )
            )
        phases = Phases(steady_s=3.0, faults_s=max(now_s, 1.0) + 1.0, converge_s=CONVERGE_S)
        return Plan(system=self.system, phases=phases, entries=tuple(entries)).numbered()


def chaos_plans(*, system: str = "quorum", most: int = 4) -> SearchStrategy[ChaosPlan]:
    """Draw up to ``most`` faults that the system can meet; shrinks to none.

    Faults that a plan must describe further, and those of members that cheat, are not drawn.
    """
    from hypothesis import strategies as st

    kinds = sorted(
        name
        for name in system_named(system).faults
        if not FAULTS[name].needs and FAULTS[name].family != "byzantine"
    )
    fault = st.builds(
        FaultPlan,
        fault=st.sampled_from(kinds),
        target=st.sampled_from(TARGETS),
        wait_s=st.integers(0, 3),
        length_s=st.integers(1, 6),
        strength_percent=st.integers(1, 100),
    )
    return st.builds(ChaosPlan, faults=st.lists(fault, max_size=most).map(tuple), system=st.just(system))
