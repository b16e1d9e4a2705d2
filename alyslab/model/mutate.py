"""For every rule of validation, a block that breaks exactly that rule.

Each mutation changes one thing of a valid block on a
:class:`~alyslab.model.stage.Stage` and then seals and signs the block again,
so that hashes, roots, work and signatures are right for what it says:
whatever rejects it rejects it for the rule, or has a bug.

A few rules can't be broken without others (block 0 is not above any head);
:data:`IMPLIED` names these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alyslab.model import mining
from alyslab.model.aura import author_index
from alyslab.model.auxpow import commitment_script, read_commitment
from alyslab.model.block import Block, SignedBlock, Withdrawal
from alyslab.model.bridge import payments_of
from alyslab.model.hashing import fold_branch
from alyslab.model.retarget import target_of
from alyslab.model.stage import STAGE_GAS_LIMIT, Stage
from alyslab.model.validation import withdrawals_due

THIEF = bytes.fromhex("66" * 20)

IMPLIED: Mapping[str, frozenset[str]] = {
    "not_genesis": frozenset({"height_above_head", "payload_number"}),
    "height_above_head": frozenset({"payload_number"}),
}
"""Rules that can't hold once the rule does not."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A block that breaks one rule."""

    rule: str
    """The rule that it breaks."""
    signed: SignedBlock
    """The block."""
    below: tuple[SignedBlock, ...]
    """The valid blocks that it stands on, from block 1."""
    now_ms: int
    """When it is judged, in milliseconds since the Unix epoch."""


def _with_last(stage: Stage, rule: str, **changes: Any) -> Block:
    *others, last = stage.plain.payload.transactions
    return stage.sealed(stage.plain, rule, transactions=(*others, replace(last, **changes)))


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


def _resized_tree(stage: Stage) -> Block:
    proof = stage.proof
    found = read_commitment(proof)
    assert found is not None
    script = commitment_script(found[0], len(proof.chain_branch) + 1, found[2])
    *kept, last = proof.coinbase.outputs
    coinbase = replace(proof.coinbase, outputs=(*kept, replace(last, script=script)))
    root = fold_branch(coinbase.txid, proof.coinbase_branch, 0)
    return stage.proved(replace(proof, coinbase=coinbase, parent=replace(proof.parent, merkle_root=root)))


def _stolen_fee(stage: Stage) -> Block:
    chain, block = stage.builder.chain, stage.mined
    header = replace(stage.header, fee_recipient=THIEF)
    payments = payments_of(block.pegins, chain.bitcoin, chain.federation, chain.deviations)
    credits = withdrawals_due(chain.spec, header, chain.fees_wei, payments)
    return replace(stage.sealed(block, withdrawals=credits), auxpow_header=header)


def _signature_removed(stage: Stage) -> Block:
    first, *others = stage.mined.finalised_pegouts
    spending = first.inputs[0]
    index = next(i for i, item in enumerate(spending.witness) if item)
    witness = tuple(b"" if i == index else item for i, item in enumerate(spending.witness))
    inputs = (replace(spending, witness=witness), *first.inputs[1:])
    return replace(stage.mined, finalised_pegouts=(replace(first, inputs=inputs), *others))


def _beyond_gap(stage: Stage) -> Mutant:
    """Extend the chain until only work can follow, make a block without, and take everything back."""
    builder, height, built = stage.builder, stage.builder.chain.height, len(stage.builder.blocks)
    while builder.chain.height - builder.chain.pow.finalised_height < builder.spec.max_blocks_without_pow:
        builder.step()
    block, _ = builder.draft(transactions=builder.random_transactions(1))
    mutant = Mutant("pow_gap", builder.sign(block), tuple(builder.blocks), block.slot * builder.spec.slot_ms)
    builder.chain.rollback(height)
    del builder.blocks[built:]
    return mutant


def _overfull(stage: Stage) -> Block:
    count = STAGE_GAS_LIMIT // 21_000 + 1
    return stage.sealed(stage.plain, transactions=tuple(stage.builder.random_transactions(count)))


def _other_slot(stage: Stage, slot: int) -> Block:
    timestamp = stage.builder.timestamp_s(slot)
    return replace(stage.sealed(stage.plain, timestamp_s=timestamp), slot=slot)


def _earlier_start(s: Stage) -> Block:
    records, first = s.builder.chain.records, s.builder.chain.pow.finalised_height
    return s.mined_again(replace(s.header, range_start=records[first].root))


def _pegouts_shifted(s: Stage) -> Block:
    first, *others = s.mined.finalised_pegouts
    return replace(s.mined, finalised_pegouts=(replace(first, locktime=7), *others))


