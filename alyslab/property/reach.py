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
_SCENES: Final = "actors answer, recover and end in order"
_TRAFFIC: Final = "a network in trouble keeps its word"
_CHANCES: Final = "links keep their chances"
_GOSSIP: Final = "gossip reaches everybody"
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
        "model.pow_limits_unapplied",
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
    _SCENES: (
        "actor.ask_timeout_ignored",
        "actor.breaker_never_opens",
        "actor.broadcast_reordered",
        "actor.child_outlives_parent",
        "actor.deduplication_forgotten",
        "actor.drop_oldest_drops_newest",
        "actor.effect_forgotten",
        "actor.health_answers_for_dead",
        "actor.reply_to_wrong_caller",
        "actor.restarted_stays_silent",
        "actor.shutdown_order_reversed",
    ),
    _TRAFFIC: (
        "network.crash_keeps_unread",
        "network.cut_through",
        "network.drop_unsaid",
        "network.duplicate_shares_identity",
        "network.fifo_forgets",
        "network.forget_backlog",
        "network.latency_one_way",
        "network.limit_ignored",
        "network.reconnect_keeps_stale",
        "network.rule_order_reversed",
        "network.rules_spare_replies",
        "network.timeout_ignored",
    ),
    _CHANCES: (
        "network.bursts_flattened",
        "network.chances_halved",
        "network.latency_ignores_correlation",
        "network.loss_drawn_once",
    ),
    _GOSSIP: (
        "gossip.always_whole",
        "gossip.asks_all",
        "gossip.early_send",
        "gossip.forget_relay",
        "gossip.forget_seen",
        "gossip.never_prunes",
        "gossip.silent_lazy",
        "gossip.skip_slot",
    ),
    "checkpoints are consistent": ("sync.checkpoint_wrong_height", "sync.recovery_keeps_state"),
    _SYNC: (
        "sync.batch_without_bound",
        "sync.blacklist_ignored",
        "sync.checkpoint_left_out",
        "sync.checkpoint_not_verified",
        "sync.first_peer_always",
        "sync.import_error_wedges",
        "sync.partition_unseen",
        "sync.peer_never_blacklisted",
        "sync.production_while_behind",
        "sync.range_one_too_few",
        "sync.recovery_forgets_pointer",
        "sync.refusal_not_counted",
        "sync.retry_without_backoff",
        "sync.short_reply_is_done",
        "sync.state_root_not_compared",
        "sync.status_sampled_once",
        "sync.store_not_synced",
    ),
    "ConsensusMachine": (
        "consensus.batch_checks_first_only",
        "consensus.candidate_replaced",
        "consensus.duplicate_taken_again",
        "consensus.early_approvals_misfiled",
        "consensus.equivocation_unnoticed",
        "consensus.federation_read_once",
        "consensus.finality_ignored",
        "consensus.future_block_accepted",
        "consensus.gate_not_asked",
        "consensus.halt_ignored",
        "consensus.lost_votes_unnoticed",
        "consensus.orphan_ignored",
        "consensus.pegin_offered_again",
        "consensus.pegout_signatures_skipped",
        "consensus.produces_out_of_turn",
        "consensus.produces_while_syncing",
        "consensus.queued_work_forgotten",
        "consensus.quorum_of_connected",
        "consensus.quorum_of_former",
        "consensus.rival_taken_on_trust",
        "consensus.timer_lost_on_pause",
        "consensus.vote_counted_twice",
        "consensus.vote_not_synced",
        "consensus.vote_sent_before_written",
        "consensus.votes_not_consulted",
    ),
    "a quorum store under chaos": (
        "quorum.acks_before_sync",
        "quorum.checksum_ignored",
        "quorum.commits_without_quorum",
        "quorum.disk_error_swallowed",
        "quorum.garbage_accepted",
        "quorum.heal_does_not_resend",
        "quorum.reads_own_copy",
        "quorum.rejoins_unrecovered",
        "quorum.reply_counted_twice",
        "quorum.stale_overwrites",
        "quorum.stale_peer_list",
        "quorum.tags_from_clock",
        "quorum.timer_lost_on_pause",
    ),
}

REACH: Final[Mapping[str, str]] = MappingProxyType(
    {defect: target for target, defects in _BY_TARGET.items() for defect in defects}
)
"""By defect, the name of the property or machine that finds it."""

_BY_REASON: Final[Mapping[str, tuple[str, ...]]] = {
    "shows in one number of many runs beside published ones, not in a promise about each case; the "
    "studies of mining and validation find it": (
        "mining.deaf",
        "mining.publishes_late",
        "validation.send_back",
        "validation.slow_links",
    ),
}

OUT_OF_REACH: Final[Mapping[str, str]] = MappingProxyType(
    {defect: reason for reason, defects in _BY_REASON.items() for defect in defects}
)
"""By defect, why no property finds it, and what does."""
