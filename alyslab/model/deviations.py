"""Where a node departs from the sound rules: V1 as it runs, and defects to plant.

The model's default is the sound rule.  Each departure has one name, which can
be part of a :class:`~alyslab.model.spec.Spec` (to study the node as it is) or
be planted as ``model.<name>`` (to see whether the laboratory finds it).  Many
departures only waive a rule; the others are asked for by name where they act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alyslab.runtime.sites import planted, register_planted


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


def _all() -> Mapping[str, Deviation]:
    v1 = True
    rows: tuple[tuple[str, str, str, tuple[str, ...], bool], ...] = (
        ("author_not_checked", "any authority may sign for any slot", "§1 Aura; incident 2", ("author",), v1),
        (
            "future_slot_accepted",
            "a slot is held against the block's own timestamp, not against the clock",
            "§1 Aura",
            (),
            v1,
        ),
        (
            "signature_count_off_by_one",
            "one signature less than the threshold suffices",
            "incident 2",
            (),
            False,
        ),
        (
            "state_root_not_compared",
            "the state root in a payload is taken on trust",
            "planted",
            ("state_root",),
            False,
        ),
        ("merkle_branch_side_ignored", "every sibling is hashed on the right", "planted", (), False),
        (
            "finality_moves_backwards",
            "a rollback may pass below the finalised height, and finality follows it down",
            "§1 Fork choice",
            (),
            v1,
        ),
        (
            "auxpow_range_off_by_one",
            "the commitment leaves out the last block of its range",
            "planted",
            (),
            False,
        ),
        ("retarget_rounding", "the retarget ratio is rounded to a whole number", "§1 Retarget", (), False),
        (
            "duplicate_transaction_accepted",
            "a transaction that stands twice in a block runs twice",
            "planted",
            ("transaction_unique",),
            False,
        ),
        (
            "pegin_counted_twice",
            "a Bitcoin payment that was credited already is credited again",
            "planted; V1 itself misses duplicates within one block only (§7), which is not modelled yet",
            ("pegin_unique",),
            False,
        ),
        (
            "foreign_burn_accepted",
            "the emitter of a burn event is not checked; the receipt's recipient is, None passing",
            "§7 Forged/lost peg-out",
            (),
            v1,
        ),
        (
            "rollback_forgets_pow_pointer",
            "a rollback keeps the pointer to a proof-of-work block that it removed",
            "incident 12",
            (),
            False,
        ),
        (
            "rollback_keeps_wallet",
            "a rollback keeps the wallet and the list of credited peg-ins",
            "incident 16",
            (),
            v1,
        ),
        (
            "extra_withdrawals_accepted",
            "expected withdrawals must be present, others may be too",
            "§7 Extra withdrawals",
            (),
            v1,
        ),
        (
            "header_fields_unchecked",
            "bits and height of the AuxPoW header are not compared",
            "§1 AuxPoW, never validated",
            ("pow_bits", "pow_height"),
            v1,
        ),
        (
            "fee_recipient_uncommitted",
            "the miner's fee recipient is not part of the commitment, so anybody may replace it",
            "§1 AuxPoW, never validated",
            (),
            v1,
        ),
        ("pow_limits_unapplied", "powLimit and powLowerLimit do not bound the target", "§1 Retarget", (), v1),
        ("halt_gap_off_by_one", "one block more than allowed may follow without work", "planted", (), False),
        (
            "proposal_capped_from_above",
            "a peg-out may pay less than what was burned",
            "§1 Peg-out",
            (),
            v1,
        ),
        (
            "readable_address_rejected",
            "a raw peg-in address that happens to be valid UTF-8 is refused",
            "§1 Peg-in",
            (),
            v1,
        ),
        # V1 errs otherwise: once synced, the latest wins whatever its slot (incident 9); not modelled yet.
        ("lowest_slot_wins", "of two candidates at one height the lower slot stays", "planted", (), False),
        (
            "early_approvals_lost",
            "an approval that arrives before its block is lost",
            "§7 Early approvals",
            (),
            v1,
        ),
        ("witness_count_off_by_one", "a peg-out needs one signature less", "planted", (), False),
        (
            "slot_order_unchecked",
            "a slot may repeat or go back",
            "§1 names no such check",
            ("slot_after_parent",),
            v1,
        ),
    )
    return {
        name: Deviation(name=name, summary=summary, source=source, waives=frozenset(waives), in_v1=in_v1)
        for name, summary, source, waives, in_v1 in rows
    }


CATALOGUE: Mapping[str, Deviation] = _all()
"""Every departure by name."""

V1_DEVIATIONS = frozenset(entry.name for entry in CATALOGUE.values() if entry.in_v1)
"""How branch main of the node departs from the sound rules."""

for _entry in CATALOGUE.values():
    register_planted(f"model.{_entry.name}", _entry.summary)


def planted_deviations() -> frozenset[str]:
    """Return the departures that are planted in the running simulation; empty outside one."""
    return frozenset(name for name in CATALOGUE if planted(f"model.{name}"))


def waived_by(deviations: frozenset[str]) -> frozenset[str]:
    """Return the rules that these departures waive."""
    return frozenset().union(*(CATALOGUE[name].waives for name in deviations))
