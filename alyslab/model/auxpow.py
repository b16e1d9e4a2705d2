"""AuxPoW: a parent chain's miner finalises a range of blocks by committing to it in a coinbase.

The commitment stands in output 2 or 3 of the parent's coinbase as exactly 44
bytes: a magic number, the root of the merged-mining tree (reversed), the
tree's size and a nonce.  The chain id decides this chain's place in the tree.
Whether the parent header is part of Bitcoin's chain is not asked: merged
mining may be easier than Bitcoin.

Source: alys-system.md §1, "AuxPoW" (app/src/auxpow.rs, auxpow_miner.rs,
check_pow in chain.rs); Bitcoin wiki, "Merged mining specification".
"""

# ruff: noqa: D401, D404 - the docstring of a rule is the claim that it checks
from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alyslab.model.block import AuxPow, AuxPowHeader
from alyslab.model.hashing import bitcoin_merkle_root, fold_branch, sha256d
from alyslab.model.retarget import target_of

if TYPE_CHECKING:
    from alyslab.model.context import Context, Finding

MAGIC = bytes.fromhex("fabe6d6d")
COMMITMENT_BYTES = 44
CHAIN_BRANCH_MAX = 30
COMMITMENT_OUTPUTS = (2, 3)
"""Outputs of the coinbase in which the commitment is looked for."""


def range_commitment(roots: Sequence[bytes], fee_recipient: bytes | None) -> bytes:
    """Return SHA256d over the roots of the range, then the fee recipient.

    V1 leaves the recipient out (None), so that whoever sees the work can claim
    the miner's share: the deviation ``fee_recipient_uncommitted``.
    """
    return sha256d(b"".join(roots) + (fee_recipient or b""))


def tree_index(nonce: int, chain_id: int, depth: int) -> int:
    """Return a chain's place in a merged-mining tree of 2**depth leaves, by two linear congruential steps."""
    value = (nonce * 1_103_515_245 + 12_345) & 0xFFFF_FFFF
    value = ((value + chain_id) * 1_103_515_245 + 12_345) & 0xFFFF_FFFF
    return value % (1 << depth)


def commitment_script(tree_root: bytes, depth: int, nonce: int) -> bytes:
    """Return the 44 bytes that a miner puts into the coinbase."""
    return MAGIC + tree_root[::-1] + struct.pack("<II", 1 << depth, nonce)


def read_commitment(auxpow: AuxPow) -> tuple[bytes, int, int] | None:
    """Return tree root, tree size and nonce of the first commitment in output 2 or 3; None without one."""
    for index in COMMITMENT_OUTPUTS:
        script = auxpow.coinbase.outputs[index].script if index < len(auxpow.coinbase.outputs) else b""
        if len(script) == COMMITMENT_BYTES and script.startswith(MAGIC):
            size, nonce = struct.unpack("<II", script[36:])
            return script[4:36][::-1], size, nonce
    return None


def parent_chain_id(auxpow: AuxPow) -> int:
    """Return the chain id in the parent's version; only 16 bits, so larger ids never clash."""
    return auxpow.parent.version >> 16


def _held(ctx: Context) -> tuple[AuxPowHeader, AuxPow] | None:
    header = ctx.block.auxpow_header
    return None if header is None or header.auxpow is None else (header, header.auxpow)


def pow_present(ctx: Context) -> Finding:
    """An AuxPoW header carries its proof; a bare template is no block."""
    return None if _held(ctx) is not None else {"auxpow": None}


def pow_target(ctx: Context) -> Finding:
    """The parent header's hash is at most the target that this node computes itself; tried first."""
    held = _held(ctx)
    if held is None or ctx.block.height <= ctx.spec.unchecked_pow_height:
        return None
    value, target = int.from_bytes(held[1].parent.hash, "little"), target_of(ctx.expected_bits)
    return None if value <= target else {"hash": hex(value), "target": hex(target)}


def pow_parent_chain(ctx: Context) -> Finding:
    """The parent is not a block of this chain itself."""
    held = _held(ctx)
    clash = held is not None and parent_chain_id(held[1]) == ctx.spec.chain_id
    return {"parent_chain_id": ctx.spec.chain_id} if clash else None


