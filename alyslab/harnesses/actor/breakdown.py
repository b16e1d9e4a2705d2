"""A failure of the laboratory itself, which ends the experiment instead of leaving it to wait for ever."""

from __future__ import annotations

import asyncio
from typing import Any


class Breakdown:
    """Remembers the first failure that is nobody's under test, and wakes whoever entered the system.

    A task of the system that raises was not failed by an actor, whose errors
    go to its supervisor: the journal refused a row, or a supervisor is broken.
    Who waits for an answer would wait for ever, so the task that entered the
    system is cancelled, and leaves the block with the error.
    """

    __slots__ = ("_cancelled", "_entered", "error")

    def __init__(self) -> None:
        self.error: BaseException | None = None
        """The first failure."""
        self._entered: asyncio.Task[Any] | None = None
        self._cancelled: asyncio.Task[Any] | None = None

    def enter(self) -> None:
        """Remember the present task as the one to be woken."""
        self._entered = asyncio.current_task()

    def leave(self) -> None:
        """Wake nobody any more: the end has begun."""
        self._entered = None

    def report(self, error: BaseException) -> None:
        """Note a failure; the first one wakes who entered."""
        if self.error is not None:
            return
        self.error = error
        if self._entered is not None and not self._entered.done():
            self._entered.cancel("the laboratory failed")
            self._cancelled = self._entered

    def settle(self) -> None:
        """Raise the failure, if there was one, in place of the cancellation that it caused."""
        cancelled, self._cancelled = self._cancelled, None
        if cancelled is not None:
            cancelled.uncancel()
        if self.error is not None:
            raise self.error
