"""How to break each rule of validation: one change to a valid block, then sealed and worked again.

A name is that of the rule, or ``rule:case`` for a second way of breaking it.
Merged mining is broken in :mod:`alyslab.model.forgeries`; signers and the gap
without work in :mod:`alyslab.model.mutate`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from alyslab.model import production
from alyslab.model.bitcoin import BitcoinTransaction
from alyslab.model.block import Block, PegIn, Withdrawal
from alyslab.model.forgeries import THIEF, WORK
from alyslab.model.stage import FORMER_SCRIPT, STAGE_GAS_LIMIT, Stage
from alyslab.model.traffic import peg_in_transaction


def _with_last(stage: Stage, rule: str, **changes: Any) -> Block:
    *others, last = stage.plain.payload.transactions
    return stage.sealed(stage.plain, rule, transactions=(*others, replace(last, **changes)))


def _just_short(stage: Stage) -> Block:
    """Let the last sender give away all but the gas that is used, which is less than the worst case."""
    last = stage.plain.payload.transactions[-1]
    chain = stage.builder.chain
    empty = _with_last(stage, "transaction_balance", value_wei=0).payload
    _, outcome = production.seal(chain, empty)
    return _with_last(stage, "transaction_balance", value_wei=outcome.changes[last.sender][1])


def _duplicate_input(stage: Stage) -> Block:
    proposal = stage.proposal
    first = proposal.inputs[0]
    value = stage.builder.chain.wallet.unspent[(first.txid, first.vout)].value_sat
    return stage.proposing(
        {len(proposal.outputs) - 1: value}, replace(proposal, inputs=(*proposal.inputs, first))
    )


def _too_many_recipients(stage: Stage) -> Block:
    builder = stage.builder
    paid = [builder.pay_federation(builder.rng.randbytes(20), 50_000) for _ in range(17)]
    builder.ripe_pegins()
    return stage.pegged(tuple(paid))


def _unreadable(stage: Stage) -> Block:
    builder = stage.builder
    pegin = builder.pay_federation(b"", 50_000, script=b"\x6a\x03abc")
    for _ in range(builder.spec.bitcoin_confirmations):
        builder.bitcoin.append()
    return replace(stage.plain, pegins=(*stage.plain.pegins, pegin))


def _almost_confirmed(stage: Stage) -> Block:
    builder = stage.builder
    pegin = builder.pay_federation(builder.users[0], 50_000)
    for _ in range(builder.spec.bitcoin_confirmations - 2):
        builder.bitcoin.append()
    return stage.pegged((pegin,))


def _with_first_input(stage: Stage, **changes: Any) -> BitcoinTransaction:
    first, *others = stage.proposal.inputs
    return replace(stage.proposal, inputs=(replace(first, **changes), *others))


def _to_former_address(stage: Stage) -> Block:
    """Return a block that credits a payment to an address that the federation gave up."""
    builder = stage.builder
    recipient = builder.users[0]
    payment = peg_in_transaction(FORMER_SCRIPT, recipient, 50_000, (builder.rng.randbytes(32), 0))
    carrier = builder.bitcoin.append([payment])
    for _ in range(builder.spec.bitcoin_confirmations):
        builder.bitcoin.append()
    pegin = PegIn(txid=payment.txid, bitcoin_block=carrier.header.hash)
    return stage.pegged((pegin,), former=True)


def _overfull(stage: Stage) -> Block:
    count = STAGE_GAS_LIMIT // 21_000 + 1
    return stage.sealed(stage.plain, transactions=tuple(stage.builder.random_transactions(count)))


def _other_slot(stage: Stage, slot: int) -> Block:
    timestamp = stage.builder.timestamp_s(slot)
    return replace(stage.sealed(stage.plain, timestamp_s=timestamp), slot=slot)


BLOCKS: Mapping[str, Callable[[Stage], Block]] = {
    "not_genesis": lambda s: s.hashed(s.plain, number=0),
    "height_above_head": lambda s: s.hashed(s.plain, number=s.builder.chain.height),
    "parent_known": lambda s: replace(s.plain, parent_root=s.builder.rng.randbytes(32)),
    "payload_parent": lambda s: s.hashed(s.plain, parent_hash=s.builder.rng.randbytes(32)),
    "payload_number": lambda s: s.hashed(s.plain, number=s.builder.chain.height + 2),
    "slot_after_parent": lambda s: _other_slot(s, s.builder.chain.head.block.slot),
    "slot_not_in_future": lambda s: _other_slot(s, s.plain.slot + 50),
    "slot_not_in_future:two_ahead": lambda s: _other_slot(s, s.plain.slot + 2),
    "pegin_known": lambda s: replace(
        s.plain, pegins=(*s.plain.pegins, replace(s.plain.pegins[0], txid=s.builder.rng.randbytes(32)))
    ),
    "pegin_confirmed": lambda s: s.pegged((s.builder.pay_federation(s.builder.users[0], 50_000),)),
    "pegin_confirmed:one_short": _almost_confirmed,
    "pegin_readable": _unreadable,
    "pegin_unique": lambda s: s.pegged((*s.plain.pegins, s.plain.pegins[0])),
    "pegin_readable:former_address": _to_former_address,
    "pegin_unique:credited_before": lambda s: s.pegged((s.builder.blocks[0].block.pegins[0],)),
    "pegin_recipients": _too_many_recipients,
    "withdrawals": lambda s: s.sealed(
        s.plain, withdrawals=(*s.plain.payload.withdrawals, Withdrawal(address=THIEF, amount_gwei=10**9))
    ),
    "withdrawals:missing": lambda s: s.sealed(s.plain, withdrawals=s.plain.payload.withdrawals[1:]),
    "withdrawals:more": lambda s: s.sealed(
        s.plain,
        withdrawals=(
            replace(s.plain.payload.withdrawals[0], amount_gwei=10**12),
            *s.plain.payload.withdrawals[1:],
        ),
    ),
    "pegout_due": lambda s: replace(s.plain, pegout_proposal=None),
    "pegout_form": lambda s: s.proposing({}, replace(s.proposal, locktime=1)),
    "pegout_form:version": lambda s: s.proposing({}, replace(s.proposal, version=1)),
    "pegout_form:final": lambda s: s.proposing({}, _with_first_input(s, sequence=0xFFFF_FFFF)),
    "pegout_form:signed": lambda s: s.proposing({}, _with_first_input(s, witness=(b"\1",))),
    "pegout_inputs": _duplicate_input,
    "pegout_outputs": lambda s: replace(
        s.plain,
        pegout_proposal=replace(
            s.proposal,
            outputs=(replace(s.proposal.outputs[0], script=b"\x00\x14" + THIEF), *s.proposal.outputs[1:]),
        ),
    ),
    "pegout_amounts": lambda s: s.proposing({0: -10, 1: 10}),
    "pegout_amounts:overpaid": lambda s: s.proposing({0: 10_000_000, 1: 10_000_000, 2: -20_000_000}),
    "pegout_change": lambda s: s.proposing({2: -1_000}),
    "pegout_fee": lambda s: s.proposing({0: -1_000_000, 1: -1_000_000}),
    "payload_hash": lambda s: replace(
        s.plain, payload=replace(s.plain.payload, block_hash=s.builder.rng.randbytes(32))
    ),
    "payload_fee_recipient": lambda s: s.hashed(s.plain, fee_recipient=THIEF),
    "payload_timestamp": lambda s: s.hashed(
        s.plain, timestamp_s=s.builder.chain.head.block.payload.timestamp_s
    ),
    "payload_gas_limit": lambda s: s.hashed(s.plain, gas_limit=STAGE_GAS_LIMIT + 1),
    "payload_base_fee": lambda s: s.sealed(s.plain, base_fee_wei=s.plain.payload.base_fee_wei + 1),
    "transaction_unique": lambda s: s.sealed(
        s.plain,
        "transaction_unique",
        transactions=(*s.plain.payload.transactions, s.plain.payload.transactions[0]),
    ),
    "transaction_nonce": lambda s: _with_last(
        s, "transaction_nonce", nonce=s.plain.payload.transactions[-1].nonce + 1
    ),
    "transaction_fee": lambda s: _with_last(
        s, "transaction_fee", max_fee_wei=s.plain.payload.base_fee_wei - 1, tip_wei=0
    ),
    "transaction_gas": lambda s: _with_last(s, "transaction_gas", gas_limit=20_999),
    "transaction_balance": lambda s: _with_last(s, "transaction_balance", max_fee_wei=(1 << 64) - 1),
    "transaction_balance:worst_case": _just_short,
    "payload_gas_used": lambda s: s.hashed(s.plain, gas_used=s.plain.payload.gas_used + 1),
    "payload_gas_within_limit": _overfull,
    "state_root": lambda s: s.hashed(s.plain, state_root=s.builder.rng.randbytes(32)),
    **WORK,
}
"""How to break each rule, but those about signers and ``pow_gap``."""
