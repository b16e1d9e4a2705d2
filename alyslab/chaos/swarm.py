"""Plans drawn from seeds: each first draws which faults exist at all, how strong they are and how often.

A plan that has a bit of everything is much like the next one.  A swarm is not:
each seed leaves most kinds of fault out and lets the rest come often, so that
runs differ from each other.  What was drawn is kept in the plan.

Two faults often show what one alone does not, so entries are not independent:
some hit the members of an earlier one, and a fault of a disk is followed by the
crash after which the disk is read.

Source: Groce and others, "Swarm Testing", ISSTA 2012; TigerBeetle's simulator
redraws its distributions for each seed in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
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
    "process.pause": 0.5,
    "network.partition": 0.7,
    "network.disconnect": 0.5,
    "resource.io_errors": 0.5,
}
"""Kinds that exist more often: what other faults need to bite, and what real machines do most."""
FAVOURED: Final = {"process.crash": 2.0, "network.partition": 4.0, "resource.io_errors": 2.0}
"""How many times as often as others these come, where they exist.  Source: Jepsen's nemeses, which find
most with partitions, crashes and disks that fail."""
STRONGEST_RATIO: Final = 0.4
"""Chance of a kind to come as strong as it can; else how strong it may be is drawn too."""
CRASH: Final = "process.crash"
SHOWN_BY_CRASH: Final = frozenset(
    name
    for name, fault in FAULTS.items()
    if fault.family == "storage" or name in ("resource.io_errors", "resource.disk_full")
)
"""Faults that leave no trace before their target reads its disk again, which it does after a crash only."""
FOLLOWED_RATIO: Final = 0.7
"""Chance of such a fault to be followed by a crash of the same members, where crashes exist."""
SAME_RATIO: Final = 0.3
"""Chance of an entry to hit the members of an earlier one: what two faults do to one member differs from
what they do to two."""
USUAL_RATIO: Final = 0.6
"""Chance of a choice's default; the others share the rest."""
MOST_ENTRIES: Final = 12
SELECTS: Final[tuple[Select, ...]] = ("one", "minority", "majority", "all", "random", "primaries")
MINOR: Final[tuple[Select, ...]] = ("one", "minority")
EVERYBODY_RATIO: Final = 0.6
"""Chance of a fault that a crash shows to hit all members: what some have lost the others make up for."""
CUTS: Final = frozenset({"network.partition", "network.bridge"})
"""Faults between their targets and all others, which are nothing where there are no others."""
LASTS_RATIO: Final = (0.03, 0.35)
"""From what the mean length of a plan's faults is drawn, as a share of their phase."""


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
        A plan without problems, with ``drawn`` saying which faults exist, how
        strong each may be, and how often it comes.
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
        drawn={
            "seed": seed,
            "strongest": draw.strongest,
            "shares": draw.shares,
            "lasts_s_mean": draw.lasts_s,
        },
    )
    entries: list[Entry] = []
    for _ in range(draw.random.randint(1, MOST_ENTRIES)):
        for entry in draw.strand():
            candidate = entry.model_copy(update={"id": f"e{len(entries) + 1}"})
            if not _refused(plan.model_copy(update={"entries": (*entries, candidate)}), spec):
                entries.append(candidate)
    return plan.model_copy(update={"entries": tuple(entries)})


def _refused(plan: Plan, spec: SystemSpec) -> bool:
    return bool(vocabulary_problems(plan) or system_problems(plan, spec))


