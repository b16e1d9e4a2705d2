"""Keeps the real world out of a simulation, and the simulation out of the real world.

For the length of a run, on its thread only:

- ``random`` and ``numpy.random`` are seeded from the run, and restored after;
  ``os.urandom`` (and so ``uuid.uuid4``) draws from the run too;
- the functions of ``time`` that tell the time follow virtual time;
- threads, sockets, processes and ``time.sleep`` raise :class:`IsolationError`
  with the name of what to use;
- the running event loop (a Jupyter kernel's, Hypothesis's caller's) is set
  aside, and asyncio's functions that go through sets of tasks get an order;
- the garbage collector runs at fixed steps only.

What can't be intercepted (``from time import time`` done earlier,
``datetime.now``, ``secrets``, an unseeded ``default_rng()``) is looked for by
:mod:`alyslab.runtime.lint`.
"""

from __future__ import annotations

import _posixsubprocess
import _thread
import asyncio
import gc
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from alyslab.errors import IsolationError, StateError
from alyslab.runtime.loop import SimulationLoop
from alyslab.runtime.ordered import ordered_asyncio, quick_primitives
from alyslab.runtime.randomness import Streams
from alyslab.runtime.replaced import replaced
from alyslab.runtime.virtual_time import SLEEPING, virtual_time

real_perf_counter = time.perf_counter
"""For measuring the simulation itself."""

_FORBIDDEN = {
    "_thread.start_new_thread": ("starting a thread", "asyncio.create_task() or node.spawn()"),
    "_thread.start_joinable_thread": ("starting a thread", "asyncio.create_task() or node.spawn()"),
    "socket.__new__": ("a socket", "the node's network handle"),
    "socket.getaddrinfo": ("looking up a host", "the node's network handle"),
    "socket.gethostbyname": ("looking up a host", "the node's network handle"),
    "socket.gethostbyaddr": ("looking up a host", "the node's network handle"),
    "socket.getnameinfo": ("looking up a host", "the node's network handle"),
    "subprocess.Popen": ("starting a process", "a node, or the wall clock (alyslab.runtime.wall)"),
    "os.posix_spawn": ("starting a process", "a node, or the wall clock (alyslab.runtime.wall)"),
    "os.system": ("starting a process", "a node, or the wall clock (alyslab.runtime.wall)"),
    "os.fork": ("forking", "a node, or the wall clock (alyslab.runtime.wall)"),
    "os.forkpty": ("forking", "a node, or the wall clock (alyslab.runtime.wall)"),
    "os.exec": ("replacing the process", "a node, or the wall clock (alyslab.runtime.wall)"),
    "time.sleep": SLEEPING,
}

_turn = threading.RLock()
"""Held by the thread that runs a simulation: what is replaced for a run belongs to the process."""
_guarded_thread: int | None = None
_hook_installed = False


def _audit(event: str, _: tuple[Any, ...]) -> None:
    if _guarded_thread is not None and event in _FORBIDDEN and threading.get_ident() == _guarded_thread:
        raise IsolationError(*_FORBIDDEN[event])


class GlobalRandomness:
    """The state of the global generators within one simulation, kept from one of its runs to the next."""

    def __init__(self, streams: Streams) -> None:
        import numpy as np

        self._numpy = np.random
        self._states: tuple[Any, Any] = (
            random.Random(streams.stream("runtime/random").getrandbits(128)).getstate(),
            np.random.RandomState(streams.numpy_seed("runtime/random") % 2**32).get_state(),
        )
        self._bytes = streams.stream("runtime/os.urandom").randbytes

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put this state in place of the process's, and put that back after."""
        before = (random.getstate(), self._numpy.get_state())
        self._put(self._states)
        try:
            with replaced(os, "urandom", self._bytes):
                yield
        finally:
            self._states = (random.getstate(), self._numpy.get_state())
            self._put(before)

    def _put(self, states: tuple[Any, Any]) -> None:
        random.setstate(states[0])
        self._numpy.set_state(states[1])


@contextmanager
def isolated(loop: SimulationLoop, randomness: GlobalRandomness) -> Iterator[None]:
    """Isolate this thread until the block ends, whatever ends it.

    Raises
    ------
    StateError
        If another thread of the process is running a simulation.
    """
    with ExitStack() as stack:
        stack.enter_context(_one_thread())
        stack.enter_context(_running_loop(loop))
        stack.enter_context(ordered_asyncio())
        stack.enter_context(quick_primitives())
        stack.enter_context(virtual_time(loop))
        stack.enter_context(randomness.installed())
        stack.enter_context(_collector_at_rest())
        stack.enter_context(_unaudited_refused())
        stack.enter_context(_guarded())
        yield


@contextmanager
def _one_thread() -> Iterator[None]:
    if not _turn.acquire(blocking=False):
        raise StateError("a simulation", "another thread runs one", ["wait for it, or use another process"])
    try:
        yield
    finally:
        _turn.release()


@contextmanager
def _guarded() -> Iterator[None]:
    global _guarded_thread, _hook_installed  # noqa: PLW0603 - an audit hook can be added once and never removed
    if not _hook_installed:
        sys.addaudithook(_audit)
        _hook_installed = True
    before = _guarded_thread
    _guarded_thread = threading.get_ident()
    try:
        yield
    finally:
        _guarded_thread = before


@contextmanager
def _running_loop(loop: SimulationLoop) -> Iterator[None]:
    before = asyncio._get_running_loop()
    hooks = sys.get_asyncgen_hooks()
    asyncio._set_running_loop(loop)
    sys.set_asyncgen_hooks(firstiter=loop.generators.first_iteration, finalizer=loop.generators.finalise)
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(*hooks)
        asyncio._set_running_loop(before)


_UNAUDITED = (
    (_thread, "start_new_thread", "_thread.start_new_thread"),
    (_thread, "start_joinable_thread", "_thread.start_new_thread"),
    (threading, "_start_new_thread", "_thread.start_new_thread"),
    (threading, "_start_joinable_thread", "_thread.start_new_thread"),
    (_posixsubprocess, "fork_exec", "subprocess.Popen"),
)
"""Functions for which not every version of Python raises an audit event, and the one to act by."""


@contextmanager
def _unaudited_refused() -> Iterator[None]:
    def refusal(event: str) -> Callable[..., None]:
        def refused(*_: Any, **__: Any) -> None:
            raise IsolationError(*_FORBIDDEN[event])

        return refused

    with ExitStack() as stack:
        for module, name, event in _UNAUDITED:
            if hasattr(module, name):
                stack.enter_context(replaced(module, name, refusal(event)))
        yield


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Stop automatic collection, and keep what is there already out of the run's own collections."""
    was_enabled = gc.isenabled()
    frozen_here = gc.get_freeze_count() == 0
    gc.disable()
    if frozen_here:
        gc.freeze()
    try:
        yield
        gc.collect()  # what the run abandoned is finalised now, and not when the process next feels like it
    finally:
        if frozen_here:
            gc.unfreeze()
        (gc.enable if was_enabled else gc.disable)()
