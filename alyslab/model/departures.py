"""The catalogue of departures from the sound rules, as data.

Three groups: what V1 does on branch main, what it did once (an incident that
was mended since, or a bypass that was removed), and what nobody is known to
have done, to see whether the laboratory would find it.

Source: alys-system.md §1 and §7; [S] there marks what was inferred from the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Row = tuple[str, str] | tuple[str, str, frozenset[str]]
"""Summary, source, and the rules that are waived, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One departure from the sound rules."""

    name: str
    """Its name; ``model.<name>`` plants it."""
    summary: str
    """What the node then does, in one line."""
    source: str
    """Where the real node does this, or which incident it is made after."""
    waives: frozenset[str] = frozenset()
    """Rules that are not checked."""
    in_v1: bool = False
    """Whether V1 on branch main behaves so."""


V1_AS_IT_RUNS: Mapping[str, Row] = {
    # Aura and candidates
    "author_not_checked": (
        "any authority may sign for any slot",
        "§1 Aura; incident 2",
        frozenset({"author"}),
    ),
    "future_slot_accepted": (
        "a slot is held against the block's own timestamp, not against the clock",
        "§1 Aura",
    ),
    "slot_order_unchecked": (
        "a slot may repeat or go back",
        "§1 names no such check",
        frozenset({"slot_after_parent"}),
    ),
    "history_under_present_authorities": (
        "old blocks are held against today's authorities, so a changed federation can't sync its past",
        "incident 2",
    ),
    "possession_not_asked": (
        "an authority's key is taken without proof that anybody knows its secret",
        "etc/config/chain.json lists keys without proofs",
    ),
    "latest_candidate_wins": (
        "the sync flag is passed inverted: once synced the latest candidate of a height wins, "
        "and while syncing one of a lower slot is an error",
        "incident 9, daaef36 [S]",
    ),
    "early_approvals_lost": ("an approval that arrives before its block is lost", "§7 Early approvals"),
    # finality, merged mining and rollback
    "finality_moves_backwards": (
        "a rollback may pass below the finalised height, and finality follows it down",
        "§1 Fork choice",
    ),
    "rollback_keeps_wallet": (
        "a rollback keeps the wallet and the list of credited peg-ins, so that re-import fails",
        "incident 16 [S]",
    ),
    "header_fields_unchecked": (
        "bits and height of the AuxPoW header are not compared",
        "§1 AuxPoW, never validated",
        frozenset({"pow_bits", "pow_height"}),
    ),
    "fee_recipient_uncommitted": (
        "the miner's fee recipient is not part of the commitment, so anybody may replace it",
        "§1 AuxPoW, never validated",
    ),
    "pow_limits_unapplied": ("powLimit and powLowerLimit do not bound the target", "§1 Retarget"),
    "miner_state_consumed": (
        "a failed submission uses up the template, so that the right work comes too late",
        "§1 Retarget, last line",
    ),
    "heights_bypassed": (
        "peg-out rules are skipped, or queued work ignored, at heights written into the code",
        "incidents 5 and 16: 214745, 216000, 285450, 359641, 70132",
    ),
    # bridge
    "foreign_burn_accepted": (
        "the emitter of a burn event is not checked; the receipt's recipient is, None passing",
        "§7 Forged/lost peg-out",
    ),
    "extra_withdrawals_accepted": (
        "expected withdrawals must be present, others may be too",
        "§7 Extra withdrawals",
    ),
    "duplicate_pegin_in_block_accepted": (
        "a peg-in that stands twice in one block is credited twice",
        "§7 Extra withdrawals [S]",
    ),
    "proposal_capped_from_above": ("a peg-out may pay less than what was burned", "§1 Peg-out"),
    "readable_address_rejected": (
        "a raw peg-in address that happens to be valid UTF-8 is refused",
        "§1 Peg-in",
    ),
    "contract_minimum_zero": (
        "the contract burns amounts that the node then ignores, without refund",
        "§1 Peg-out",
    ),
    "failed_receipts_skipped": (
        "a receipt that can't be had is left out: its burn and its fee are lost to this node",
        "§6 Engine [S]",
    ),
    "missing_signatures_skipped": (
        "a producer leaves out peg-outs that are not signed yet, "
        "and its own block is rejected, slot after slot",
        "§7 Signature starvation, 82ecc3b",
    ),
}
"""How branch main of the node departs from the sound rules."""

V1_ONCE: Mapping[str, Row] = {
    "majority_of_one": ("one signature makes a block", "incident 2: majority temporarily 1"),
    "signature_count_off_by_one": ("one signature less than the threshold suffices", "after incident 2"),
    "former_address_accepted": (
        "payments to an address that the federation gave up are peg-ins",
        "incident 2: old address hard-wired, since removed",
    ),
    "pegout_minimum_in_wei": (
        "satoshi are compared with 10^14, so that every real peg-out is too small",
        "incident 1, until 59e5d32",
    ),
    "rollback_forgets_pow_pointer": (
        "a rollback keeps the pointer to a proof-of-work block that it removed",
        "incident 12",
    ),
    "retarget_rounding": (
        "the retarget ratio is rounded to a whole number",
        "after §1 Retarget and incident 10, which rewrote it",
    ),
}
"""What V1 did at some time, or what an incident was mended from."""

PLANTED: Mapping[str, Row] = {
    "state_root_not_compared": (
        "the state root in a payload is taken on trust",
        "planted",
        frozenset({"state_root"}),
    ),
    "merkle_branch_side_ignored": ("every sibling is hashed on the right", "planted"),
    "auxpow_range_off_by_one": ("the commitment leaves out the last block of its range", "planted"),
    "duplicate_transaction_accepted": (
        "a transaction that stands twice in a block runs twice",
        "planted",
        frozenset({"transaction_unique"}),
    ),
    "pegin_counted_twice": (
        "a Bitcoin payment that was credited already is credited again",
        "planted; V1 misses duplicates within one block only",
        frozenset({"pegin_unique"}),
    ),
    "halt_gap_off_by_one": ("one block more than allowed may follow without work", "planted"),
    "lowest_slot_wins": ("of two candidates at one height the lower slot stays", "planted"),
    "witness_count_off_by_one": ("a peg-out needs one signature less", "planted"),
    "branch_never_taken": ("a higher branch is never followed where fork choice asks for it", "planted"),
}
"""What no version of the node is known to have done."""


UNBOUNDED: Mapping[str, str] = {
    "payload.timestamp_s": (
        "no rule bounds a payload's timestamp from above, and §1 names none: V1 holds the slot against this "
        "timestamp, the sound rule holds it against the clock, and time need only move on; so one authority "
        "can write the last second of 64 bits into its block, and no block can follow [S]"
    ),
}
"""What the facts leave without a bound, and so does the model; a test shows what comes of each.

No departure from a sound rule, because there is no rule; whoever adds one adds
its mutation and its departure too.
"""


def every() -> Iterator[Deviation]:
    """Yield all departures, those of V1 as it runs first."""
    for rows, in_v1 in ((V1_AS_IT_RUNS, True), (V1_ONCE, False), (PLANTED, False)):
        for name, row in rows.items():
            waives = row[2] if len(row) == 3 else frozenset[str]()
            yield Deviation(name=name, summary=row[0], source=row[1], waives=waives, in_v1=in_v1)
