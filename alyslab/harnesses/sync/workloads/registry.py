"""All workloads by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alyslab.harnesses.sync.workloads import durability, full, judging, resilience, trial
from alyslab.harnesses.workload import Workload
from alyslab.runtime.sites import catalogue

_ALL: Final = (
    Workload(
        name="full_sync",
        claim="a node with nothing fetches the whole chain, and has the source's state",
        main=full.full_sync,
        judge=judging.judge_observed,
    ),
    Workload(
        name="sequential",
        claim="V1's way ends with the whole chain while nothing breaks",
        main=full.sequential,
        judge=judging.judge_observed,
    ),
    Workload(
        name="startup",
        claim="a node that was away finds out before it produces",
        main=full.startup,
        judge=judging.judge_observed,
    ),
    Workload(
        name="federation_change",
        claim="history is valid under the members of its time",
        main=full.federation_change,
        judge=judging.judge_change,
    ),
    Workload(
        name="peer_loss",
        claim="a sync ends although most peers go",
        main=resilience.peer_loss,
        judge=judging.judge_observed,
    ),
    Workload(
        name="partition",
        claim="blocks flow again within 60 s of a partition's end",
        main=resilience.partition,
        judge=judging.judge_partition,
    ),
    Workload(
        name="corruption",
        claim="nothing corrupted or forged gets in",
        main=resilience.corruption,
        judge=judging.judge_observed,
    ),
    Workload(
        name="hostile",
        claim="peers that misbehave pay for it, and the node arrives",
        main=resilience.hostile,
        judge=judging.judge_observed,
    ),
    Workload(
        name="cascade",
        claim="peers that fall one after the other do not stop a sync for good",
        main=resilience.cascade,
        judge=judging.judge_observed,
    ),
    Workload(
        name="mixed",
        claim="everything at once delays a sync and does not falsify it",
        main=resilience.mixed,
        judge=judging.judge_observed,
    ),
    Workload(
        name="parallel",
        claim="several nodes sync from the same peers, whose load is fair",
        main=resilience.parallel,
        judge=judging.judge_load,
    ),
    Workload(
        name="checkpoints",
        claim="checkpoints are made when due and say what is so",
        main=durability.checkpoints,
        judge=judging.judge_observed,
    ),
    Workload(
        name="resume",
        claim="a node that crashes goes on from its last commit",
        main=durability.resume,
        judge=judging.judge_observed,
    ),
    Workload(
        name="recovery",
        claim="a node whose state is spoilt is back from a checkpoint within 30 s",
        main=durability.recovery,
        judge=judging.judge_recovery,
    ),
    Workload(
        name="trial",
        claim="a bit of everything, drawn by the seed",
        main=trial.trial,
        judge=judging.judge_all,
    ),
)
WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType({workload.name: workload for workload in _ALL})
"""Every workload by its name."""
DEFECTS: Final = tuple(
    entry.name for entry in catalogue() if entry.kind == "planted" and entry.name.startswith("sync.")
)
"""Every bug that can be planted in the sync, by its full name."""
