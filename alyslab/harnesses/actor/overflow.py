"""How much a mailbox holds, and what it does with one more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from alyslab.harnesses.actor.errors import PolicyError
from alyslab.harnesses.actor.ranges import COUNT, OneOf, problems_in


class Overflow(StrEnum):
    """What a full mailbox does with one more message."""

    BACKPRESSURE = "backpressure"
    """The sender waits until there is room."""
    DROP_NEWEST = "drop_newest"
    """The message that arrives is dropped."""
    DROP_OLDEST = "drop_oldest"
    """The oldest message of the lowest lane is dropped, or the one that arrives if it is lower still."""
    REJECT = "reject"
    """The sender gets :class:`~alyslab.harnesses.actor.errors.MailboxFullError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPolicy:
    """How much a mailbox holds and what happens beyond.

    Raises
    ------
    PolicyError
        For a capacity below 1, or an overflow policy that is none of the four.
    """

    capacity: int = 1_000
    """Messages that wait for their first turn, 1 or more.

    One that is put back for another attempt takes a place while there is one,
    and goes in without one otherwise: it was let in before.

    Source: alys v2 mailbox.rs, ``MailboxConfig::default``.
    """
    overflow: Overflow = Overflow.BACKPRESSURE

    def __post_init__(self) -> None:
        problems = problems_in("mailbox policy", self, {"capacity": COUNT, "overflow": OneOf(Overflow)})
        if problems:
            raise PolicyError(problems)
        object.__setattr__(self, "overflow", Overflow(self.overflow))
