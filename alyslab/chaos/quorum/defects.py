"""The bugs that can be planted in the replicated store, one for each kind of fault to find."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from alyslab.runtime.sites import planted, register_planted

_SUMMARIES: Final = {
    "acks_before_sync": "a replica acknowledges a write that a crash can still take back",
    "reply_counted_twice": "a reply that arrives twice counts as two replicas",
    "commits_without_quorum": "a write that can't reach a majority is reported as done",
    "stale_overwrites": "an old write that arrives late replaces a newer one",
    "heal_does_not_resend": "a replica that could not be brought up to date once is given up",
    "timer_lost_on_pause": "a member that wakes up late never works again",
    "tags_from_clock": "writes are ordered by the writer's clock",
    "checksum_ignored": "what the disk returns is taken on trust",
    "reads_own_copy": "a read asks nobody else",
    "stale_peer_list": "a peer whose connection was reset is never called again",
    "disk_error_swallowed": "a write that the disk refused is acknowledged",
    "garbage_accepted": "a message is taken although its checksum is wrong",
    "rejoins_unrecovered": "a replica with a damaged disk answers as if it had lost nothing",
}

DEFECTS: Final = tuple(register_planted(f"quorum.{name}", text) for name, text in _SUMMARIES.items())
"""Every defect by its full name."""


class Defects(SimpleNamespace):
    """Which defects are on in the present run: an attribute for each."""

    def __getattr__(self, name: str) -> bool:  # tells the type checker what every attribute is
        raise AttributeError(name)

    @classmethod
    def read(cls) -> Defects:
        """Ask the present run."""
        return cls(**{name: planted(f"quorum.{name}") for name in _SUMMARIES})
