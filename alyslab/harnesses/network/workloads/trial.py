"""The trial: everything at once on a small network, in a mixture that the seed draws.

It is what the planted bugs are searched with: every checker of networks has
something to see in every run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.endpoint import Endpoint, Message
from alyslab.harnesses.network.errors import NoAnswerError
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.rules import DeliverAfter, Drop, Duplicate, Rule
from alyslab.harnesses.network.topology import random_regular
from alyslab.runtime import Node, require_current

NEWS, ASK, SLOW = "trial.news", "trial.ask", "trial.slow"
TOPICS: Final = (NEWS, ASK, SLOW)
TIMEOUT_S: Final = 0.4
_CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"jitter_ms": 4, "distribution": "uniform"},
    {"jitter_ms": 4, "distribution": "pareto", "loss_ratio": 0.05},
    {"rate_bps": 2e6, "limit_messages": 6},
    {"rate_bps": 2e6, "duplicate_ratio": 0.2, "corrupt_ratio": 0.05},
)


async def trial(*, peers: int = 6, seconds: int = 12) -> dict[str, Any]:
    """Let peers talk and ask while links change, rules come and go, connections break and a node crashes.

    Parameters
    ----------
    peers
        How many there are; an even number from 4.
    seconds
        For how long, in virtual seconds.

    Raises
    ------
    ParameterError
        For another number of either.
    """
    problems = [
        Problem(where="trial", key=key, what=f"is {value!r}", value=value, allowed=allowed)
        for key, value, good, allowed in (
            ("peers", peers, type(peers) is int and peers >= 4 and peers % 2 == 0, "an even number from 4"),
            ("seconds", seconds, type(seconds) is int and seconds >= 1, "a whole number from 1"),
        )
        if not good
    ]
    if problems:
        raise ParameterError(problems)
    runtime = require_current()
    random = runtime.random("trial")
    network = Network(runtime, link=_mixture(random))
    names = [f"peer-{index}" for index in range(peers)]
    nodes = [runtime.node(name, lambda node: _live(node, network, names, seconds)) for name in names]
    for node in nodes:
        network.endpoint(node)
    network.connect_all(random_regular(peers=peers, degree=3, random=random), names)
    for node in nodes:
        node.start()
    for _ in range(seconds):
        trouble = random.choice(_TROUBLES)
        await trouble(network, random, names)
        await asyncio.sleep(0.2)
    # One of each, so that no run goes without.
    for trouble in _TROUBLES:
        await trouble(network, random, names)
    await asyncio.sleep(0.5)
    await network.quiet()
    return {"peers": peers, "messages": network.carrier.pending.sent}


def _mixture(random: Random) -> Callable[[str, str], LinkSpec]:
    """Draw conditions for each link; each latency has a least one, to which both directions can be held."""
    drawn: dict[tuple[str, str], LinkSpec] = {}

    def link(sender: str, receiver: str) -> LinkSpec:
        low, high = sorted((sender, receiver))
        if (low, high) not in drawn:
            base = LinkSpec(delay_ms=random.uniform(5, 30), fifo=random.random() < 0.7)
            # In turn, so that no run goes without one of them.
            drawn[low, high] = base.changed(**_CONDITIONS[len(drawn) % len(_CONDITIONS)])
        return drawn[low, high]

    return link


async def _live(node: Node, network: Network, names: list[str], seconds: int) -> None:
    """Answer, and now and then say or ask something."""
    endpoint = network.endpoint(node)
    endpoint.on_message(lambda message: _answer(endpoint, message), topic=ASK)
    endpoint.on_message(lambda _: None, topic=NEWS)
    node.spawn(_read_slowly(endpoint))
    end_ns = (seconds + 4) * 10**9
    while node.clock.time_ns() < end_ns:
        await node.sleep(node.random.expovariate(12))
        peers = endpoint.peers()
        if not peers:
            await _reconnect(endpoint, node.random.choice([name for name in names if name != node.name]))
            continue
        peer = node.random.choice(peers)
        if node.random.random() < 0.3:
            node.spawn(_ask(endpoint, peer))
        for number in range(node.random.randrange(1, 8)):
            endpoint.send(peer, NEWS if number % 3 else SLOW, b"news", size_bytes=900)


async def _read_slowly(endpoint: Endpoint) -> None:
    while True:
        await endpoint.receive()
        await endpoint.node.sleep(0.02)


def _answer(endpoint: Endpoint, message: Message) -> None:
    if message.id % 5:  # now and then a peer does not answer
        endpoint.reply(message, b"answer")


async def _ask(endpoint: Endpoint, peer: str) -> None:
    with suppress(NoAnswerError):
        await endpoint.request(peer, ASK, b"question", timeout_s=TIMEOUT_S)


async def _reconnect(endpoint: Endpoint, peer: str) -> None:
    with suppress(NoAnswerError):
        await endpoint.connect(peer, timeout_s=TIMEOUT_S)


async def _partition(network: Network, random: Random, names: list[str]) -> None:
    shuffled = random.sample(names, len(names))
    half = len(names) // 2
    with network.partition(shuffled[:half], shuffled[half:], one_way=random.random() < 0.5):
        await asyncio.sleep(0.5)


async def _rules(network: Network, random: Random, names: list[str]) -> None:
    """Install rules that contradict each other: the first one has to win."""
    rules = [
        Rule(name="lose", verdict=Drop(), topics=(random.choice(TOPICS), NEWS)),
        Rule(name="slow", verdict=DeliverAfter(random.uniform(5, 50)), senders=names[: len(names) // 2]),
        Rule(name="again", verdict=Duplicate(), receivers=names),
        Rule(name="all", verdict=Drop()),
    ]
    random.shuffle(rules)
    with network.rules.installed(*rules):
        await asyncio.sleep(0.3)


async def _hold(network: Network, random: Random, names: list[str]) -> None:
    with network.held(senders=random.sample(names, 2)):
        await asyncio.sleep(0.3)


async def _shape(network: Network, random: Random, names: list[str]) -> None:
    """Slow links down and let them recover at once: what is sent then is faster than what is on its way."""
    for _ in range(4):
        with network.shaped(random.choice(names), None, delay_ms=random.uniform(100, 200)):
            await asyncio.sleep(0.15)


async def _break(network: Network, random: Random, names: list[str]) -> None:
    """Reset connections under load, and open them again at once."""
    for _ in range(4):
        endpoint = network.at(random.choice(names), "trial")
        peers = endpoint.peers()
        if peers and endpoint.node.state == "running":
            peer = random.choice(peers)
            ending = random.choice((endpoint.reset, endpoint.reset, endpoint.disconnect))
            network.at(peer, "trial").send(endpoint.name, NEWS, b"stale")
            ending(peer)
            network.join(endpoint.name, peer)
        await asyncio.sleep(0.05)


async def _crash(network: Network, random: Random, names: list[str]) -> None:
    """Crash a node while messages wait there, and bring it back."""
    node = network.at(random.choice(names), "trial").node
    node.pause()
    await asyncio.sleep(0.4)
    if random.random() < 0.3:
        node.resume()
        return
    node.crash()
    await asyncio.sleep(0.1)
    node.restart()
    await asyncio.sleep(0.1)


_TROUBLES: Final[tuple[Callable[[Network, Random, list[str]], Awaitable[None]], ...]] = (
    _partition,
    _rules,
    _hold,
    _shape,
    _break,
    _crash,
)
