"""How many messages the network delivers in a second, beside a bare heap of timers in the same run.

The program is the plainest that keeps a network busy: peers on a ring, each
passing on what it gets.  Every delivery is sent, timed, handled and written to
the journal.  The heap does what no network can do without: it pushes and pops
as many timers, and calls a function for each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from typing import Any, Final

from alyslab.checkers.verdict import Check
from alyslab.harnesses.network.endpoint import Endpoint, Message
from alyslab.harnesses.network.gossip.study import flood
from alyslab.harnesses.network.link import link_from
from alyslab.harnesses.network.network import Network
from alyslab.performance.clocks import Measured, both_turns
from alyslab.runtime import require_current, simulate

ROUNDS: Final = 5
MESSAGES: Final = 60_000
PEERS: Final = 50
WINDOW: Final = 20
"""Messages of each peer that are on their way at any time."""
TOPIC: Final = "bench"
PAYLOAD: Final = bytes(100)

LINKS: Final[dict[str, dict[str, Any]]] = {
    "constant latency": {"delay_ms": 10},
    "drawn latency": {"delay_ms": 10, "jitter_ms": 3, "distribution": "normal", "fifo": False},
    "bandwidth": {"delay_ms": 10, "rate_bps": 1e9},
    "loss": {"delay_ms": 10, "loss_ratio": 1e-5, "fifo": False},
}
"""The links over which it is measured, by name."""


async def passing(*, messages: int, link: dict[str, Any]) -> int:
    """Pass messages round a ring of peers until so many have arrived; returns how many were sent."""
    runtime = require_current()
    network = Network(runtime, link=link_from(link))
    ends = [network.endpoint(runtime.node(f"peer-{index}")) for index in range(PEERS)]
    left = messages

    def handler(end: Endpoint, following: str) -> Callable[[Message], None]:
        send = end.send

        def pass_on(message: Message) -> None:
            nonlocal left
            if left > 0:
                left -= 1
                send(following, TOPIC, message.payload)

        return pass_on

    for index, end in enumerate(ends):
        following = ends[(index + 1) % PEERS].name
        network.join(end.name, following)
        end.on_message(handler(end, following))
    for index, end in enumerate(ends):
        for _ in range(WINDOW):
            end.send(ends[(index + 1) % PEERS].name, TOPIC, PAYLOAD)
    await network.quiet()
    return network.carrier.pending.sent


def _simulate_passing(messages: int, link: dict[str, Any]) -> None:
    simulate(passing, seed=1, parameters={"messages": messages, "link": link})


def bare_heap(messages: int) -> None:
    """Push and pop as many timers as the network has messages, calling a function for each."""
    heap: list[tuple[int, int, Callable[[int], None]]] = []

    def handle(_: int) -> None:
        """Do nothing, but be called."""

    pending = PEERS * WINDOW
    for number in range(pending):
        heappush(heap, (number, number, handle))
    for number in range(pending, messages + pending):
        when, _, callback = heappop(heap)
        callback(when)
        heappush(heap, (when + 10_000_000, number, handle))


def delivery_checks(messages: int = MESSAGES, rounds: int = ROUNDS) -> list[Check]:
    """Measure deliveries in a second over links of each kind, and the heap between them."""
    candidates: dict[str, Callable[[], None]] = {"bare heap": partial(bare_heap, messages)}
    for name, link in LINKS.items():
        candidates[name] = partial(_simulate_passing, messages, link)
    measured = both_turns(candidates, rounds=rounds)
    return [_rate(name, measured, messages) for name in LINKS]


def _rate(name: str, measured: Measured, messages: int) -> Check:
    timings = measured.judged()
    total = messages + PEERS * WINDOW
    ratio = timings.ratio(name, "bare heap")
    return Check(
        name=f"deliveries with the journal on, {name}",
        observed=round(total / timings.median_s(name)),
        comparison=">=",
        limit=150_000,
        unit=f"messages/s, {measured.clock}",
        source="issue 5, Numbers: an aim",
        note=f"{ratio} of a bare heap of timers at {messages / timings.median_s('bare heap'):,.0f}/s; "
        f"{measured.neighbours}",
    )


def flood_checks(peers: int = 1_000) -> list[Check]:
    """Flood one small block through as many peers as the network is built for, and time the whole run."""
    parameters = {"peers": peers, "blocks": 1, "block_bytes": 20_000}
    runs: list[Any] = []
    measured = both_turns(
        {"flood": lambda: runs.append(simulate(flood, seed=1, parameters=parameters))}, rounds=3
    )
    seconds = measured.judged().median_s("flood")
    handled = sum(1 for _ in runs[-1].journal.select(kind="gossip.received"))
    return [
        Check(
            name=f"a flood of {peers:,} peers handles every message",
            observed=handled,
            comparison="==",
            limit=2 * runs[-1].result["links"] - (peers - 1),
            unit="messages",
            source="2E - (n - 1); issue 5: to about 1,000 peers",
            note=f"{seconds:.2f} s {measured.clock}, making nodes and links included; {measured.neighbours}",
        )
    ]


def network_checks() -> list[Check]:
    """Return all of these."""
    return [*delivery_checks(), *flood_checks()]
