"""Verdict over production: a node far from the source's head is not let produce blocks.

Source: alys-system.md §3: produce if synced, or catching up at 99.5 % of the
target and at most 10 blocks behind (issue_10).
"""

from __future__ import annotations

from typing import Final

from alyslab.checkers.sync_log import SyncLog, count_none
from alyslab.checkers.verdict import Verdict

RATIO_LEAST: Final = 0.995
BEHIND_MOST: Final = 10
SOURCE: Final = "alys-system.md §3, issue_10"


def production_is_gated(
    log: SyncLog, *, ratio_least: float = RATIO_LEAST, behind_most: int | None = BEHIND_MOST
) -> Verdict:
    """Return whether every time that a node was let produce it was near the source's head.

    What the source has gained in the last seconds, nobody can have told the
    node; see :data:`~alyslab.checkers.sync_log.STALENESS_S`.
    """
    asked = log.of("sync.production")
    broken = []
    for row in asked:
        if not row.fields["allowed"]:
            continue
        height, head = row.fields["height"], log.known_height(row.time_ns)
        far = behind_most is not None and head - height > behind_most
        short = row.fields["state"] != "synced" and height < ratio_least * head
        if far or short:
            broken.append(row)
    return Verdict(
        (
            count_none(
                "no node may produce while it is behind",
                seen=len(asked),
                broken=broken,
                unit="slots",
                source=SOURCE,
            ),
        )
    )
