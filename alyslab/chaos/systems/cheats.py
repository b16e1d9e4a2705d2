"""Members of a federation that misbehave: what they send, to whom and when.

An author that cheats signs with its own key; honest nodes learn of it from what
they receive, and from nothing else.  What leaves a member late or not at all is
stopped on its way out, which is all that others can see of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.byzantine import DETECTED_BY
from alyslab.chaos.faults import NOT_BUILT, faults_of
from alyslab.harnesses.consensus.workloads.hostile import Hostile
from alyslab.harnesses.network.rules import PASS, Decision, DeliverAfter, Drop, Rule

if TYPE_CHECKING:
    from random import Random

    from alyslab.harnesses.consensus.world import World
    from alyslab.harnesses.network.message import Message

BEHAVIOURS: Final = faults_of("byzantine") - NOT_BUILT
"""The faults that these cheats can do."""
VOTES: Final = "approval"
BLOCKS: Final = "block"
DELAY_MS: Final = (500.0, 6_000.0)
"""Least and most that a delayed message waits, in ms: up to three slots."""
HIDING_S: Final = 3.0
"""Most that an author who hides waits before it acts, in s."""
MIMICS_RATIO: Final = 0.7
"""Share of the chances that a cheat who behaves like the others lets pass."""
PAUSE_S: Final = 2.0
LOW_S: Final = 20.0
"""How long an adaptive cheat does nothing once it was noticed, in s."""
HEARD_MOST: Final = 256
"""Messages that a member who repeats others keeps."""


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
        self._heard: dict[str, deque[Message]] = {}

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
        self._heard.pop(entry, None)
        return self._acts.pop(entry, 0)

    # --- what leaves late or never, and what is overheard ---------------------------------------------

    def _rules_of(
        self, entry: str, behaviour: str, members: Sequence[str], options: Mapping[str, Any]
    ) -> list[Rule]:
        topics = self._world.around.codec.topics
        cheats = frozenset(members)
        random = self._world.runtime.random(f"chaos.cheat:{entry}")
        if behaviour == "eclipse":
            others = [name for name in self._world.names if name not in members]
            return [
                Rule(name=f"{entry}/in", verdict=Drop(), senders=others, receivers=members),
                Rule(name=f"{entry}/out", verdict=Drop(), senders=members, receivers=others),
            ]
        if behaviour == "replay":
            heard = self._heard[entry] = deque(maxlen=HEARD_MOST)
            gossip = frozenset(topics.values())

            def overhear(message: Message) -> Decision:
                if message.receiver in cheats and message.topic in gossip:
                    heard.append(message)
                return PASS

            return [Rule(name=f"{entry}/0", decide=overhear)]
        verdicts: dict[str, Callable[[], Decision]] = {
            "withhold": Drop,
            "delay": lambda: DeliverAfter(random.uniform(*DELAY_MS)),
        }
        what, _, of = behaviour.partition("_")
        if what not in verdicts:
            return []
        wanted = {"votes": {topics[VOTES]}, "blocks": {topics[BLOCKS]}}.get(of)
        ratio = float(options["activity_ratio"])

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
        runtime = self._world.runtime
        random = runtime.random(f"chaos.cheat:{entry}")
        hides = str(options["evasion"])
        looked_ns = runtime.now_ns
        while True:
            if hides == "random_delay":
                await asyncio.sleep(random.uniform(0, HIDING_S))
            elif hides == "mimicry" and random.random() < MIMICS_RATIO:
                await asyncio.sleep(self._world.spec.slot_ms / 1e3)
                continue
            elif hides == "adaptive":
                since_ns, looked_ns = looked_ns, runtime.now_ns
                if self._noticed(behaviour, since_ns):
                    await asyncio.sleep(LOW_S)
                    continue
            if random.random() < float(options["activity_ratio"]):
                acted = await _ACTS[behaviour](self, _Act(entry, random.choice(list(members)), random))
                self._acts[entry] += acted
            await asyncio.sleep(PAUSE_S)

    def _noticed(self, behaviour: str, since_ns: int) -> bool:
        """Return whether an honest node wrote down what shows the cheat, who knows all that they know."""
        found = DETECTED_BY.get(f"byzantine.{behaviour}")
        if found is None:
            return False
        kind, field, value = found
        rows = self._world.runtime.journal.select(kind=kind, after_ns=since_ns)
        return any(row.fields[field] == value for row in rows)

    @property
    def hostile(self) -> Hostile:
        """The machine from which made-up messages come, made when it is first needed."""
        if self._hostile is None:
            self._hostile = Hostile(self._world)
        return self._hostile

    def _up(self) -> list[str]:
        return [name for name in self._world.names if self._world.node(name).state != "crashed"]

    def _signed(self, since_ns: int) -> bool:
        """Return whether anything false was signed: there may be no block to spoil, or no final one yet."""
        return any(self._world.runtime.journal.select(kind="adversary.signed", after_ns=since_ns))

    async def _equivocate(self, act: _Act) -> bool:
        # Two blocks for one slot, one of them spoilt: the author, who hears of the first, writes none.
        author, since_ns = act.member, self._world.runtime.now_ns
        await asyncio.gather(self.hostile.equivocate(author), self.hostile.equivocate(author, spoilt=True))
        return self._signed(since_ns)

    async def _spoil(self, act: _Act) -> bool:
        since_ns = self._world.runtime.now_ns
        await self.hostile.equivocate(act.member, spoilt=True)
        return self._signed(since_ns)

    async def _forge(self, act: _Act) -> bool:
        up = self._up()
        if up:
            name = act.random.choice(up)
            self.hostile.forge_approvals(name)
            self.hostile.forge_the_rest(name)
        return bool(up)

    async def _lure(self, act: _Act) -> bool:
        up = self._up()
        if up:
            self.hostile.lure(act.random.choice(up), forged=act.random.random() < 0.5)
        return self._signed(self._world.runtime.now_ns)

    async def _feed(self, act: _Act) -> bool:
        """Show the victim, who hears nobody else, a branch that no quorum has signed."""
        if act.member in self._up():
            self.hostile.lure(act.member, forged=True)
        return self._signed(self._world.runtime.now_ns)

    async def _repeat(self, act: _Act) -> bool:
        """Send a message again that the member got from another, to anybody but itself."""
        heard = [message for message in self._heard[act.entry] if message.receiver == act.member]
        node = self._world.node(act.member)
        if not heard or node.state != "running":
            return False
        endpoint, message = self._world.network.endpoint(node), act.random.choice(heard)
        peers = [name for name in self._world.names if name in endpoint.connections.open]
        if peers:
            endpoint.send(act.random.choice(peers), message.topic, message.payload)
        return bool(peers)


@dataclass(frozen=True, slots=True)
class _Act:
    """One chance to misbehave that is taken."""

    entry: str
    member: str
    random: Random


_ACTS: Final[Mapping[str, Callable[[FederationCheats, _Act], Coroutine[Any, Any, bool]]]] = {
    "equivocate": FederationCheats._equivocate,
    "invalid_state_root": FederationCheats._spoil,
    "forge": FederationCheats._forge,
    "false_sync": FederationCheats._lure,
    "eclipse": FederationCheats._feed,
    "replay": FederationCheats._repeat,
}
"""What each behaviour does when it acts; each returns whether anything was sent."""
