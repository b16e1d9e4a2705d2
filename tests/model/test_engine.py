"""The execution layer is told head, safe and finalised in the node's order."""

from __future__ import annotations

from alyslab.model.engine import build_calls, heads_of, import_calls
from alyslab.model.generate import Builder
from alyslab.model.hashing import ZERO_HASH
from tests.model.nodes import node_on


def test_an_import_is_three_calls(builder: Builder) -> None:
    """forkchoiceUpdated(parent), newPayload, forkchoiceUpdated(head)."""
    node = node_on(builder, builder.blocks[:4])
    calls = import_calls(node)
    assert [call.method for call in calls] == ["forkchoiceUpdated", "newPayload", "forkchoiceUpdated"]
    first, second, third = calls
    assert first.heads is not None
    assert third.heads is not None
    assert first.heads.head == node.records[-2].block.payload.block_hash
    assert second.payload == node.head.block.payload
    assert third.heads.head == node.head.block.payload.block_hash
    assert import_calls(builder.node()) == ()


def test_finality_reaches_the_execution_layer_with_the_block_that_brings_it(builder: Builder) -> None:
    """Before it the old finality, after it the new one; safe is finalised."""
    at = next(signed.block.height for signed in builder.blocks if signed.block.auxpow_header)
    node = node_on(builder, builder.blocks[:at])
    first, _, third = import_calls(node)
    assert first.heads is not None
    assert third.heads is not None
    assert first.heads.finalised == first.heads.safe == ZERO_HASH
    expected = node.records[node.finalised_height].block.payload.block_hash
    assert third.heads.finalised == third.heads.safe == expected != ZERO_HASH
    assert heads_of(node, 1).head == node.records[1].block.payload.block_hash


def test_a_producer_asks_for_a_payload_on_its_head(builder: Builder) -> None:
    """forkchoiceUpdated with attributes, then getPayload."""
    asked, got = build_calls(builder.chain)
    assert (asked.method, asked.attributes, got.method) == ("forkchoiceUpdated", True, "getPayload")
    assert asked.heads == heads_of(builder.chain)
