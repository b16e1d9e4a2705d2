"""Verdicts over the journal of a workload, put together from the checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.checkers.activity import check_expectations
from alyslab.checkers.asks import check_asks, check_breakers, check_effects
from alyslab.checkers.causal import check_causal
from alyslab.checkers.delivery import check_accounted, check_attempts, check_delivery
from alyslab.checkers.fifo import check_fifo
from alyslab.checkers.lives import check_lives
from alyslab.checkers.mailboxes import check_mailboxes
from alyslab.checkers.message_log import MessageLog
from alyslab.checkers.recovery import check_recovery
from alyslab.checkers.restarts import check_restarts
from alyslab.checkers.supervision_log import SupervisionLog
from alyslab.checkers.total_order import check_total_order
from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal


def judge_all(journal: Journal) -> Verdict:
    """Apply every checker; what a run did not do is inconclusive, so this fits the trial, which does all."""
    messages, lives = MessageLog.read(journal), SupervisionLog.read(journal)
    return Verdict.of(
        (
            check_expectations(journal),
            check_fifo(messages),
            check_accounted(messages),
            check_delivery(messages, "at_most_once"),
            check_attempts(journal, messages),
            check_causal(journal),
            check_total_order(journal),
            check_mailboxes(journal, messages),
            check_restarts(lives),
            check_lives(lives),
            check_recovery(lives),
            check_asks(journal),
            check_effects(journal),
            check_breakers(journal),
        )
    )


def judge_observed(journal: Journal) -> Verdict:
    """Apply every checker and keep what had something to see, beside what the workload expects of itself.

    The expectations say how much must have happened, so that a run in which
    nothing happened fails them instead of passing the rest.
    """
    verdict = judge_all(journal)
    expected = check_expectations(journal).checks
    return Verdict(
        (*expected, *(check for check in verdict.checks[len(expected) :] if check.passed is not None))
    )
