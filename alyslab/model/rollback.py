"""Where V1 rolls back to, and why.

Source: alys-system.md §1, "Fork choice/reorg"; §7, incidents 7, 12 and 15.
"""

from __future__ import annotations

from typing import Literal

Reason = Literal["missing_payload", "sync_error", "candidate_cache_error"]
"""Why a node takes blocks back: the execution layer lost its tip, an import failed while syncing, or
a candidate stood in the way, for which the mended V1 does not go back (incident 12)."""


def rollback_target(reason: Reason, head: int, batch_start_head: int) -> int:
    """Return the height that V1 rolls back to.

    A producer whose execution layer lost its tip goes back one block; a sync
    error goes back to one below the head *at the start of the batch*, which
    may be a thousand blocks.  At height 0 there is nothing to take back
    (incident 15, where the subtraction underflowed).
    """
    if reason == "candidate_cache_error":
        return head
    return max(0, (head if reason == "missing_payload" else batch_start_head) - 1)
