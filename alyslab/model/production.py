"""Block production: what an authority puts into its slot, and how it is sealed and signed.

Source: alys-system.md §1, "Aura", "Peg-in", "Peg-out", "Fees"; §6, "Engine"
(forkchoiceUpdated with attributes, getPayload).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from alyslab.model import aura, bridge, pegout
from alyslab.model.bitcoin import BitcoinTransaction
from alyslab.model.block import (
    AggregateSignature,
    AuxPowHeader,
    Block,
    Payload,
    PegIn,
    SignedBlock,
    Withdrawal,
)
from alyslab.model.chain import Chain
from alyslab.model.errors import InvalidBlockError
from alyslab.model.execution import DEAD, Outcome, next_base_fee, run_transactions, with_withdrawals
from alyslab.model.payload import payload_hash
from alyslab.model.transaction import Transaction
from alyslab.model.validation import withdrawals_due


def build(
    chain: Chain,
    *,
    slot: int,
    timestamp_s: int,
    transactions: Sequence[Transaction] = (),
    pegins: Sequence[PegIn] = (),
    auxpow_header: AuxPowHeader | None = None,
    finalised_pegouts: Sequence[BitcoinTransaction] = (),
) -> tuple[Block, Outcome]:
    """Return the block that an honest authority makes on the head, and what running it does.

    Raises :class:`InvalidBlockError` when a transaction can't be run and
    :class:`BridgeError` when burns can't be paid.  Nothing is applied.
    """
    payments: tuple[bridge.Payment, ...] = ()
    if pegins:
        payments = bridge.payments_of(pegins, chain.bitcoin, chain.federation, chain.deviations)
    requests = chain.records[-1].requests
    proposal = None
    if requests:
        fee = chain.bitcoin.fee_sat_per_vb
        proposal = pegout.propose(chain.wallet, requests, chain.federation, chain.spec, fee)
    payload, outcome = run(
        chain,
        timestamp_s=timestamp_s,
        transactions=tuple(transactions),
        withdrawals=withdrawals_due(chain.spec, auxpow_header, chain.fees_wei, payments),
    )
    block = Block(
        parent_root=chain.head_root,
        slot=slot,
        auxpow_header=auxpow_header,
        payload=payload,
        pegins=tuple(pegins),
        pegout_proposal=proposal,
        finalised_pegouts=tuple(finalised_pegouts),
    )
    return block, outcome


def empty_block(chain: Chain, slot: int) -> Block:
    """Return an empty block of this slot on the head."""
    timestamp_s = max(slot * chain.spec.slot_ms // 1000, chain.head.block.payload.timestamp_s + 1)
    block, _ = build(chain, slot=slot, timestamp_s=timestamp_s)
    return block


def run(
    chain: Chain,
    *,
    timestamp_s: int,
    transactions: tuple[Transaction, ...],
    withdrawals: tuple[Withdrawal, ...],
) -> tuple[Payload, Outcome]:
    """Return the sealed payload on the head, as the execution layer builds it, and its outcome."""
    parent = chain.head.block.payload
    ids = [transaction.id for transaction in transactions]
    base_fee_wei = next_base_fee(parent)
    outcome = _outcome(
        chain,
        transactions=transactions,
        ids=ids,
        base_fee_wei=base_fee_wei,
        withdrawals=withdrawals,
    )
    fields: dict[str, Any] = {
        "parent_hash": parent.block_hash,
        "number": parent.number + 1,
        "timestamp_s": timestamp_s,
        "fee_recipient": DEAD,
        "gas_limit": chain.spec.gas_limit,
        "gas_used": outcome.gas_used,
        "base_fee_wei": base_fee_wei,
        "state_root": chain.state.root_after(outcome.changes),
        "withdrawals": withdrawals,
    }
    block_hash = payload_hash(ids=ids, **fields)
    return Payload(transactions=transactions, block_hash=block_hash, **fields), outcome


def seal(
    chain: Chain, payload: Payload, waived: frozenset[str] = frozenset(), gas_used: int | None = None
) -> tuple[Payload, Outcome]:
    """Return the payload with gas used, state root and hash filled in, and the outcome of running it."""
    ids = [transaction.id for transaction in payload.transactions]
    outcome = _outcome(
        chain,
        transactions=payload.transactions,
        ids=ids,
        base_fee_wei=payload.base_fee_wei,
        withdrawals=payload.withdrawals,
        waived=waived,
    )
    root = chain.state.root_after(outcome.changes)
    used = outcome.gas_used if gas_used is None else gas_used
    block_hash = payload.hash_with_ids(ids, used, root)
    return replace(payload, gas_used=used, state_root=root, block_hash=block_hash), outcome


def _outcome(
    chain: Chain,
    *,
    transactions: tuple[Transaction, ...],
    ids: list[bytes],
    base_fee_wei: int,
    withdrawals: tuple[Withdrawal, ...],
    waived: frozenset[str] = frozenset(),
) -> Outcome:
    height = chain.height + 1

    def fail(rule: str, **values: object) -> InvalidBlockError:
        return InvalidBlockError(rule, height=height, **values)

    outcome = run_transactions(
        chain.state,
        transactions,
        ids=ids,
        base_fee_wei=base_fee_wei,
        fail=fail,
        waived=waived,
        burn_least_wei=chain.burn_least_wei,
    )
    return with_withdrawals(chain.state, withdrawals, outcome)


def sign(
    chain: Chain, block: Block, secrets: Sequence[int], signers: Sequence[bool], root: bytes | None = None
) -> SignedBlock:
    """Return the block signed by the chosen authorities."""
    chosen = [secret for secret, picked in zip(secrets, signers, strict=True) if picked]
    point = chain.scheme.sign(chosen, block.root if root is None else root)
    return SignedBlock(block=block, signature=AggregateSignature(signers=tuple(signers), point=point))


def default_signers(chain: Chain, slot: int) -> tuple[bool, ...]:
    """Return the slot's author and as many after it as the next block needs."""
    members = len(chain.authorities_at(chain.height + 1))
    return _signers_from(slot % members, members, aura.quorum_of(chain.spec, members))


@cache
def _signers_from(first: int, members: int, needed: int) -> tuple[bool, ...]:
    return tuple((index - first) % members < needed for index in range(members))
