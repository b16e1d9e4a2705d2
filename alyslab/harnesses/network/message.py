"""A message on its way from one peer to another."""

from __future__ import annotations

from typing import Final, NamedTuple

CONTROL: Final = "net."
"""Topics that begin so belong to the network itself: opening, closing and resetting connections."""


class Message(NamedTuple):
    """A message, as rules see it when it leaves and as its receiver gets it."""

    id: int
    """Its number, counted over the whole network from 1; copies of one message share it."""
    sender: str
    topic: str
    size_bytes: int
    """What the sender's line had to carry; at least the payload."""
    sent_ns: int
    """When the sender sent it, in ns since the run began."""
    left_ns: int
    """When its last byte left the sender, in ns since the run began."""
    copy: int
    """0; the copies of a duplicated message are 1, 2, …"""
    connection: int
    """Number of the connection that it travels on."""
    reply_to: int
    """The request that it answers, by its ``id``; 0 for a message that answers none."""
    receiver: str
    payload: bytes


ROW: Final = ("id", "sender", "topic", "bytes", "sent_ns", "left_ns", "copy", "connection", "reply_to")
"""What the journal keeps of a message beside its receiver: its first fields, so that a slice is the row."""
ROW_FIELDS: Final = len(ROW)


def fault_of(
    topic: object, payload: object, size_bytes: object, largest: int
) -> tuple[str, object, str, str] | None:
    """Return which field can't be sent, its value, what is wrong and what would do; None if all can."""
    least = len(payload) if isinstance(payload, bytes) else 0
    size = least if size_bytes is None else size_bytes
    if type(topic) is not str or topic.startswith(CONTROL):
        return "topic", topic, f"{topic!r} is none", f"a string that does not begin with {CONTROL}"
    if type(payload) is not bytes:
        return "payload", payload, f"a {type(payload).__name__}", "give bytes"
    if type(size) is not int or size < least:
        return "size_bytes", size, f"is {size!r}", f"a whole number from {least}, the payload's size"
    if size > largest:
        return "size_bytes", size, f"{size} bytes are too many", f"at most {largest}"
    return None
