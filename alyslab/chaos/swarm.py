"""Plans drawn from seeds: each first draws which faults exist at all, and how strong they may be.

A plan that has a bit of everything is much like the next one.  A swarm is not:
each seed leaves most kinds of fault out and lets the rest come often, so that
runs differ from each other.  What was drawn is kept in the plan.

Source: Groce and others, "Swarm Testing", ISSTA 2012; TigerBeetle's simulator
redraws its distributions for each seed in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.target import Select, Target
from alyslab.chaos.validation import system_problems, vocabulary_problems
from alyslab.runtime.randomness import Streams

if TYPE_CHECKING:
    from alyslab.chaos.system import SystemSpec
    from alyslab.chaos.vocabulary import Fault

EXISTS_RATIO: Final = 0.3
"""Chance of each kind of fault to exist in a plan."""
OFTEN: Final = {
    "process.crash": 0.8,
    "resource.io_errors": 0.4,
    "process.pause": 0.5,
    "network.partition": 0.7,
    "network.duplicate": 0.4,
    "storage.bit_rot": 0.5,
}
"""Kinds that exist more often: what other faults need to bite, a crash above all."""
CRASH: Final = "process.crash"
CRASH_RATIO: Final = 0.12
"""Share of entries that are crashes at least, where they exist: what a disk has lost shows after one only."""
USUAL_RATIO: Final = 0.6
"""Chance of a choice's default; the others share the rest."""
MOST_ENTRIES: Final = 9
SELECTS: Final[tuple[Select, ...]] = ("one", "minority", "majority", "all", "random", "primaries")
MINOR: Final[tuple[Select, ...]] = ("one", "minority")


def draw_plan(spec: SystemSpec, seed: int, *, phases: Phases | None = None, **options: Any) -> Plan:
    """Draw a plan for a system; the same seed draws the same plan.

    Parameters
    ----------
    spec
        The system: only faults that act on it are drawn.
    seed
        Of the draw; the run has a seed of its own.
    phases
        How long each phase lasts; by default as the system says.
    options
        Of the system; those that vary are drawn unless they are given.

    Returns
    -------
    Plan
        A plan without problems, with ``drawn`` saying which faults exist and
        how strong each may be.
    """
    phases = phases or spec.phases
    random = Streams(seed).stream("chaos.swarm")
    options = {name: random.choice(values) for name, values in spec.varies.items()} | options
    draw = _Draw(spec, random, phases, options)
    plan = Plan(
        title=f"swarm {seed}",
        system=spec.name,
        options=options,
        phases=phases,
        drawn={"seed": seed, "strongest": draw.strongest, "lasts_s_mean": draw.lasts_s},
    )
    entries: list[Entry] = []
    for number in range(draw.random.randint(1, MOST_ENTRIES)):
        entry = draw.entry(f"e{number + 1}")
        candidate = plan.model_copy(update={"entries": (*entries, entry)})
        if not _refused(candidate, spec):
            entries.append(entry)
    return plan.model_copy(update={"entries": tuple(entries)})


def _refused(plan: Plan, spec: SystemSpec) -> bool:
    return bool(vocabulary_problems(plan) or system_problems(plan, spec))


class _Draw:
    """What one seed makes of a system's faults: which exist, how strong each may be, how long they last."""

    def __init__(self, spec: SystemSpec, random: Random, phases: Phases, options: Mapping[str, Any]) -> None:
        self.random = random
        self._spec = spec
        self._length_s = phases.faults_s
        self._cheats = spec.byzantine(spec.resolved(options))
        kinds = [name for name in sorted(spec.faults) if not FAULTS[name].needs]
        if not self._cheats:
            kinds = [name for name in kinds if FAULTS[name].family != "byzantine"]
        exist = [name for name in kinds if random.random() < OFTEN.get(name, EXISTS_RATIO)] or [
            random.choice(kinds)
        ]
        self.strongest = {name: round(random.uniform(0.1, 1.0), 3) for name in exist}
        self.lasts_s = round(random.uniform(0.04, 0.35) * phases.faults_s, 3)
        families: dict[str, list[str]] = {}
        for name in exist:
            families.setdefault(FAULTS[name].family, []).append(name)
        # First a family, so that the many faults of the network do not crowd the others out.
        self._families = list(families.values())

    def entry(self, entry: str) -> Entry:
        """Draw one entry."""
        random = self.random
        crashes = CRASH in self.strongest and random.random() < CRASH_RATIO
        fault = FAULTS[CRASH if crashes else random.choice(random.choice(self._families))]
        strongest = self.strongest[fault.name]
        start_s = round(random.uniform(0, 0.9 * self._length_s), 3)
        lasts_s = max(0.1, random.expovariate(1 / self.lasts_s))
        parameters: dict[str, Any] = {
            one.name: one.choices[0] if random.random() < USUAL_RATIO else random.choice(one.choices)
            for one in fault.parameters
            if one.kind == "choice"
        }
        target = self._target(fault, parameters)
        return Entry(
            fault=fault.name,
            id=entry,
            target=target,
            start_s=start_s,
            end_s=None if fault.instant else round(min(self._length_s, start_s + lasts_s), 3),
            intensity=round(max(0.01, strongest * random.uniform(0.5, 1.0)), 3),
            parameters={**parameters, **self._signed(fault, strongest)},
        )

    def _target(self, fault: Fault, parameters: Mapping[str, Any]) -> Target:
        random = self.random
        if fault.family == "byzantine":
            most = max(1, (len(self._cheats) - 1) // 3)  # what a finality is promised to bear
            return Target(select="named", names=tuple(random.sample(self._cheats, random.randint(1, most))))
        if fault.destroys or parameters.get("state") == "lost":
            return Target(select=random.choice(MINOR))
        selects = [select for select in SELECTS if select != "primaries" or self._spec.has_primaries]
        return Target(select=random.choice(selects))

    def _signed(self, fault: Fault, strongest: float) -> dict[str, Any]:
        """Draw which way a clock goes wrong, which an intensity does not say."""
        found = {}
        for one in fault.parameters:
            if one.low < 0:
                size = abs(one.mild) * (abs(one.severe) / abs(one.mild)) ** strongest
                found[one.name] = round(self.random.choice((-1, 1)) * size * self.random.uniform(0.3, 1), 3)
        return found
