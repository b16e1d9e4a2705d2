"""What a chain tells of each import, as fields that a journal can keep; checkers read nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from alyslab.model.execution import Outcome

if TYPE_CHECKING:
    from alyslab.model.chain import Chain, Record

Trace = Callable[[str, Mapping[str, object]], None]
"""Told of every event, by kind and fields; amounts in wei as text."""


def tell_import(chain: Chain, record: Record, outcome: Outcome) -> None:
    """Tell the chain's trace that the record's block was imported, and what it finalised."""
    block, trace = record.block, chain.trace
    if trace is None:
        return
    header = block.auxpow_header
    trace(
        "block.imported",
        {
            "height": block.height,
            "root": record.root.hex(),
            "parent_root": block.parent_root.hex(),
            "slot": block.slot,
            "author": block.slot % len(chain.spec.authorities),
            "signatures": record.signed.signature.count,
            "transactions": len(block.payload.transactions),
            "size_bytes": len(block.encoded),
            "state_root": chain.state.root.hex(),
            "claimed_state_root": block.payload.state_root.hex(),
            "fees_wei": str(outcome.fees_wei),
            "base_fees_wei": str(outcome.base_fees_wei),
            "minted_wei": str(outcome.minted_wei),
            "fees_pending_wei": str(chain.fees_wei),
            "pow_bits": chain.pow.bits if header is not None else 0,
        },
    )
    if header is not None:
        trace(
            "chain.finalised",
            {
                "height": chain.pow.finalised_height,
                "root": chain.records[chain.pow.finalised_height].root.hex(),
                "pow_height": block.height,
                "genesis": chain.records[0].root.hex(),
            },
        )
