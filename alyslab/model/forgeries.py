"""How to break each rule of merged mining, and of the payments that a proof of work finalises.

Part of :data:`alyslab.model.mutations.BLOCKS`, where the rest stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from alyslab.model import mining
from alyslab.model.auxpow import commitment_script, read_commitment
from alyslab.model.bitcoin import BitcoinTransaction
from alyslab.model.block import Block
from alyslab.model.bridge import payments_of
from alyslab.model.context import withdrawals_due
from alyslab.model.hashing import fold_branch
from alyslab.model.retarget import target_of
from alyslab.model.stage import Stage

THIEF = bytes.fromhex("66" * 20)
"""Whom stolen money goes to."""


def _finalised_root(stage: Stage) -> bytes:
    chain = stage.builder.chain
    return chain.records[chain.pow.finalised_height].root


def _recommitted(stage: Stage, index: int, more: bytes = b"") -> Block:
    """Return the mined block whose commitment stands in another output, or with more bytes behind it."""
    *kept, last = stage.proof.coinbase.outputs
    kept.insert(index, replace(last, script=last.script + more))
    return _with_coinbase(stage, replace(stage.proof.coinbase, outputs=tuple(kept)))


def _resized_tree(stage: Stage) -> Block:
    proof = stage.proof
    found = read_commitment(proof)
    assert found is not None
    script = commitment_script(found[0], len(proof.chain_branch) + 1, found[2])
    *kept, last = proof.coinbase.outputs
    return _with_coinbase(stage, replace(proof.coinbase, outputs=(*kept, replace(last, script=script))))


def _with_coinbase(stage: Stage, coinbase: BitcoinTransaction) -> Block:
    proof = stage.proof
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


def _earlier_start(s: Stage) -> Block:
    records, first = s.builder.chain.records, s.builder.chain.pow.finalised_height
    return s.mined_again(replace(s.header, range_start=records[first].root))


def _pegouts_shifted(s: Stage) -> Block:
    first, *others = s.mined.finalised_pegouts
    return replace(s.mined, finalised_pegouts=(replace(first, locktime=7), *others))


def _nonce(stage: Stage) -> int:
    found = read_commitment(stage.proof)
    assert found is not None
    return found[2]


WORK: Mapping[str, Callable[[Stage], Block]] = {
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
    "pow_range_end:before_start": lambda s: replace(
        s.mined_again(replace(s.header, range_end=_finalised_root(s))), finalised_pegouts=()
    ),
    "pow_commitment": _stolen_fee,
    "pow_commitment:trailing_byte": lambda s: _recommitted(s, 2, b"\0"),
    "pow_commitment:early_output": lambda s: _recommitted(s, 1),
    "pow_tree_size": _resized_tree,
    "pow_tree_index": lambda s: s.mined_again(s.header, side=s.proof.chain_side_mask ^ 1, nonce=_nonce(s)),
    "pow_chain_id": lambda s: s.mined_again(replace(s.header, chain_id=s.header.chain_id + 1)),
    "pow_bits": lambda s: s.mined_again(replace(s.header, bits=0x207F_FFFF), target=target_of(s.header.bits)),
    "pow_height": lambda s: s.mined_again(replace(s.header, height=s.header.height + 1)),
    "pegouts_count": lambda s: replace(s.mined, finalised_pegouts=()),
    "pegouts_txid": _pegouts_shifted,
    "pegouts_witness": _signature_removed,
    "pegouts_need_pow": lambda s: replace(s.plain, finalised_pegouts=s.mined.finalised_pegouts),
}
"""By rule, or ``rule:case``."""