BLOCKS: Mapping[str, Callable[[Stage], Block]] = {
    "not_genesis": lambda s: s.hashed(s.plain, number=0),
    "height_above_head": lambda s: s.hashed(s.plain, number=s.builder.chain.height),
    "parent_known": lambda s: replace(s.plain, parent_root=s.builder.rng.randbytes(32)),
    "payload_parent": lambda s: s.hashed(s.plain, parent_hash=s.builder.rng.randbytes(32)),
    "payload_number": lambda s: s.hashed(s.plain, number=s.builder.chain.height + 2),
    "slot_after_parent": lambda s: _other_slot(s, s.builder.chain.head.block.slot),
    "slot_not_in_future": lambda s: _other_slot(s, s.plain.slot + 50),
    "pegin_known": lambda s: replace(
        s.plain, pegins=(*s.plain.pegins, replace(s.plain.pegins[0], txid=s.builder.rng.randbytes(32)))
    ),
    "pegin_confirmed": lambda s: s.pegged((s.builder.pay_federation(s.builder.users[0], 50_000),)),
    "pegin_readable": _unreadable,
    "pegin_unique": lambda s: s.pegged((*s.plain.pegins, s.plain.pegins[0])),
    "pegin_recipients": _too_many_recipients,
    "withdrawals": lambda s: s.sealed(
        s.plain, withdrawals=(*s.plain.payload.withdrawals, Withdrawal(address=THIEF, amount_gwei=10**9))
    ),
    "pegout_due": lambda s: replace(s.plain, pegout_proposal=None),
    "pegout_form": lambda s: s.proposing({}, replace(s.proposal, locktime=1)),
    "pegout_inputs": _duplicate_input,
    "pegout_outputs": lambda s: replace(
        s.plain,
        pegout_proposal=replace(
            s.proposal,
            outputs=(replace(s.proposal.outputs[0], script=b"\x00\x14" + THIEF), *s.proposal.outputs[1:]),
        ),
    ),
    "pegout_amounts": lambda s: s.proposing({0: -10, 1: 10}),
    "pegout_change": lambda s: s.proposing({2: -1_000}),
    "pegout_fee": lambda s: s.proposing({0: -1_000_000, 1: -1_000_000}),
    "pow_present": lambda s: replace(s.mined, auxpow_header=replace(s.header, auxpow=None)),
    "pow_target": lambda s: replace(
        s.mined,
        auxpow_header=replace(s.header, auxpow=mining.work(s.proof, target_of(s.header.bits), miss=True)),
    ),
    "pow_parent_chain": lambda s: s.proved(
        replace(s.proof, parent=replace(s.proof.parent, version=s.builder.spec.chain_id << 16))
    ),
    "pow_chain_branch": lambda s: s.mined_again(s.header, depth=31),
    "pow_coinbase_branch": lambda s: replace(
        s.mined,
        auxpow_header=replace(
            s.header, auxpow=replace(s.proof, coinbase_branch=(s.builder.rng.randbytes(32),))
        ),
    ),
    "pow_range_start": _earlier_start,
    "pow_range_end": lambda s: replace(
        s.mined_again(replace(s.header, range_end=s.builder.rng.randbytes(32))), finalised_pegouts=()
    ),
    "pow_commitment": _stolen_fee,
    "pow_tree_size": _resized_tree,
    "pow_tree_index": lambda s: s.mined_again(s.header, side=s.proof.chain_side_mask ^ 1, nonce=_nonce(s)),
    "pow_chain_id": lambda s: s.mined_again(replace(s.header, chain_id=s.header.chain_id + 1)),
    "pow_bits": lambda s: s.mined_again(replace(s.header, bits=0x207F_FFFF), target=target_of(s.header.bits)),
    "pow_height": lambda s: s.mined_again(replace(s.header, height=s.header.height + 1)),
    "pegouts_count": lambda s: replace(s.mined, finalised_pegouts=()),
    "pegouts_txid": _pegouts_shifted,
    "pegouts_witness": _signature_removed,
    "pegouts_need_pow": lambda s: replace(s.plain, finalised_pegouts=s.mined.finalised_pegouts),
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
    "payload_gas_used": lambda s: s.hashed(s.plain, gas_used=s.plain.payload.gas_used + 1),
    "payload_gas_within_limit": _overfull,
    "state_root": lambda s: s.hashed(s.plain, state_root=s.builder.rng.randbytes(32)),
}
"""How to break each rule, but those about signers and ``pow_gap``."""


def _nonce(stage: Stage) -> int:
    found = read_commitment(stage.proof)
    assert found is not None
    return found[2]


def _signers(stage: Stage, rule: str) -> tuple[bool, ...]:
    """Return who signs to break a rule about signers."""
    members = len(stage.builder.spec.authorities)
    author = author_index(stage.builder.spec, stage.plain.slot)
    if rule == "author":
        return tuple(index != author for index in range(members))
    return tuple((index - author) % members < 3 for index in range(members))  # one less than ⌈2·5/3⌉


def mutate(rule: str, stage: Stage) -> Mutant:
    """Return a block that breaks exactly this rule; the stage's chain is as before.

    Bitcoin may have grown, since some mutations need a payment of their own.
    Raises KeyError for a name that is no rule.
    """
    if rule == "pow_gap":
        return _beyond_gap(stage)
    builder = stage.builder
    if rule in ("author", "quorum"):
        signed = builder.sign(stage.plain, _signers(stage, rule))
    elif rule == "signature":
        signed = builder.sign(stage.plain, root=builder.rng.randbytes(32))
    elif rule == "signers_bounded":
        signed = builder.sign(stage.plain)
        bits = (*signed.signature.signers, False)
        signed = replace(signed, signature=replace(signed.signature, signers=bits))
    else:
        signed = builder.sign(BLOCKS[rule](stage))
    return Mutant(rule, signed, tuple(builder.blocks), stage.now_ms)
