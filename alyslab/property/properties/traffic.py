"""Properties of a network in trouble: whatever breaks, what the links promise is what the journal shows."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Final

from alyslab.checkers.network import check_network
from alyslab.harnesses.network.endpoint import Endpoint, Message
from alyslab.harnesses.network.errors import NoAnswerError
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.rules import DeliverAfter, Drop, Rule
from alyslab.property.generators.traffic import TalkPlan, TrafficPlan, TroublePlan, traffic_plans
from alyslab.property.properties.actor import refuse_failed
from alyslab.property.property import Features, Property
from alyslab.runtime import Node, require_current

SAID, ASKED, IGNORED = "talk.said", "talk.asked", "talk.ignored"
TIMEOUT_S: Final = 0.4
READING_S: Final = 0.02
"""How long a peer takes over each message, so that some lie unread when it dies."""
SIZE_BYTES: Final = 900
REST_S: Final = 1.0
"""After the last trouble, for restarted peers to connect again."""
FAST_MS: Final = 1.0
"""Latency of links that were made faster."""


def _features(plan: TrafficPlan) -> Features:
    troubles = Counter(one.what for one in plan.troubles)
    return {
        "peers": plan.peers,
        "talks": len(plan.talks),
        "narrow": plan.narrow,
        "trouble mix": " + ".join(sorted(troubles)) or "none",
    }


class _Town:
    """The peers of one case."""

    def __init__(self, plan: TrafficPlan) -> None:
        self.plan = plan
        self.runtime = require_current()
        self.network = Network(self.runtime, link=plan.spec)
        self.names = [f"peer-{number}" for number in range(plan.peers)]
        self.nodes = [self.runtime.node(name, self._live) for name in self.names]
        self.ends = [self.network.endpoint(node) for node in self.nodes]
        for place, name in enumerate(self.names):
            for other in self.names[place + 1 :]:
                self.network.join(name, other)
        for node in self.nodes:
            node.start()

    async def _live(self, node: Node) -> None:
        """Answer questions, read slowly, and connect to whoever is gone."""
        endpoint = self.network.endpoint(node)
        endpoint.on_message(lambda message: _answer(endpoint, message), topic=ASKED)
        endpoint.on_message(lambda _: None, topic=IGNORED)
        for name in self.names:
            if name != node.name and name not in endpoint.peers():
                with suppress(NoAnswerError):
                    await endpoint.connect(name, timeout_s=TIMEOUT_S)
        while True:
            await endpoint.receive()
            await node.sleep(READING_S)

    async def talk(self, talk: TalkPlan) -> None:
        """Send what one talk says, unless the sender is down then."""
        # Half a millisecond after every moment at which a trouble comes or goes, so that neither is a tie.
        await asyncio.sleep((talk.at_ms + 0.5) / 1_000)
        endpoint, to = self.ends[talk.sender], self.names[talk.receiver]
        if endpoint.node.state != "running":
            return
        for _ in range(talk.times):
            if talk.way == "said":
                endpoint.send(to, SAID, b"news", size_bytes=SIZE_BYTES)
            else:
                topic = ASKED if talk.way == "asked" else IGNORED
                endpoint.node.spawn(_ask(endpoint, to, topic))

    async def trouble(self, trouble: TroublePlan) -> None:
        """Let one thing go wrong, and mend it."""
        await asyncio.sleep(trouble.at_ms / 1_000)
        length_s, name = trouble.length_ms / 1_000, self.names[trouble.peer]
        if trouble.what == "cut":
            others = [other for other in self.names if other != name]
            with self.network.partition([name], others, name=f"cut-{id_of(trouble)}"):
                await asyncio.sleep(length_s)
        elif trouble.what == "rules":
            lose = Rule(name=f"lose-{id_of(trouble)}", verdict=Drop(), senders=(name,))
            slow = Rule(name=f"slow-{id_of(trouble)}", verdict=DeliverAfter(50.0), senders=(name,))
            with self.network.rules.installed(lose, slow):
                await asyncio.sleep(length_s)
        elif trouble.what == "reshape":
            self._say(trouble.peer)  # what is on its way keeps its time, and what comes later its place
            with self.network.shaped(None, None, delay_ms=FAST_MS, jitter_ms=0.0, distribution="constant"):
                self._say(trouble.peer)
                await asyncio.sleep(length_s)
        elif trouble.what == "reset":
            self._reset(trouble.peer)
        else:
            await self._crash(self.nodes[trouble.peer], length_s)

    def _say(self, place: int) -> None:
        endpoint = self.ends[place]
        if endpoint.node.state == "running":
            endpoint.send(self.names[(place + 1) % self.plan.peers], SAID, b"news", size_bytes=SIZE_BYTES)

    def _reset(self, place: int) -> None:
        """Reset a connection while something is on its way over it, and open it again at once."""
        one, other = self.ends[place], self.ends[(place + 1) % self.plan.peers]
        if one.node.state == other.node.state == "running" and other.node.name in one.peers():
            other.send(one.node.name, SAID, b"stale", size_bytes=SIZE_BYTES)
            one.reset(other.node.name)
            self.network.join(one.node.name, other.node.name)

    async def _crash(self, node: Node, length_s: float) -> None:
        """Let a peer hang while messages pile up, die, and come back."""
        if node.state != "running":
            return  # another trouble has it down
        node.pause()
        await asyncio.sleep(length_s)
        node.crash()
        await asyncio.sleep(0.1)
        node.restart()


def id_of(trouble: TroublePlan) -> str:
    """Return what tells a trouble's rules from those of others."""
    return f"{trouble.peer}-{trouble.at_ms}-{trouble.length_ms}"


def _answer(endpoint: Endpoint, message: Message) -> None:
    endpoint.reply(message, b"answer")


async def _ask(endpoint: Endpoint, peer: str, topic: str) -> None:
    with suppress(NoAnswerError):
        await endpoint.request(peer, topic, b"question", timeout_s=TIMEOUT_S)


async def _kept(plan: TrafficPlan) -> None:
    town = _Town(plan)
    async with asyncio.TaskGroup() as group:
        for trouble in dict.fromkeys(plan.troubles):
            group.create_task(town.trouble(trouble))
        for talk in plan.talks:
            group.create_task(town.talk(talk))
    await asyncio.sleep(REST_S)
    await town.network.quiet()
    refuse_failed(check_network(town.runtime.journal))


TRAFFIC: Final = Property(
    name="a network in trouble keeps its word",
    claim="through cuts, rules, resets, crashes and narrow lines every message ends as its links promise",
    cases=traffic_plans,
    check=_kept,
    weight=2,
    weight_reason="hundreds of messages are read back: some 10 ms a case",
    source="issue 8: delivery obeys partition and loss models; issue 5, links, rules and connections",
    features=_features,
)
