"""Which property or machine finds which planted defect, and why some are out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BROKEN_RULE: Final = "a broken rule is named"
_VALID: Final = "valid chains are accepted"
_ORDER: Final = "messages keep their order"
_LIMITS: Final = "supervisors keep their limits"
_INCIDENTS: Final = "incidents stay mended"
_CANDIDATES: Final = "candidates keep their approvals"
_SYNC: Final = "a sync ends at the source"

_BY_TARGET: Final[Mapping[str, tuple[str, ...]]] = {
    _BROKEN_RULE: (
        "model.author_not_checked",
        "model.duplicate_pegin_in_block_accepted",
        "model.duplicate_transaction_accepted",
        "model.extra_withdrawals_accepted",
        "model.fee_recipient_uncommitted",
        "model.former_address_accepted",
        "model.future_slot_accepted",
        "model.halt_gap_off_by_one",
        "model.header_fields_unchecked",
        "model.heights_bypassed",
        "model.majority_of_one",
        "model.pegin_counted_twice",
        "model.proposal_capped_from_above",
        "model.slot_order_unchecked",
        "model.state_root_not_compared",
        "model.witness_count_off_by_one",
    ),
    "thresholds are exact": ("model.signature_count_off_by_one",),
    "work finalises its range": ("model.merkle_branch_side_ignored", "model.auxpow_range_off_by_one"),
    _VALID: (
        "model.contract_minimum_zero",
        "model.foreign_burn_accepted",
        "model.pegout_minimum_in_wei",
        "model.readable_address_rejected",
        "model.retarget_rounding",
    ),
    "PegMachine": (
        "model.finality_moves_backwards",
        "model.rollback_forgets_pow_pointer",
        "model.rollback_keeps_wallet",
    ),
    "the higher branch is followed": ("model.branch_never_taken",),
    _CANDIDATES: (
        "model.early_approvals_lost",
        "model.latest_candidate_wins",
        "model.lowest_slot_wins",
    ),
    _INCIDENTS: (
        "model.failed_receipts_skipped",
        "model.history_under_present_authorities",
        "model.miner_state_consumed",
        "model.missing_signatures_skipped",
        "model.possession_not_asked",
    ),
    "ActorMachine": (
        "actor.escalation_swallowed",
        "actor.fifo_broken_after_restart",
        "actor.group_restart_forgets_siblings",
        "actor.handed_over_twice",
        "actor.isolation_ignored",
        "actor.message_handled_twice",
        "actor.priority_inverts",
        "actor.restart_forgets_mailbox",
        "actor.restart_limit_ignored",
        "actor.state_survives_restart",
    ),
    _LIMITS: ("actor.backoff_never_grows", "actor.window_never_resets"),
    _ORDER: (
        "actor.backpressure_drops_silently",
        "actor.capacity_ignored",
        "actor.causal_overtaking",
        "actor.clock_not_merged",
        "actor.dead_letter_before_retry",
        "actor.dependency_overtakes",
        "actor.two_handlers_at_once",
    ),
}

REACH: Final[Mapping[str, str]] = MappingProxyType(
    {defect: target for target, defects in _BY_TARGET.items() for defect in defects}
)
"""By defect, the name of the property or machine that finds it."""

OUT_OF_REACH: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "actor.ask_timeout_ignored",
                "actor.breaker_never_opens",
                "actor.broadcast_reordered",
                "actor.child_outlives_parent",
                "actor.deduplication_forgotten",
                "actor.effect_forgotten",
                "actor.health_answers_for_dead",
                "actor.reply_to_wrong_caller",
                "actor.restarted_stays_silent",
                "actor.shutdown_order_reversed",
            ),
            "no scenario or rule does what it breaks; the trial of the actor system finds it",
        ),
        "model.pow_limits_unapplied": (
            "a thousand drawn chains did not show it: too few have work so fast or slow that a limit bites"
        ),
        "actor.drop_oldest_drops_newest": (
            "a scenario written by hand shows it, a thousand drawn ones did not: few overflow such a mailbox"
        ),
    }
)
"""By defect, why no property can find it."""
