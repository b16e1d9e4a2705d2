"""What the stage itself gives to see, whatever the scenes of a run are."""

from __future__ import annotations

from collections.abc import Collection

from alyslab.checkers import sync_subjects as subjects
from alyslab.harnesses.sync.policy import SyncPolicy


def stage_subjects(
    *,
    policy: SyncPolicy,
    height: int,
    behaviours: Collection[str],
    v1: bool,
    telling: bool,
    produces: bool,
) -> tuple[str, ...]:
    """Return the subjects of a stage whose source begins at this height, with peers of these behaviours."""
    several = 0 < 2 * policy.checkpoint_interval <= height
    there = {
        subjects.RANGES: not v1 and len(behaviours) > 1,
        subjects.CHECKPOINTS: not v1 and several,
        subjects.PRODUCTION: produces,
        subjects.TELLING: telling,
        subjects.BAD_BLOCKS: "forged" in behaviours,
    }
    return tuple(subject for subject, holds in there.items() if holds)
