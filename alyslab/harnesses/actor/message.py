"""A message on its way, and the priorities that it can have."""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from alyslab.harnesses.actor.reference import Ref


class Priority(IntEnum):
    """How urgent a message is; a higher one overtakes, equal ones keep their order.

    Source: alys v2 crates/actor_system/src/mailbox.rs, ``MessagePriority``.
    """

    BACKGROUND = 0
    LOW = 1
    NORMAL = 2
    HIGH = 3
    CRITICAL = 4
    EMERGENCY = 5


class Message(NamedTuple):
    """A message with everything that is known of it.

    On the hot path it is a plain tuple with the same fields in the same
    order, which costs a quarter; :func:`as_message` gives it its names.
    """

    kind: str
    """What it asks for; an actor on another transport is sent the same word."""
    body: Any
    """Whatever goes with it."""
    link: Ref
    """The reference that it was sent through."""
    sequence: int
    """Counts from 1 the messages of this sender to this receiver with this priority."""
    priority: int
    number: int
    """Unique in the system."""
    sent_ns: int
    """When the sender handed it over."""
    queued_ns: int
    """When the mailbox took it; later than ``sent_ns`` if the sender had to wait."""
    reply: asyncio.Future[tuple[int, Any]] | None
    """Where the asker waits for (number of the message answered, answer); None for a tell."""
    stamp: tuple[int, ...] | None
    """The sender's vector clock when it sent this; None where clocks are not kept."""
    after: tuple[int, ...]
    """Numbers of the messages that must have been handled before this one."""

    @property
    def sender(self) -> str:
        """Who sent it."""
        return self.link.sender


Envelope = tuple[Any, ...]
"""The fields of a :class:`Message`, with or without their names."""


def as_message(envelope: Envelope) -> Message:
    """Return the message that a plain tuple of its fields stands for."""
    return envelope if isinstance(envelope, Message) else tuple.__new__(Message, envelope)