def pow_chain_branch(ctx: Context) -> Finding:
    """The branch in the merged-mining tree has at most 30 siblings."""
    held = _held(ctx)
    if held is None or len(held[1].chain_branch) <= CHAIN_BRANCH_MAX:
        return None
    return {"siblings": len(held[1].chain_branch), "limit": CHAIN_BRANCH_MAX}


def pow_coinbase_branch(ctx: Context) -> Finding:
    """The coinbase is the leftmost transaction under the parent's Merkle root."""
    held = _held(ctx)
    if held is None:
        return None
    root = fold_branch(held[1].coinbase.txid, held[1].coinbase_branch, 0)
    parent = held[1].parent
    return None if root == parent.merkle_root else {"computed": root, "merkle_root": parent.merkle_root}


def pow_commitment(ctx: Context) -> Finding:
    """The coinbase commits to the root of a tree in which this range stands."""
    held = _held(ctx)
    if held is None:
        return None
    header, auxpow = held
    roots = ctx.range_roots
    if "auxpow_range_off_by_one" in ctx.deviations:
        roots = roots[:-1]
    recipient = None if "fee_recipient_uncommitted" in ctx.deviations else header.fee_recipient
    mask = 0 if "merkle_branch_side_ignored" in ctx.deviations else auxpow.chain_side_mask
    computed = fold_branch(range_commitment(roots, recipient), auxpow.chain_branch, mask)
    found = read_commitment(auxpow)
    if found is None:
        return {"commitment": None}
    return None if found[0] == computed else {"committed": found[0], "computed": computed}


def pow_tree_size(ctx: Context) -> Finding:
    """The committed size of the tree is 2 to the length of the branch."""
    held = _held(ctx)
    found = None if held is None else read_commitment(held[1])
    if held is None or found is None or found[1] == 1 << len(held[1].chain_branch):
        return None
    return {"size": found[1], "siblings": len(held[1].chain_branch)}


def pow_tree_index(ctx: Context) -> Finding:
    """This chain stands at the place that nonce and chain id give it, so it stands there only once."""
    held = _held(ctx)
    found = None if held is None else read_commitment(held[1])
    if held is None or found is None:
        return None
    expected = tree_index(found[2], held[0].chain_id, len(held[1].chain_branch))
    side = held[1].chain_side_mask
    return None if side == expected else {"side_mask": side, "expected": expected}


def pow_range_start(ctx: Context) -> Finding:
    """The range begins right after the last finalised block."""
    header = ctx.block.auxpow_header
    if header is None:
        return None
    start = ctx.canonical_height(header.range_start)
    if start is not None and start <= ctx.spec.unchecked_range_height:
        return None
    return (
        None
        if start == ctx.pow.finalised_height + 1
        else {"start": start, "finalised": ctx.pow.finalised_height}
    )


def pow_range_end(ctx: Context) -> Finding:
    """The range ends at a block of this chain that is not before its start."""
    header = ctx.block.auxpow_header
    if header is None:
        return None
    start, end = ctx.canonical_height(header.range_start), ctx.canonical_height(header.range_end)
    return None if end is not None and (start is None or start <= end) else {"start": start, "end": end}


def pow_chain_id(ctx: Context) -> Finding:
    """The header names this chain."""
    header = ctx.block.auxpow_header
    held = header is None or header.chain_id == ctx.spec.chain_id
    return None if held else {"chain_id": header.chain_id if header else None, "expected": ctx.spec.chain_id}


def pow_bits(ctx: Context) -> Finding:
    """The header names the target that was due; V1 never compares it."""
    header = ctx.block.auxpow_header
    held = header is None or header.bits == ctx.expected_bits
    return None if held else {"bits": header.bits if header else None, "expected": ctx.expected_bits}


def pow_height(ctx: Context) -> Finding:
    """The header's height is that of the last block with work, plus 1; V1 never compares it."""
    header = ctx.block.auxpow_header
    expected = ctx.pow.height + 1
    held = header is None or header.height == expected
    return None if held else {"claimed": header.height if header else None, "expected": expected}


def coinbase_root(coinbase_txid: bytes, others: Sequence[bytes]) -> bytes:
    """Return the parent's Merkle root with the coinbase leftmost; for miners."""
    return bitcoin_merkle_root([coinbase_txid, *others])
