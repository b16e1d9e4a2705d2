"""What a harness finds around it: time, journal, randomness, nodes, sites.

The same harness runs under the simulation and on the wall clock; both are a
:class:`Runtime`, and :func:`current` returns the one that runs.
"""

from __future__ import annotations

import asyncio
import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context
from functools import partial
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alyslab.errors import NodeError
from alyslab.runtime.journal import Clock, Journal
from alyslab.runtime.randomness import Streams
from alyslab.runtime.sites import Sites, answering

if TYPE_CHECKING:
    from alyslab.runtime.node import Node
    from alyslab.runtime.timers import Post


class Runtime(ABC):
    """The surroundings of one run.

    Parameters
    ----------
    seed
        Everything random in the run derives from it.
    planted
        Names of the defects that are switched on.
    activation_ratio
        Share of fault sites that this run makes active.
    clock
        Tells the time since the run began; default: this object's ``now_ns``.
    """

    can_pause = False
    """Whether a node can be paused here and its crash can leave code unfinished."""

    def __init__(
        self,
        seed: int,
        *,
        planted: Iterable[str] = (),
        activation_ratio: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self.streams = Streams(seed)
        self.sites = Sites(self.streams, planted, activation_ratio)
        self.clock: Clock = clock or self
        self.journal = Journal(self.clock)
        self._nodes: dict[str, Node] = {}

    @property
    @abstractmethod
    def now_ns(self) -> int:
        """Nanoseconds since the run began."""

    def ticker(self) -> tuple[Callable[[], int], int]:
        """Return (ticks, origin): ``ticks() - origin`` is ``now_ns``, for where a property costs too much."""
        return partial(attrgetter("now_ns"), self.clock), 0

    def poster(self) -> Post:
        """Return a function that lets a callback run at a moment, without a handle to take it back."""
        clock, call_later = self.clock, self.event_loop.call_later

        def post(
            when_ns: int, callback: Callable[..., object], args: tuple[Any, ...], context: Context
        ) -> None:
            call_later(max(0.0, (when_ns - clock.now_ns) / 1e9), callback, *args, context=context)

        return post

    @property
    @abstractmethod
    def event_loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that the run's tasks belong to."""

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.streams.seed

    def random(self, label: str) -> random.Random:
        """Return the random stream with this label; asking again returns the same stream, further on."""
        return self.streams.stream(label)

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by name, in the order in which they were made."""
        return MappingProxyType(self._nodes)

    def node(self, name: str, boot: Callable[[Node], Awaitable[None]] | None = None) -> Node:
        """Make a node; see :class:`~alyslab.runtime.node.Node`.

        Raises
        ------
        NodeError
            If there is a node of that name already.
        """
        from alyslab.runtime.node import Node

        if name in self._nodes:
            raise NodeError(f"there is a node {name!r} already; take it from nodes[{name!r}]")
        node = self._nodes[name] = Node(name, self, boot)
        return node

    @contextmanager
    def running(self) -> Iterator[None]:
        """Be the current runtime on this thread until the block ends; blocks nest."""
        global _current  # noqa: PLW0603 - what runs is a fact of the thread, as asyncio's running loop is
        before = _current
        _current = (threading.get_ident(), self)
        try:
            with answering(self.sites):
                yield
        finally:
            _current = before


_current: tuple[int, Runtime] | None = None


def current() -> Runtime | None:
    """Return the runtime that runs on this thread, or None outside a run."""
    if _current is None or _current[0] != threading.get_ident():
        return None
    return _current[1]


def require_current() -> Runtime:
    """Return the runtime that runs on this thread; raises RuntimeError outside a run."""
    runtime = current()
    if runtime is None:
        raise RuntimeError("no run is going on here; call this from a function given to alyslab.simulate()")
    return runtime
