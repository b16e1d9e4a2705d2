"""Members of a federation that misbehave, one entry of a plan each, until it is healed.

An author that cheats signs with its own key; honest nodes learn of it from what
they receive, and from nothing else.  What leaves a member late or not at all is
stopped on its way out, which is all that others can see of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from alyslab.chaos.cheats.acts import ACTS, Stage
from alyslab.chaos.cheats.holding import HELD, Holding
from alyslab.chaos.cheats.timing import Timing
from alyslab.errors import HarnessError
from alyslab.harnesses.consensus.adversary.coalition import Coalition
from alyslab.harnesses.consensus.adversary.crowd import Crowd
from alyslab.harnesses.consensus.adversary.double_spend import DoubleSpend
from alyslab.harnesses.consensus.adversary.selfish import SelfishMiner
from alyslab.harnesses.consensus.adversary.two_faces import TwoFaces
from alyslab.harnesses.consensus.workloads.hostile import Hostile
from alyslab.harnesses.network.rules import PASS, Decision, Drop, Rule

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.world import World
    from alyslab.harnesses.network.message import Message

PAUSE_S: Final = 2.0
"""From one chance of what is made up to the next, in s."""


class Attack(Protocol):
    """Something that several hands do over time."""

    async def run(self) -> None:
        """Attack until cancelled."""
        ...

    def stop(self) -> None:
        """Leave everything as it would be without the attack, but for what it has done."""
        ...


class FederationCheats:
    """Makes members of one world misbehave, each for as long as its entry lasts.

    Parameters
    ----------
    world
        The federation.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._hostile: Hostile | None = None
        self._timings: dict[str, Timing] = {}
        self._stops: dict[str, list[Callable[[], object]]] = {}

    @property
    def members(self) -> tuple[str, ...]:
        """Those that can misbehave: who only follows has no key to do it with."""
        return self._world.around.authors

    def begin(self, entry: str, behaviour: str, members: Sequence[str], options: Mapping[str, Any]) -> None:
        """Let members misbehave until :meth:`end`."""
        random = self._world.runtime.random(f"chaos.cheat:{entry}")
        timing = self._timings[entry] = Timing(self._world, behaviour, options, random)
        self._stops[entry] = []
        coalition = Coalition(self._world, entry, self._hands(behaviour, members, options))
        if behaviour in HELD:
            holding = Holding(coalition, timing, behaviour, random)
            holding.start()
            self._stops[entry].append(holding.stop)
        elif behaviour in ACTS:
            stage = Stage(self._world, self.hostile, coalition, random)
            self._install(entry, self._rules(entry, behaviour, members, stage))
            self._spawn(entry, self._repeat(behaviour, list(members), stage, timing))
        else:
            attack = self._attack(behaviour, coalition, timing, options)
            self._stops[entry].append(attack.stop)
            self._spawn(entry, attack.run())

    def end(self, entry: str) -> int:
        """Let them be honest again; returns how often they misbehaved."""
        for stop in reversed(self._stops.pop(entry, [])):
            stop()
        timing = self._timings.pop(entry, None)
        return 0 if timing is None else timing.acts

    @property
    def hostile(self) -> Hostile:
        """The machine from which made-up messages come, made when it is first needed."""
        if self._hostile is None:
            self._hostile = Hostile(self._world)
        return self._hostile

    def _hands(self, behaviour: str, members: Sequence[str], options: Mapping[str, Any]) -> Sequence[str]:
        """Return the members whose keys are misused: the targets, who for an eclipse are the victims."""
        if behaviour != "eclipse":
            return members
        others = [name for name in self._world.around.authors if name not in members]
        return others[: int(options["keys"])]

    def _attack(
        self, behaviour: str, coalition: Coalition, timing: Timing, options: Mapping[str, Any]
    ) -> Attack:
        match behaviour:
            case "double_spend":
                return DoubleSpend(coalition, timing.take)
            case "manipulate":
                return TwoFaces(coalition, timing.take, cut=options["network"] == "cut")
            case "sybil":
                return Crowd(coalition, timing.take, names=int(options["names"]))
            case "selfish_mining":
                return SelfishMiner(coalition, timing.take, share_ratio=float(options["share_ratio"]))
            case _:
                raise HarnessError(f"no cheat knows how to {behaviour}")

    def _rules(self, entry: str, behaviour: str, members: Sequence[str], stage: Stage) -> list[Rule]:
        """Return what the acts of a behaviour need of the network: the victims' silence, or others' words."""
        if behaviour == "eclipse":
            others = [name for name in self._world.names if name not in members]
            return [
                Rule(name=f"{entry}/in", verdict=Drop(), senders=others, receivers=members),
                Rule(name=f"{entry}/out", verdict=Drop(), senders=members, receivers=others),
            ]
        if behaviour != "replay":
            return []
        topics = self._world.around.codec.known_topics

        def overhear(message: Message) -> Decision:
            if message.receiver in members and message.topic in topics:
                stage.heard.append(message)
            return PASS

        return [Rule(name=f"{entry}/0", decide=overhear)]

    def _install(self, entry: str, rules: Sequence[Rule]) -> None:
        self._world.network.rules.install(*rules)
        self._stops[entry].append(lambda: self._world.network.rules.remove(*rules))

    def _spawn(self, entry: str, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"cheat {entry}")
        self._stops[entry].append(task.cancel)

    async def _repeat(self, behaviour: str, members: list[str], stage: Stage, timing: Timing) -> None:
        """Act at every chance that the timing allows."""
        while True:
            member = stage.random.choice(members)
            if timing.take(member) and not await ACTS[behaviour](stage, member):
                timing.give_back()
            await asyncio.sleep(PAUSE_S)
