"""A callback that is scheduled and can be cancelled."""

from __future__ import annotations

from contextvars import Context
from typing import Any

NS_PER_S = 1_000_000_000
CALLBACK = -1
"""Stands where a task's number would, in an entry that is no step of a task."""


def cancelled(*_: object) -> None:
    """Do nothing, in the place of what was cancelled."""


class Callback(list[Any]):
    """An entry of the ready queue that serves as asyncio's Handle.

    It is the list ``[CALLBACK, what to call, with what, in which context]``, so
    that nothing has to be unpacked or bound when it runs; cancelling it
    replaces what would be called.
    """

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__

    def cancel(self) -> None:
        """Make sure that the callback does not run; a second call does nothing."""
        self[1] = cancelled
        self[2] = ()

    def cancelled(self) -> bool:
        """Return whether the callback was cancelled."""
        return self[1] is cancelled

    def get_context(self) -> Context:
        """Return the context in which it runs."""
        context: Context = self[3]
        return context


class Timer(Callback):
    """A callback for a later moment; serves as asyncio's TimerHandle."""

    __slots__ = ("when_ns",)
    when_ns: int

    def when(self) -> float:
        """Return the virtual time in seconds at which it runs."""
        return self.when_ns / NS_PER_S
