"""What a reference refuses, each with the error that names the actor, its state and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alyslab.harnesses.actor.errors import (
    ActorStoppedError,
    MailboxFullError,
    NoReplyError,
    UnrecordableError,
)
from alyslab.harnesses.actor.message import Priority

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell

_PRIORITIES: Final = frozenset(map(int, Priority))


def stopped(cell: Cell) -> ActorStoppedError:
    """Return the error for a message to an actor that takes no more."""
    what, advice = "takes no more messages", "start it again under another name"
    return ActorStoppedError(cell.name, cell.state, what, advice)


def childless(cell: Cell) -> ActorStoppedError:
    """Return the error for a child that would outlive its parent."""
    what, advice = "starts no child while it ends", "start it in started() or in a handler of its life"
    return ActorStoppedError(cell.name, cell.state, what, advice)


def unsupervised(supervisor: str) -> ActorStoppedError:
    """Return the error for a child below a supervisor that was stopped, or has given up."""
    what, advice = "supervises nobody any more", "start it below another supervisor"
    return ActorStoppedError(supervisor, "stopped", what, advice)


def full(cell: Cell) -> MailboxFullError:
    """Return the error for a message to a full mailbox whose policy is to reject."""
    return MailboxFullError(
        cell.name, cell.state, "its mailbox is full", "send later, or choose another policy"
    )


def circular(cell: Cell) -> NoReplyError:
    """Return the error for an ask whose answer waits for the asker."""
    what, advice = "waits for the asker itself", "tell it instead, or answer first"
    return NoReplyError(cell.name, cell.state, what, advice)


def unsendable(cell: Cell, kind: object, timeout_s: object = None) -> UnrecordableError:
    """Return the error for a kind of message, or else a time-out, that the journal could not keep."""
    what = f"a message's kind can't be {kind!r} ({type(kind).__name__})"
    advice = "name it by a plain str (of an enum, its value)"
    if type(kind) is str:
        what, advice = f"timeout_s can't be {timeout_s!r}", "give seconds, a float or an int above 0"
    return UnrecordableError(cell.name, cell.state, what, advice)


def require_stream(cell: Cell, priority: object, after: tuple[object, ...]) -> None:
    """Raise UnrecordableError for a priority, or for dependencies, that do not exist."""
    if priority not in _PRIORITIES or not all(type(number) is int for number in after):
        what = f"a message can't have priority {priority!r} and come after {after!r}"
        advice = f"a priority is one of {', '.join(Priority.__members__)}, after a tuple of numbers"
        raise UnrecordableError(cell.name, cell.state, what, advice)
