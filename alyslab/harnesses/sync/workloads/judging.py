"""Verdicts over the journal of a workload, put together from the checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.checkers.chain import state_roots
from alyslab.checkers.drawn import asked, drawn_subjects
from alyslab.checkers.finality import finality_holds
from alyslab.checkers.sync import converges, finished_honestly, never_claimed
from alyslab.checkers.sync_checkpoints import checkpoints_hold
from alyslab.checkers.sync_damage import lives
from alyslab.checkers.sync_log import SyncLog
from alyslab.checkers.sync_peers import (
    batches_bounded,
    failures_have_consequences,
    load_is_fair,
    no_peer_is_favoured,
    refusals_count,
)
from alyslab.checkers.sync_production import production_is_gated
from alyslab.checkers.sync_recovery import back_from_checkpoints, back_from_partitions
from alyslab.checkers.sync_store import survives
from alyslab.checkers.sync_subjects import SUBJECTS
from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal


def judge_all(journal: Journal) -> Verdict:
    """Apply every checker that fits any run, the model's included; what a run did not do is inconclusive.

    Of the model's checkers the first check only: the second is about what no
    sync does, and the model's own tests trip it.
    """
    log, events = SyncLog.read(journal), list(lives(journal))
    return Verdict.of(
        (
            finished_honestly(log),
            converges(log),
            survives(log),
            checkpoints_hold(log),
            batches_bounded(log),
            failures_have_consequences(log),
            refusals_count(log),
            no_peer_is_favoured(log),
            production_is_gated(log),
            Verdict(state_roots(events).checks[:1]),
            Verdict(finality_holds(events).checks[:1]),
        )
    )


def judge(journal: Journal) -> Verdict:
    """Apply every checker and keep what was asked: how the sync ended, and what was drawn or seen."""
    return asked(judge_all(journal), SUBJECTS, drawn_subjects(journal))


def judge_load(journal: Journal) -> Verdict:
    """As :func:`judge`, and whether load was fair."""
    return Verdict.of((judge(journal), load_is_fair(SyncLog.read(journal))))


def judge_partition(journal: Journal) -> Verdict:
    """As :func:`judge`, and whether blocks flowed again in time after each partition."""
    return Verdict.of((judge(journal), back_from_partitions(SyncLog.read(journal))))


def judge_recovery(journal: Journal) -> Verdict:
    """As :func:`judge`, and whether the node was back in time after each recovery."""
    return Verdict.of((judge(journal), back_from_checkpoints(SyncLog.read(journal))))


def judge_change(journal: Journal) -> Verdict:
    """Judge a sync across a change of federation: honest where it can be, without a claim where it can't."""
    log = SyncLog.read(journal)
    return judge(journal) if log.aware else never_claimed(log)