class _Draw:
    """What one seed makes of a system's faults: which exist, how strong each may be, how long they last."""

    def __init__(self, spec: SystemSpec, random: Random, phases: Phases, options: Mapping[str, Any]) -> None:
        self.random = random
        self._spec = spec
        self._length_s = phases.faults_s
        able = spec.byzantine(spec.resolved(options))
        # All entries of a plan share so many cheats as a finality is promised to bear: what two entries
        # do with different members adds up.
        self._cheats = random.sample(able, max(1, (len(able) - 1) // 3)) if able else []
        kinds = [name for name in sorted(spec.faults) if not FAULTS[name].needs]
        if not self._cheats:
            kinds = [name for name in kinds if FAULTS[name].family != "byzantine"]
        exist = [name for name in kinds if random.random() < OFTEN.get(name, EXISTS_RATIO)] or [
            random.choice(kinds)
        ]
        self.strongest = {
            name: 1.0 if self._happens(STRONGEST_RATIO) else round(random.uniform(0.1, 1.0), 3)
            for name in exist
        }
        self.lasts_s = round(random.uniform(*LASTS_RATIO) * phases.faults_s, 3)
        # The many faults of the network may not crowd the others out, nor be as rare as those of a clock.
        crowd = Counter(FAULTS[name].family for name in exist)
        self.shares = {
            name: round(
                FAVOURED.get(name, 1.0) * random.expovariate(1) / crowd[FAULTS[name].family] ** 0.5, 3
            )
            for name in exist
        }
        self._hit: list[Target] = []

    def strand(self) -> Iterator[Entry]:
        """Draw an entry, and the crash that shows what it did where nothing else would."""
        (name,) = self.random.choices(list(self.shares), list(self.shares.values()))
        first = self._entry(FAULTS[name])
        yield first
        if CRASH in self.strongest and first.fault in SHOWN_BY_CRASH and self._happens(FOLLOWED_RATIO):
            last_s = self._length_s if first.end_s is None else first.end_s
            start_s = round(self.random.uniform((first.start_s + last_s) / 2, last_s), 3)
            yield self._entry(FAULTS[CRASH], start_s=start_s, target=first.target, state="durable")

    def _entry(
        self, fault: Fault, *, start_s: float | None = None, target: Target | None = None, **fixed: Any
    ) -> Entry:
        random, strongest = self.random, self.strongest[fault.name]
        if start_s is None:
            start_s = round(random.uniform(0, 0.9 * self._length_s), 3)
        lasts_s = max(0.1, random.expovariate(1 / self.lasts_s))
        parameters: dict[str, Any] = {
            one.name: one.choices[0] if self._happens(USUAL_RATIO) else random.choice(one.choices)
            for one in fault.parameters
            if one.kind == "choice"
        } | fixed
        return Entry(
            fault=fault.name,
            target=target or self._target(fault, parameters),
            start_s=start_s,
            end_s=None if fault.instant else round(min(self._length_s, start_s + lasts_s), 3),
            intensity=round(max(0.01, strongest * random.uniform(0.6, 1.0)), 3),
            parameters={**parameters, **self._signed(fault, strongest)},
        )

    def _happens(self, ratio: float) -> bool:
        return self.random.random() < ratio

    def _target(self, fault: Fault, parameters: Mapping[str, Any]) -> Target:
        """Draw whom an entry hits, by a seed of its own, so that another entry can hit the same."""
        random = self.random
        few = fault.destroys or parameters.get("state") == "lost"
        if fault.family == "byzantine" or (few and self._cheats):  # who forgets may sign twice: a cheat too
            some = random.sample(self._cheats, random.randint(1, len(self._cheats)))
            return Target(select="named", names=tuple(some))
        out = set() if self._spec.has_primaries else {"primaries"}
        out |= {"all"} if fault.name in CUTS else set()
        selects = MINOR if few else tuple(select for select in SELECTS if select not in out)
        if not few and fault.name in SHOWN_BY_CRASH and self._happens(EVERYBODY_RATIO):
            selects = ("all",)
        fitting = [target for target in self._hit if target.select in selects]
        if fitting and self._happens(SAME_RATIO):
            return random.choice(fitting)
        target = Target(select=random.choice(selects), seed=random.getrandbits(32))
        self._hit.append(target)
        return target

    def _signed(self, fault: Fault, strongest: float) -> dict[str, Any]:
        """Draw which way a clock goes wrong, which an intensity does not say."""
        found = {}
        for one in fault.parameters:
            if one.low < 0:
                size = abs(one.mild) * (abs(one.severe) / abs(one.mild)) ** strongest
                found[one.name] = round(self.random.choice((-1, 1)) * size * self.random.uniform(0.3, 1), 3)
        return found
