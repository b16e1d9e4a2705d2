"""What a session is doing: at most one thing at a time, which a shutdown can end from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from alyslab.errors import AlyslabError, HarnessError
from alyslab.harnesses.limit import cancel, settle
from alyslab.telemetry.logging import correlated

T = TypeVar("T")


class Activity:
    """The thing under way, if any."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None

    async def run(
        self, name: str, work: Callable[[], Awaitable[T]], *, limit_s: float | None = None, **fields: object
    ) -> T:
        """Do ``work`` in a task of its own and return what it returns.

        Its log lines, and those of the tasks that it starts, carry ``fields``.
        A cancellation of the caller ends the work and passes on.

        Raises
        ------
        AlyslabError
            What the work raised, as it was.
        HarnessError
            When it raised anything else (which is the cause), took longer than
            ``limit_s`` seconds, or was ended by :meth:`end`.
        """

        async def logged() -> T:
            with correlated(**fields):
                return await work()

        task = asyncio.create_task(logged(), name=name)
        self._task = task
        try:
            overrun = await settle(task, limit_s)
        finally:
            self._task = None
        if overrun:
            raise HarnessError(f"{name} {overrun}")
        if task.cancelled():
            raise HarnessError(f"{name} was ended before it was done")
        error = task.exception()
        if error is None or isinstance(error, AlyslabError):
            return task.result()
        raise HarnessError(f"{name} raised {type(error).__name__}: {error}") from error

    @property
    def under_way(self) -> bool:
        """Whether there is something to end."""
        return self._task is not None

    async def end(self) -> None:
        """Cancel what is under way, if anything, and wait until it has cleaned up."""
        if self._task is not None:
            await cancel(self._task)
