"""How one life of an actor is brought to its end: asked to finish, or cancelled, and waited for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell


async def finished(cell: Cell, limit_s: float) -> bool:
    """Wait until everything in the mailbox is handled; False when that takes too long or fails."""
    task = cell.task
    if task is None:
        return True
    await asyncio.wait({task}, timeout=limit_s)
    return task.done() and not task.cancelled() and task.result()


def end_life(cell: Cell) -> None:
    """Cancel the present life, once: what it does on its way out is its own."""
    task, life = cell.task, cell.life
    if task is None or life is None or task.done() or life.ending or task is asyncio.current_task():
        return
    life.ending = True
    cell.mailbox.special = True  # a handler may let its cancellation through: the next message is not its
    task.cancel()


async def ended(cell: Cell) -> None:
    """Wait until the task of the present life is done."""
    if cell.task is not None and not cell.task.done():
        await asyncio.wait({cell.task})


def is_under_way(cell: Cell) -> bool:
    """Return whether the code that runs now is the present life's, and not the end of a whole run."""
    try:
        return asyncio.current_task() is cell.task
    except RuntimeError:  # no loop runs any more
        return False


def is_asked_to_end() -> bool:
    """Return whether somebody cancelled the present task."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
