"""Members of a federation that misbehave: what they send, to whom and when.

An author that cheats signs with its own key; honest nodes learn of it from what
they receive, and from nothing else.  What leaves a member late or not at all is
stopped on its way out, which is all that others can see of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.consensus.workloads.hostile import Hostile
from alyslab.harnesses.network.rules import PASS, Decision, DeliverAfter, Drop, Duplicate, Rule

if TYPE_CHECKING:
    from random import Random

    from alyslab.harnesses.consensus.world import World
    from alyslab.harnesses.network.message import Message

BEHAVIOURS: Final = frozenset(
    f"byzantine.{name}"
    for name in (
        "equivocate",
        "forge",
        "withhold_votes",
        "delay_votes",
        "withhold_blocks",
        "delay_blocks",
        "invalid_state_root",
        "false_sync",
        "replay",
        "eclipse",
    )
)
"""The faults that these cheats can do."""
VOTES: Final = "approval"
BLOCKS: Final = "block"
DELAY_MS: Final = (500.0, 6_000.0)
"""Least and most that a delayed message waits, in ms: up to three slots."""
HIDING_S: Final = 3.0
"""Most that an author who hides waits before it acts, in s."""
PAUSE_S: Final = 2.0
ADAPTS_TO: Final = 3
"""An adaptive cheat stops for a while once it was noticed so often."""


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
        self._rules: dict[str, list[Rule]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._acts: dict[str, int] = {}

    def begin(self, entry: str, behaviour: str, members: Sequence[str], options: Mapping[str, Any]) -> None:
        """Let members misbehave until :meth:`end`."""
        self._acts[entry] = 0
        rules = self._rules_of(entry, behaviour, members, options)
        if rules:
            self._world.network.rules.install(*rules)
            self._rules[entry] = rules
        if behaviour in _ACTS:
            work = self._act(entry, behaviour, members, options)
            self._tasks[entry] = asyncio.get_running_loop().create_task(work, name=f"cheat {entry}")

    def end(self, entry: str) -> int:
        """Let them be honest again; returns how often they misbehaved."""
        self._world.network.rules.remove(*self._rules.pop(entry, []))
        task = self._tasks.pop(entry, None)
        if task is not None:
            task.cancel()
        return self._acts.pop(entry, 0)

    # --- what leaves late, twice or never ----------------------------------------------------------

    def _rules_of(
        self, entry: str, behaviour: str, members: Sequence[str], options: Mapping[str, Any]
    ) -> list[Rule]:
        topics = self._world.around.codec.topics
        random = self._world.runtime.random(f"chaos.cheat:{entry}")
        if behaviour == "eclipse":
            others = [name for name in self._world.names if name not in members]
            return [
                Rule(name=f"{entry}/in", verdict=Drop(), senders=others, receivers=members),
                Rule(name=f"{entry}/out", verdict=Drop(), senders=members, receivers=others),
            ]
        verdicts: dict[str, Callable[[], Decision]] = {
            "withhold": Drop,
            "delay": lambda: DeliverAfter(random.uniform(*DELAY_MS)),
            "replay": lambda: Duplicate(2),
        }
        what, _, of = behaviour.partition("_")
        if what not in verdicts:
            return []
        wanted = {"votes": {topics[VOTES]}, "blocks": {topics[BLOCKS]}}.get(of)
        ratio = float(options["activity_ratio"])
        cheats = frozenset(members)

        def decide(message: Message) -> Decision:
            mine = message.sender in cheats and (wanted is None or message.topic in wanted)
            if not mine or random.random() >= ratio:
                return PASS
            self._acts[entry] += 1
            return verdicts[what]()

        return [Rule(name=f"{entry}/0", decide=decide)]

    # --- what is made up -----------------------------------------------------------------------------

    async def _act(
        self, entry: str, behaviour: str, members: Sequence[str], options: Mapping[str, Any]
    ) -> None:
        """Misbehave again and again, hidden as the options say."""
        random = self._world.runtime.random(f"chaos.cheat:{entry}")
        hides = str(options["evasion"])
        while True:
            if hides == "random_delay":
                await asyncio.sleep(random.uniform(0, HIDING_S))
            elif hides == "mimicry" and random.random() < 0.7:
                await asyncio.sleep(self._world.spec.slot_ms / 1e3)
                continue
            elif hides == "adaptive" and self._noticed() >= ADAPTS_TO:
                await asyncio.sleep(10 * PAUSE_S)
            if random.random() < float(options["activity_ratio"]):
                await _ACTS[behaviour](self, random.choice(list(members)), random)
                self._acts[entry] += 1
            await asyncio.sleep(PAUSE_S)

    def _noticed(self) -> int:
        """Return how many equivocations the honest nodes hold evidence of, as a cheat might hear."""
        lives = self._world.around.lives
        return max(
            (len(life.evidence) for life in lives.values() if hasattr(life.evidence, "__len__")), default=0
        )

    @property
    def hostile(self) -> Hostile:
        """The machine from which made-up messages come, made when it is first needed."""
        if self._hostile is None:
            self._hostile = Hostile(self._world)
        return self._hostile

    def _up(self) -> list[str]:
        return [name for name in self._world.names if self._world.node(name).state != "crashed"]

    async def _equivocate(self, author: str, _: Random) -> None:
        # Two blocks for one slot, one of them spoilt: the author, who hears of the first, writes none.
        await asyncio.gather(self.hostile.equivocate(author), self.hostile.equivocate(author, spoilt=True))

    async def _spoil(self, author: str, _: Random) -> None:
        await self.hostile.equivocate(author, spoilt=True)

    async def _forge(self, _: str, random: Random) -> None:
        up = self._up()
        if up:
            name = random.choice(up)
            self.hostile.forge_approvals(name)
            self.hostile.forge_the_rest(name)

    async def _lure(self, _: str, random: Random) -> None:
        up = self._up()
        if up:
            self.hostile.lure(random.choice(up), forged=random.random() < 0.5)


_ACTS: Final[Mapping[str, Callable[[FederationCheats, str, Any], Coroutine[Any, Any, None]]]] = {
    "equivocate": FederationCheats._equivocate,
    "invalid_state_root": FederationCheats._spoil,
    "forge": FederationCheats._forge,
    "false_sync": FederationCheats._lure,
}
"""What each behaviour does when it acts."""
