"""The way from one peer to another: the conditions of a link at work, and what it remembers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import Context
from random import Random
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.impairment import Impairments, impairments_of
from alyslab.harnesses.network.latency import NS_PER_MS, latency_of
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.message import Message
from alyslab.runtime.sites import register_site, site

if TYPE_CHECKING:
    from alyslab.harnesses.network.carrier import Transmit
    from alyslab.harnesses.network.defects import Defects

SLOW: Final = register_site("network.slow_link", "a link takes ten times its latency")
SLOW_FACTOR: Final = 10


class Line:
    """One direction of one link; it outlives connections and changes of its conditions.

    Parameters
    ----------
    sender, receiver
        Names of its ends.
    spec
        Its conditions at first.
    random
        Returns the line's stream; asked only when something is drawn.
    arrive, context
        The receiver's end, and where code of the receiver runs.
    """

    __slots__ = (
        "_defects",
        "_factor",
        "_random",
        "arrive",
        "constant_ns",
        "context",
        "draw_ns",
        "fifo",
        "floor_ns",
        "impairments",
        "is_intricate",
        "limit",
        "loses",
        "ns_per_byte",
        "parked",
        "receiver",
        "sender",
        "spec",
        "transmit",
    )

    def __init__(
        self,
        sender: str,
        receiver: str,
        spec: LinkSpec,
        random: Callable[[], Random],
        *,
        arrive: Callable[[Message], None],
        context: Context,
        defects: Defects,
    ) -> None:
        self.sender = sender
        self.receiver = receiver
        self.arrive = arrive
        self.context = context
        self.floor_ns = 0
        """On a FIFO link nothing may arrive before what was sent before it."""
        self.parked = 0
        """How many of its messages are held."""
        self.transmit: Transmit
        """Puts a message on it; set by who made it."""
        self._random = random
        self._defects = defects
        self._factor = SLOW_FACTOR if site(SLOW) else 1
        self._apply(spec)

    def change(self, spec: LinkSpec) -> None:
        """Give the link other conditions from the next message on; what is on its way keeps its time."""
        if self._defects.fifo_forgets:
            self.floor_ns = 0
        self._apply(spec)

    def random(self) -> Random:
        """Return the line's stream."""
        return self._random()

    def _apply(self, spec: LinkSpec) -> None:
        self.spec = spec
        self.fifo = spec.fifo
        self.ns_per_byte = 8e9 / spec.rate_bps if spec.rate_bps is not None else 0.0
        self.limit = None if self._defects.limit_ignored else spec.limit_messages
        self.constant_ns: int | None = None
        self.draw_ns: Callable[[], int] = _unreachable
        if self._defects.latency_ignores_correlation and spec.correlation:
            spec = spec.changed(correlation=0.0)
        if self._defects.latency_one_way and self.sender > self.receiver:
            self.constant_ns = 0
        elif spec.distribution == "constant" or not (spec.jitter_ms or spec.shape):
            self.constant_ns = self._factor * round((spec.delay_ms + spec.distance_ms) * NS_PER_MS)
        else:
            self.draw_ns = self._scaled(latency_of(spec, self._random()))
        self.impairments: Impairments | None = None
        if spec.is_random:
            self.impairments = impairments_of(spec, self._random(), self._defects)
        self.loses = self.impairments.loses if self.impairments is not None else None
        """Whether the next message is lost; None: none ever is."""
        self.is_intricate = self.impairments is not None and not self.impairments.only_loses
        """Whether it does more to messages than delaying and losing them."""

    def _scaled(self, draw_ns: Callable[[], int]) -> Callable[[], int]:
        factor = self._factor
        return draw_ns if factor == 1 else lambda: factor * draw_ns()

    def next_latency_ns(self) -> int:
        """Return the latency of the next message, in ns; may consume the line's stream."""
        return self.draw_ns() if self.constant_ns is None else self.constant_ns


class Uplink:
    """The one line out of a peer: messages leave it one after another."""

    __slots__ = ("_forgets", "_queued", "free_ns")

    def __init__(self, *, forgets: bool = False) -> None:
        self.free_ns = 0
        """When it has sent everything that it was given, in ns since the run began."""
        self._queued: deque[int] = deque()
        self._forgets = forgets

    def leave_ns(self, now_ns: int, size_bytes: int, ns_per_byte: float) -> int:
        """Queue a message that is sent now and return when its last byte leaves, in ns."""
        begin_ns = now_ns if self._forgets or now_ns > self.free_ns else self.free_ns
        self.free_ns = begin_ns + round(size_bytes * ns_per_byte)
        return self.free_ns

    def is_full(self, now_ns: int, limit: int) -> bool:
        """Answer whether ``limit`` messages have not left yet; those of links without a limit don't count."""
        queued = self._queued
        while queued and queued[0] <= now_ns:
            queued.popleft()
        return len(queued) >= limit

    def count(self, left_ns: int) -> None:
        """Count a message among those that wait until ``left_ns``."""
        self._queued.append(left_ns)


def _unreachable() -> int:
    raise AssertionError("a constant latency is not drawn")
