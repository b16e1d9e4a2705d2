"""Merged mining as the laboratory does it: templates, parent blocks, nonces, and the federation's answer.

Source: alys-system.md §1, "AuxPoW", "RPC" (createauxblock, submitauxblock).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from alyslab.model.auxpow import commitment_script, range_commitment, tree_index
from alyslab.model.bitcoin import BitcoinHeader, BitcoinTransaction, TxInput, TxOutput
from alyslab.model.block import AuxPow, AuxPowHeader
from alyslab.model.chain import Chain
from alyslab.model.federation import sign_spend
from alyslab.model.hashing import bitcoin_merkle_branch, fold_branch, sha256d
from alyslab.model.retarget import next_bits, target_of

COINBASE_SAT = 312_500_000
PARENT_VERSION = 0x2000_0000
_NONCES_MAX = 1 << 32


def template(chain: Chain, fee_recipient: bytes) -> AuxPowHeader:
    """Return what a miner is asked to work on: everything since the last finalised block."""
    start = min(chain.pow.finalised_height + 1, chain.height)
    return AuxPowHeader(
        range_start=chain.records[start].root,
        range_end=chain.head_root,
        bits=next_bits(chain.spec, chain.pow.bits, chain.height, chain.pow.height, chain.deviations),
        chain_id=chain.spec.chain_id,
        height=chain.pow.height + 1,
        fee_recipient=fee_recipient,
        auxpow=None,
    )


def commitment_of(chain: Chain, header: AuxPowHeader) -> bytes:
    """Return the commitment to the header's range, as far as the chain knows it."""
    start, end = chain.height_of(header.range_start), chain.height_of(header.range_end)
    roots = [] if start is None or end is None else [r.root for r in chain.records[start : end + 1]]
    recipient = None if "fee_recipient_uncommitted" in chain.deviations else header.fee_recipient
    return range_commitment(roots, recipient)


def mine(
    chain: Chain,
    header: AuxPowHeader,
    rng: Random,
    *,
    depth: int = 1,
    side: int | None = None,
    nonce: int | None = None,
    target: int | None = None,
) -> AuxPowHeader:
    """Return the header with a proof of work for it.

    ``depth`` is that of the merged-mining tree (0 for a tree of one chain),
    ``side`` and ``nonce`` another place in it than the chain's own, ``target`` another
    target than the header's.  Consumes randomness for the parent block's other contents.
    """
    if nonce is None:
        nonce = rng.getrandbits(32)
    if side is None:
        side = tree_index(nonce, header.chain_id, depth)
    branch = tuple(rng.randbytes(32) for _ in range(depth))
    tree_root = fold_branch(commitment_of(chain, header), branch, side)
    outputs = (
        TxOutput(value_sat=COINBASE_SAT, script=b"\x51"),
        TxOutput(value_sat=0, script=b"\x6a\x24\xaa\x21\xa9\xed" + rng.randbytes(32)),
        TxOutput(value_sat=0, script=commitment_script(tree_root, depth, nonce)),
    )
    coinbase = BitcoinTransaction(
        version=1,
        inputs=(TxInput(txid=bytes(32), vout=0xFFFF_FFFF, script_sig=rng.randbytes(4)),),
        outputs=outputs,
    )
    coinbase_branch = bitcoin_merkle_branch([coinbase.txid, *(rng.randbytes(32) for _ in range(2))], 0)
    proof = AuxPow(
        coinbase=coinbase,
        coinbase_branch=coinbase_branch,
        chain_branch=branch,
        chain_side_mask=side,
        parent=BitcoinHeader(
            version=PARENT_VERSION,
            previous=rng.randbytes(32),
            merkle_root=fold_branch(coinbase.txid, coinbase_branch, 0),
            time_s=chain.head.block.payload.timestamp_s & 0xFFFF_FFFF,
            bits=header.bits,
            nonce=0,
        ),
    )
    return replace(header, auxpow=work(proof, target_of(header.bits) if target is None else target))


def work(proof: AuxPow, target: int, *, miss: bool = False) -> AuxPow:
    """Return the proof with the first nonce whose hash meets the target, or with ``miss`` does not."""
    prefix = proof.parent.serialised[:-4]
    for nonce in range(_NONCES_MAX):
        value = int.from_bytes(sha256d(prefix + nonce.to_bytes(4, "little")), "little")
        if (value <= target) != miss:
            return replace(proof, parent=replace(proof.parent, nonce=nonce))
    raise AssertionError("no nonce meets the target")


def signed_pegouts(
    chain: Chain, header: AuxPowHeader, secrets: Sequence[int], rng: Random
) -> tuple[BitcoinTransaction, ...]:
    """Return the payments of the header's range, signed by a random threshold of the federation."""
    start, end = chain.height_of(header.range_start), chain.height_of(header.range_end)
    if start is None or end is None:
        return ()
    signed = []
    for record in chain.records[start : end + 1]:
        proposal = record.block.pegout_proposal
        if proposal is None:
            continue
        chosen = set(rng.sample(range(len(secrets)), chain.federation.threshold))
        picked = [secret if i in chosen else None for i, secret in enumerate(secrets)]
        signed.append(sign_spend(chain.federation, proposal, record.spent, picked, chain.scheme))
    return tuple(signed)
