"""What a life does where one of the planted bugs is on; see :mod:`alyslab.harnesses.actor.defects`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.actor.message import Message, as_message

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.harnesses.actor.mailbox import Mailbox


def another_reply(mailbox: Mailbox) -> asyncio.Future[tuple[int, Any]] | None:
    """Return where somebody else waits for an answer."""
    replies = (as_message(envelope).reply for envelope in mailbox.normal)
    return next((reply for reply in replies if reply is not None), None)


def leave_behind(mailbox: Mailbox, message: Message, last: int) -> int:
    """Put every fifth message back once, although it is going to be handled; returns the last such number."""
    if message.number % 5 or message.number == last:
        return last
    mailbox.put_back(message)
    return message.number


async def handle_beside(cell: Cell) -> None:
    """Handle the next message although another one is in hand."""
    message = cell.mailbox.take()
    if message is not None and cell.life is not None:
        started_ns = cell.core.now_ns
        try:
            await cell.life.actor.receive(message.kind, message.body)
        except Exception as error:
            cell.fail(error, message)
            return
        cell.core.tracker.log(cell.name, message, started_ns, "done")
