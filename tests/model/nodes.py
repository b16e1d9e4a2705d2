"""Nodes on a builder's chain, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alyslab.model.block import SignedBlock
from alyslab.model.chain import Chain
from alyslab.model.generate import Builder


def follow(node: Chain, blocks: Sequence[SignedBlock]) -> Chain:
    """Import blocks, each in its slot, signatures included; return the node."""
    for signed in blocks:
        node.import_block(signed, signed.block.slot * node.spec.slot_ms)
    return node


def node_on(builder: Builder, blocks: Sequence[SignedBlock] | None = None, **options: Any) -> Chain:
    """Return a fresh node that has imported these blocks, or all of the builder's."""
    return follow(builder.node(**options), builder.blocks if blocks is None else blocks)
