"""Maelstrom's broadcast workload: clients broadcast and read values, nodes flood them.

What is modelled as there: the topologies, a node that tells every neighbour but
the one that told it, one operation after 0 to 2/rate seconds, half of them
reads, its clients (:mod:`.clients`).  A read sees what its node has seen.  What
is not: the time that nodes take to handle each other's messages.

Source: jepsen-io/maelstrom, commit 2b0fbc6, doc/03-broadcast/02-performance.md
and src/maelstrom/workload/broadcast.clj.
"""

from __future__ import annotations

import asyncio
import math
import re
from random import Random
from typing import Any, Final, NamedTuple

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.endpoint import Endpoint
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.message import Message
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.rules import DeliverAfter, Rule
from alyslab.harnesses.network.topology import Topology
from alyslab.harnesses.network.validation.clients import Clients
from alyslab.runtime import Runtime, require_current
from alyslab.runtime.sites import planted, register_planted

SEND_BACK: Final = register_planted(
    "validation.send_back", "a node tells a value also to the neighbour that it has it from"
)
SLOW_LINKS: Final = register_planted(
    "validation.slow_links", "every link takes a fifth longer than it should"
)

TOPIC: Final = "broadcast"
VALUE_BYTES: Final = 8
MOST_VALUE: Final = 2**63
"""Values are below this, so that the journal can keep them."""


def maelstrom_topology(name: str, nodes: int) -> Topology:
    """Return one of Maelstrom's topologies: ``grid``, ``line``, ``total``, or ``tree`` and its branching.

    Raises
    ------
    ParameterError
        For another name, or fewer than 1 node.
    """
    tree = re.fullmatch(r"tree([1-9][0-9]?)", name)
    problems = []
    if tree is None and name not in ("grid", "line", "total"):
        allowed = "grid, line, total, tree2, tree3, tree4, …"
        what = "Maelstrom has no such topology"
        problems.append(Problem(where="maelstrom", key="topology", what=what, value=name, allowed=allowed))
    if nodes < 1:
        problems.append(Problem(where="maelstrom", key="nodes", what=f"is {nodes}", allowed="1 or more"))
    if problems:
        raise ParameterError(problems)
    if tree is not None:
        links = [((node - 1) // int(tree[1]), node) for node in range(1, nodes)]
    elif name == "line":
        links = [(node - 1, node) for node in range(1, nodes)]
    elif name == "total":
        links = [(low, high) for low in range(nodes) for high in range(low + 1, nodes)]
    else:
        side = math.ceil(math.sqrt(nodes))
        links = [(node, node + 1) for node in range(nodes - 1) if (node + 1) % side]
        links += [(node, node + side) for node in range(nodes - side)]
    return Topology(peers=nodes, links=tuple(sorted(links)))


async def broadcast(
    *,
    topology: str = "grid",
    nodes: int = 25,
    broadcasts: int = 100,
    latency_ms: float = 100.0,
    exponential: bool = False,
    rate_per_s: float = 100.0,
) -> dict[str, Any]:
    """Broadcast so many values, with about as many reads between them, and wait until all is quiet.

    Rows of the journal beside the network's, each at the node and the moment
    where it happened: ``broadcast.value`` (from a client, with the moment at
    which that learns of it), ``broadcast.read`` (with that at which the client
    asked), and ``broadcast.seen`` when a value is new.

    Returns
    -------
    dict
        ``links`` and ``nodes`` as set up; what was observed is in the journal.

    Raises
    ------
    ParameterError
        For a topology that Maelstrom does not have, or numbers out of range.
    """
    _require(broadcasts=broadcasts, latency_ms=latency_ms, rate_per_s=rate_per_s)
    graph = maelstrom_topology(topology, nodes).require_connected()
    runtime = require_current()
    delay_ms = latency_ms * (1.2 if planted(SLOW_LINKS) else 1.0)
    network = Network(runtime, LinkSpec(delay_ms=0.0 if exponential else delay_ms, fifo=False))
    servers = [_Server(runtime, network.endpoint(runtime.node(f"n{i}"))) for i in range(nodes)]
    network.connect_all(graph, [server.name for server in servers])
    if exponential:
        network.rules.install(_exponential(delay_ms, runtime.random("maelstrom.latency")))
    clients, random = Clients(nodes, runtime.random("maelstrom.clients")), runtime.random("maelstrom.rate")
    value = 0
    while value < broadcasts:
        await asyncio.sleep(random.uniform(0.0, 2 / rate_per_s))
        node, service_ms = clients.invoke(runtime.now_ns / 1e6)
        if node < 0:
            continue  # every client waits for its answer
        operation = _Operation(runtime.now_ns, service_ms, None if random.random() < 0.5 else value)
        value += operation.value is not None
        runtime.event_loop.call_later(service_ms / 2e3, servers[node].serve, operation)
    await asyncio.sleep(1.0)  # the last operation is served
    await network.quiet()
    return {"links": len(graph.links), "nodes": nodes}


class _Operation(NamedTuple):
    """What a client asks of a node."""

    invoked_ns: int
    service_ms: float
    value: int | None
    """The value to broadcast, None to read."""


class _Server:
    """A node that keeps the values it has seen and passes on those that are new."""

    def __init__(self, runtime: Runtime, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._seen: set[int] = set()
        self._send_back = planted(SEND_BACK)
        self._runtime = runtime
        self._record_value = runtime.journal.recorder("broadcast.value", "value", "acknowledged_ns")
        self._record_read = runtime.journal.recorder("broadcast.read", "invoked_ns")
        self._record_seen = runtime.journal.recorder("broadcast.seen", "value")
        endpoint.on_message(self._told, topic=TOPIC)

    def serve(self, operation: _Operation) -> None:
        """Handle a client's operation, half of its time after it was invoked."""
        if operation.value is None:
            self._record_read(self.name, operation.invoked_ns)
            return
        acknowledged_ns = operation.invoked_ns + round(operation.service_ms * 1e6)
        self._record_value(self.name, operation.value, acknowledged_ns)
        self._take(operation.value, "")

    def _told(self, message: Message) -> None:
        value = int.from_bytes(message.payload, "big")
        if len(message.payload) == VALUE_BYTES and value < MOST_VALUE:  # else a hostile peer's
            self._take(value, message.sender)

    def _take(self, value: int, source: str) -> None:
        if value in self._seen:
            return
        self._seen.add(value)
        self._record_seen(self.name, value)
        payload = value.to_bytes(VALUE_BYTES, "big")
        for peer in self._endpoint.peers():
            if peer != source or self._send_back:
                self._endpoint.send(peer, TOPIC, payload)


def _exponential(mean_ms: float, random: Random) -> Rule:
    """Return a rule that delays each message by an exponential time of its own; netem has no such link."""
    drawn: list[DeliverAfter] = []

    def decide(message: Message) -> DeliverAfter:
        while len(drawn) <= message.id:  # by number, so that asking twice answers the same
            drawn.append(DeliverAfter(random.expovariate(1 / mean_ms) if mean_ms else 0.0))
        return drawn[message.id]

    return Rule(name="exponential latency", decide=decide)


def _require(**positive: float) -> None:
    problems = [
        Problem(where="maelstrom", key=key, what=f"is {value!r}", value=value, allowed="finite and above 0")
        for key, value in positive.items()
        if not (isinstance(value, int | float) and 0 < value < math.inf)
    ]
    if problems:
        raise ParameterError(problems)
