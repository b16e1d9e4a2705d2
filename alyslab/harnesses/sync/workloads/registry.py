"""All workloads by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alyslab.harnesses.sync.workloads.durability import checkpoints, damage, recovery, resume
from alyslab.harnesses.sync.workloads.full import federation_change, full_sync, sequential, startup
from alyslab.harnesses.sync.workloads.judging import (
    judge,
    judge_change,
    judge_load,
    judge_partition,
    judge_recovery,
)
from alyslab.harnesses.sync.workloads.resilience import (
    cascade,
    corruption,
    hostile,
    mixed,
    parallel,
    partition,
    peer_loss,
)
from alyslab.harnesses.sync.workloads.trial import trial
from alyslab.harnesses.workload import Workload
from alyslab.runtime.sites import catalogue

_ALL: Final = (
    Workload(
        name="full_sync",
        claim="a node with nothing fetches the whole chain, and has the source's state",
        main=full_sync,
        judge=judge,
    ),
    Workload(
        name="sequential",
        claim="V1's way ends with the whole chain while nothing breaks",
        main=sequential,
        judge=judge,
    ),
    Workload(
        name="startup",
        claim="a node that was away finds out before it produces",
        main=startup,
        judge=judge,
    ),
    Workload(
        name="federation_change",
        claim="history is valid under the members of its time",
        main=federation_change,
        judge=judge_change,
    ),
    Workload(
        name="peer_loss",
        claim="a sync ends although most peers go",
        main=peer_loss,
        judge=judge,
    ),
    Workload(
        name="partition",
        claim="blocks flow again within 60 s of a partition's end",
        main=partition,
        judge=judge_partition,
    ),
    Workload(
        name="corruption",
        claim="nothing corrupted or forged gets in",
        main=corruption,
        judge=judge,
    ),
    Workload(
        name="hostile",
        claim="peers that misbehave pay for it, and the node arrives",
        main=hostile,
        judge=judge,
    ),
    Workload(
        name="cascade",
        claim="peers that fall one after the other do not stop a sync for good",
        main=cascade,
        judge=judge,
    ),
    Workload(
        name="mixed",
        claim="everything at once delays a sync and does not falsify it",
        main=mixed,
        judge=judge,
    ),
    Workload(
        name="parallel",
        claim="several nodes sync from the same peers, whose load is fair",
        main=parallel,
        judge=judge_load,
    ),
    Workload(
        name="checkpoints",
        claim="checkpoints are made when due and say what is so",
        main=checkpoints,
        judge=judge,
    ),
    Workload(
        name="resume",
        claim="a node that crashes goes on from its last commit",
        main=resume,
        judge=judge,
    ),
    Workload(
        name="recovery",
        claim="a node whose state is spoilt is back from a checkpoint within 30 s",
        main=recovery,
        judge=judge_recovery,
    ),
    Workload(
        name="damage",
        claim="a disk that fails, fills up, rots or is replaced costs a node time and never its truth",
        main=damage,
        judge=judge,
    ),
    Workload(
        name="trial",
        claim="a bit of everything, drawn by the seed",
        main=trial,
        judge=judge,
    ),
)
WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType({workload.name: workload for workload in _ALL})
"""Every workload by its name."""
DEFECTS: Final = tuple(
    entry.name for entry in catalogue() if entry.kind == "planted" and entry.name.startswith("sync.")
)
"""Every bug that can be planted in the sync, by its full name."""
