"""Finality follows merged mining: what a proof of work finalises, and when the chain halts without one.

Source: alys-system.md §1, "Halt/finality", "process_block order".
"""

# ruff: noqa: D401 - the docstring of a rule is the claim that it checks
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alyslab.model.federation import witness_fault

if TYPE_CHECKING:
    from alyslab.model.context import Context, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class PowPointer:
    """The latest block with proof of work, which the next range must follow."""

    height: int
    """Its height; 0 before the first."""
    bits: int
    """Compact target of its work; the spec's before the first."""
    finalised_height: int
    """Height of the end of its range; 0, the genesis, before the first."""


def pow_gap(ctx: Context) -> Finding:
    """A block without work is at most ``max_blocks_without_pow`` above the finalised height.

    The first block beyond needs work: until then the chain halts.
    """
    gap = ctx.block.height - ctx.pow.finalised_height
    limit = ctx.spec.max_blocks_without_pow + ("halt_gap_off_by_one" in ctx.deviations)
    if ctx.block.auxpow_header is not None or gap <= limit:
        return None
    return {"gap": gap, "limit": limit}


def pegouts_need_pow(ctx: Context) -> Finding:
    """Only a block with work carries finalised peg-outs."""
    stray = ctx.block.auxpow_header is None and ctx.block.finalised_pegouts
    return {"pegouts": len(ctx.block.finalised_pegouts)} if stray else None


def pegouts_count(ctx: Context) -> Finding:
    """A block with work carries one signed payment for each proposal in its range."""
    if ctx.block.auxpow_header is None:
        return None
    count, expected = len(ctx.block.finalised_pegouts), len(ctx.range_proposals)
    return None if count == expected else {"count": count, "proposals": expected}


def pegouts_txid(ctx: Context) -> Finding:
    """The signed payments are the proposals, in order; a witness does not change the id."""
    for signed, (proposal, _) in zip(ctx.block.finalised_pegouts, ctx.range_proposals, strict=False):
        if signed.txid != proposal.txid:
            return {"txid": signed.txid, "expected": proposal.txid}
    return None


def pegouts_witness(ctx: Context) -> Finding:
    """Exactly the threshold of the federation signed each payment."""
    if ctx.block.height <= ctx.spec.unchecked_pow_height:
        return None
    missing = int("witness_count_off_by_one" in ctx.deviations)
    for signed, (proposal, spent) in zip(ctx.block.finalised_pegouts, ctx.range_proposals, strict=False):
        if signed.txid != proposal.txid:
            continue
        fault = witness_fault(ctx.federation, signed, spent, ctx.scheme, missing)
        if fault is not None:
            return {"txid": signed.txid, "reason": fault}
    return None
