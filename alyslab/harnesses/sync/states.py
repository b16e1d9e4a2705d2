"""The states of V2's sync, and which may follow which.

Source: alys-system.md §3, "States": Idle, Discovering (more than 30 tries of
1 s end in Failed), Headers, Blocks, CatchingUp (within 10), Synced, Failed
(after 5 recoveries).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from alyslab.harnesses.sync.errors import TransitionError


class SyncState(StrEnum):
    """What a syncer is doing."""

    IDLE = "idle"
    """Nothing; not started, or stopped."""
    DISCOVERING = "discovering"
    """Asking for statuses until enough peers have answered."""
    HEADERS = "headers"
    """Asking for checkpoints, and whether the own head is on the peers' chain."""
    BLOCKS = "blocks"
    """Fetching ranges from several peers at once."""
    CATCHING_UP = "catching_up"
    """Within a few blocks of the target."""
    SYNCED = "synced"
    """At the highest height that a peer can show."""
    FAILED = "failed"
    """Given up; only a restart goes on."""


Next = tuple[SyncState, str]
"""Where to go from a state, and why."""

_IDLE, _FAILED = SyncState.IDLE, SyncState.FAILED
TRANSITIONS: Final[Mapping[SyncState, frozenset[SyncState]]] = MappingProxyType(
    {
        SyncState.IDLE: frozenset({SyncState.DISCOVERING}),
        SyncState.DISCOVERING: frozenset({_IDLE, SyncState.HEADERS, _FAILED}),
        SyncState.HEADERS: frozenset(
            {_IDLE, SyncState.DISCOVERING, SyncState.BLOCKS, SyncState.CATCHING_UP, _FAILED}
        ),
        SyncState.BLOCKS: frozenset({_IDLE, SyncState.DISCOVERING, SyncState.CATCHING_UP, _FAILED}),
        SyncState.CATCHING_UP: frozenset(
            {_IDLE, SyncState.DISCOVERING, SyncState.BLOCKS, SyncState.SYNCED, _FAILED}
        ),
        SyncState.SYNCED: frozenset({_IDLE, SyncState.DISCOVERING, SyncState.BLOCKS, SyncState.CATCHING_UP}),
        SyncState.FAILED: frozenset({_IDLE, SyncState.DISCOVERING}),
    }
)
"""What may follow each state."""


def require_transition(present: SyncState, following: SyncState) -> None:
    """Raise :class:`TransitionError` for a change that the table does not have."""
    if following not in TRANSITIONS[present]:
        raise TransitionError(f"to {following}", str(present), sorted(TRANSITIONS[present]))
