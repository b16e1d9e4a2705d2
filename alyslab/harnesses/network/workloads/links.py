"""The self-test of links: many messages over links of every kind, in both directions.

What the links did is held against closed forms by :mod:`alyslab.checkers.links`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.endpoint import Endpoint, Message
from alyslab.harnesses.network.link import GilbertElliott, LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.runtime import require_current

TOPIC: Final = "selftest.probe"
PAYLOAD: Final = bytes(range(32))

LINKS: Final[Mapping[str, LinkSpec]] = MappingProxyType(
    {
        "constant": LinkSpec(delay_ms=40, fifo=False),
        "uniform": LinkSpec(delay_ms=40, jitter_ms=10, distribution="uniform", fifo=False),
        "normal": LinkSpec(delay_ms=50, jitter_ms=10, distribution="normal", fifo=False),
        "clipped": LinkSpec(delay_ms=10, jitter_ms=10, distribution="normal", fifo=False),
        "lognormal": LinkSpec(delay_ms=50, jitter_ms=20, distribution="lognormal", fifo=False),
        "pareto": LinkSpec(delay_ms=50, jitter_ms=10, distribution="pareto", fifo=False),
        "simblock": LinkSpec(delay_ms=32, distribution="pareto", shape=6.4, fifo=False),
        "geographic": LinkSpec(
            delay_ms=2, jitter_ms=1, distribution="uniform", distance_km=6_000, fifo=False
        ),
        "correlated": LinkSpec(delay_ms=50, jitter_ms=10, correlation=0.6, distribution="normal", fifo=False),
        "swinging": LinkSpec(delay_ms=50, jitter_ms=10, correlation=0.3, distribution="uniform", fifo=False),
        "lossy": LinkSpec(delay_ms=20, loss_ratio=0.08, fifo=False),
        "sticky": LinkSpec(delay_ms=20, loss_ratio=0.1, loss_correlation=0.5, fifo=False),
        "bursty": LinkSpec(delay_ms=20, gemodel=GilbertElliott(p=0.02, r=0.2), fifo=False),
        "elliott": LinkSpec(
            delay_ms=20,
            gemodel=GilbertElliott(p=0.05, r=0.25, bad_loss_ratio=0.6, good_loss_ratio=0.01),
            fifo=False,
        ),
        "doubling": LinkSpec(delay_ms=20, duplicate_ratio=0.15, fifo=False),
        "reordering": LinkSpec(delay_ms=20, reorder_ratio=0.2, reorder_gap=3, fifo=False),
        "corrupting": LinkSpec(delay_ms=20, corrupt_ratio=0.05, fifo=False),
        "narrow": LinkSpec(delay_ms=20, rate_bps=1_000_000, limit_messages=8),
        "jittery_fifo": LinkSpec(delay_ms=20, jitter_ms=15, distribution="uniform"),
    }
)
"""A link of each kind, by name."""


async def links(
    *, messages: int = 2_000, interval_ms: float = 5.0, only: Sequence[str] | None = None
) -> dict[str, Any]:
    """Send messages over a link of each kind, half of them each way, and wait until all have ended.

    Parameters
    ----------
    messages
        How many over each direction of each link.
    interval_ms
        Time between two, in ms; a narrow link gets a burst of them now and then.
    only
        Names of :data:`LINKS`; None: all of them.

    Raises
    ------
    ParameterError
        For fewer than 100 messages, an interval that is no time, or a link that does not exist.
    """
    problems = []
    if type(messages) is not int or messages < 100:
        allowed = "100 or more, or nothing can be said of the links"
        problems.append(
            Problem(where="links", key="messages", what=f"is {messages!r}", value=messages, allowed=allowed)
        )
    if not (isinstance(interval_ms, int | float) and 0 < interval_ms < 1e6):
        what = f"is {interval_ms!r}"
        problems.append(
            Problem(where="links", key="interval_ms", what=what, value=interval_ms, allowed="above 0")
        )
    chosen = tuple(LINKS) if only is None else tuple(only)
    problems += [
        Problem(where="links", key="only", what=f"no link {name!r}", value=name, allowed=", ".join(LINKS))
        for name in chosen
        if name not in LINKS
    ]
    if problems:
        raise ParameterError(problems)
    runtime = require_current()
    network = Network(runtime, link=lambda sender, _: LINKS[sender.partition("/")[0]])
    ends: list[tuple[Endpoint, str]] = []
    for name in chosen:
        near, far = (network.endpoint(runtime.node(f"{name}/{side}")) for side in ("a", "b"))
        for end in (near, far):
            end.on_message(_handled)
        network.join(near.name, far.name)
        ends += [(near, far.name), (far, near.name)]
    for number in range(messages):
        for end, other in ends:
            end.send(other, TOPIC, PAYLOAD, size_bytes=400 if number % 10 else 1_500)
        await asyncio.sleep(interval_ms / 1e3 if number % 20 else 0)
    await network.quiet()
    return {"links": len(chosen), "messages": messages * len(ends)}


def _handled(_: Message) -> None:
    """Take a message; the journal has it."""
