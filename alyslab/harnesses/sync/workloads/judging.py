"""Verdicts over the journal of a workload, put together from the checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.checkers.chain import state_roots
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
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

END_CHECKS = 3
"""How many checks say how the sync ended; they come first."""


def judge_all(journal: Journal) -> Verdict:
    """Apply every checker that fits any run; what a run did not do is inconclusive."""
    log = SyncLog.read(journal)
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
        )
    )


def judge_observed(journal: Journal) -> Verdict:
    """Apply every checker, the model's included, and keep what had something to see.

    How the sync ended is always kept, so that a run in which nothing happened
    does not pass.
    """
    checks = judge_all(journal).checks
    return Verdict((*checks[:END_CHECKS], *_seen(checks[END_CHECKS:]), *_seen(_chain(journal))))


def judge_load(journal: Journal) -> Verdict:
    """As :func:`judge_observed`, and whether load was fair."""
    return Verdict.of((judge_observed(journal), load_is_fair(SyncLog.read(journal))))


def judge_partition(journal: Journal) -> Verdict:
    """As :func:`judge_observed`, and whether blocks flowed again in time after each partition."""
    return Verdict.of((judge_observed(journal), back_from_partitions(SyncLog.read(journal))))


def judge_recovery(journal: Journal) -> Verdict:
    """As :func:`judge_observed`, and whether the node was back in time after each recovery."""
    return Verdict.of((judge_observed(journal), back_from_checkpoints(SyncLog.read(journal))))


def judge_change(journal: Journal) -> Verdict:
    """Judge a sync across a change of federation: honest where it can be, without a claim where it can't."""
    log = SyncLog.read(journal)
    return judge_observed(journal) if log.aware else never_claimed(log)


def _chain(journal: Journal) -> tuple[Check, ...]:
    """Return what the model's checkers say of the blocks that nodes told of.

    Each has a second check, about what no sync does; the model's own tests trip those.
    """
    events = list(lives(journal))
    return (state_roots(events).checks[0], finality_holds(events).checks[0])


def _seen(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    return tuple(check for check in checks if check.passed is not None)
