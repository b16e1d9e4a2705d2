"""Wait for a task within a limit, without trusting it to obey its cancellation.

``asyncio.timeout`` cancels what it surrounds and then waits for it, for ever
if the cancellation is swallowed.  The laboratory runs code that is being
tested, so here the waiting itself is limited too.
"""

from __future__ import annotations

import asyncio
from typing import Any

CANCEL_GRACE_S = 1.0
"""How long a cancelled task may take to clean up before it is left behind."""


_left_behind: set[asyncio.Task[Any]] = set()
"""Kept, because asyncio itself keeps no task alive and would complain of a collected one."""


async def settle(task: asyncio.Task[Any], limit_s: float | None) -> str:
    """Wait until ``task`` is done; after ``limit_s`` seconds cancel it.

    Returns
    -------
    str
        Empty when the task was done within the limit, whatever its outcome;
        else how the waiting ended, as the end of a sentence about the task.

    A cancellation of the caller is passed to the task first, which has
    :data:`CANCEL_GRACE_S` to clean up.  Consumes time of the event loop.
    """
    try:
        await asyncio.wait({task}, timeout=limit_s)
    except asyncio.CancelledError:
        await cancel(task)
        raise
    return "" if task.done() else f"took longer than {limit_s:g} s{await cancel(task)}"


async def cancel(task: asyncio.Task[Any]) -> str:
    """Cancel ``task`` and return how that ended, as the end of a sentence; empty when it ended well."""
    task.cancel()
    await asyncio.wait({task}, timeout=CANCEL_GRACE_S)
    if not task.done():
        _left_behind.add(task)
        task.add_done_callback(_left_behind.discard)
        return f", ignored its cancellation for {CANCEL_GRACE_S:g} s more and was left behind"
    error = None if task.cancelled() else task.exception()
    return f", and raised {type(error).__name__} when cancelled: {error}" if error else ""
