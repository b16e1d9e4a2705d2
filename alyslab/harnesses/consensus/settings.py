"""How consensus nodes behave, beside the parameters of their chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.consensus.wire import TOPICS
from alyslab.harnesses.sync.policy import POLICIES
from alyslab.harnesses.sync.production import RULES

INBOX_MAX: Final = 20_000
"""Messages that wait inside a node; beyond it the latest is dropped, so that a flood costs no memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Raises :class:`ParameterError` with every value that makes no sense."""

    topics: str = "v1"
    """Whose topics are spoken: ``v1`` or ``v2``."""
    relay: bool = True
    """Whether valid messages are passed on to all peers, as gossip does."""
    rivals: bool = True
    """Whether a certified branch that is higher, or as high with a later slot, is looked at and taken.
    V1 only goes back after a sync error, and two halves on heads of one height then wait for ever."""
    transactions_most: int = 100
    """Transactions in a block."""
    sync_policy: str = "federation"
    """Name of the sync policy that a node catches up by."""
    patience_s: float = 2.0
    """Wait for a peer's answer about its status or a rival branch, in seconds by the node's clock; short
    beside a slot, since a sync waits for all of them."""
    production: str = ""
    """Which of V2's rules says whether a node may write, a key of
    :data:`~alyslab.harnesses.sync.production.RULES`; empty for V1's, that a node which syncs does not."""

    def __post_init__(self) -> None:
        bounds = (
            ("topics", self.topics in TOPICS, ", ".join(TOPICS)),
            ("sync_policy", self.sync_policy in POLICIES, ", ".join(POLICIES)),
            ("production", self.production in ("", *RULES), ", ".join(("empty", *RULES))),
            ("transactions_most", 0 <= self.transactions_most <= 10_000, "0 to 10000"),
            ("patience_s", 0 < self.patience_s <= 3_600, "above 0, at most 3600"),
        )
        problems = [
            Problem(
                where="consensus", key=key, what="makes no sense", value=getattr(self, key), allowed=allowed
            )
            for key, holds, allowed in bounds
            if not holds
        ]
        if problems:
            raise ParameterError(problems)
