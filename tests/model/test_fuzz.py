"""No block, however made, raises anything but the typed errors of the model.

Encodings are fuzzed in ``test_encoding``; here the bytes are well formed and
the signature is not looked at, so that everything behind it is reached.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.model.block import SIGNED_BLOCK, SignedBlock, decode_signed_block
from alyslab.model.chain import Chain
from alyslab.model.deviations import V1_DEVIATIONS, waived_by
from alyslab.model.errors import ChainError, EncodingError, InvalidBlockError
from alyslab.model.generate import Builder
from alyslab.model.validation import rule_names
from tests.model.nodes import follow

NODES: dict[str, dict[str, Any]] = {
    "validator": {},
    "full node": {"validator": False},
    "as V1 ran it": {"deviations": V1_DEVIATIONS},
}
PREFIX = 24
"""Blocks below; the next carries work, peg-outs and withdrawals."""


def _leaves(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(document, dict):
        return [leaf for name in document for leaf in _leaves(document[name], (*path, name))]
    if isinstance(document, list):
        return [path, *(leaf for i, item in enumerate(document) for leaf in _leaves(item, (*path, i)))]
    return [path]


def _changed(data: st.DataObject, value: Any) -> Any:
    """Return another value of the kind, or of none."""
    if isinstance(value, bool) or value is None:
        return data.draw(st.none() | st.booleans())
    if isinstance(value, int):
        near = st.sampled_from([0, 1, value - 1, value + 1, (1 << 32) - 1, (1 << 63), (1 << 64) - 1])
        return data.draw(near | st.integers(0, (1 << 64) - 1))
    if isinstance(value, str):
        size = (len(value) - 2) // 2
        return "0x" + data.draw(st.binary(min_size=size, max_size=size) | st.binary(max_size=100)).hex()
    doubled = [*value, *value[:1]]
    return data.draw(st.sampled_from([[], value[1:], value[::-1], doubled]))


def _mutant(document: Any, data: st.DataObject) -> SignedBlock:
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_leaves(document)))
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = _changed(data, place[path[-1]])
    signed: SignedBlock = SIGNED_BLOCK.from_json(document, "block")
    return signed


def _refused(node: Chain, signed: SignedBlock, now_ms: int, unsigned: bool) -> str | None:
    try:
        (node.import_unsigned if unsigned else node.import_block)(signed, now_ms)
    except InvalidBlockError as error:
        return error.rule
    return None


@pytest.mark.parametrize("kind", NODES)
@given(data=st.data())
def test_a_mutated_block_raises_only_typed_errors(builder: Builder, kind: str, data: st.DataObject) -> None:
    """Remote abort (§7): the real node can be brought down by what it is sent."""
    place = data.draw(st.sampled_from([6, 9, PREFIX]))
    node = _nodes(builder, kind, place)
    original = builder.blocks[place]
    try:
        signed = _mutant(SIGNED_BLOCK.to_json(original), data)
    except EncodingError as error:
        assert error.field  # noqa: PT017 - allowed, not demanded
        return
    before = (node.head_root, node.state.root)
    unsigned = data.draw(st.booleans())
    rule = _refused(node, signed, original.block.slot * node.spec.slot_ms, unsigned)
    if rule is None:
        assert decoded_again(signed) == signed
        node.rollback(place)
    else:
        assert rule in rule_names()
    assert (node.head_root, node.state.root) == before


def decoded_again(signed: SignedBlock) -> SignedBlock:
    """Return the block through its canonical bytes."""
    return decode_signed_block(signed.encode())


_CACHE: dict[tuple[int, str, int], Chain] = {}


def _nodes(builder: Builder, kind: str, height: int) -> Chain:
    """Return a node at this height; one serves all examples, since each leaves it as it was."""
    key = (id(builder), kind, height)
    if key not in _CACHE:
        node = builder.node(deviations=frozenset())
        follow(node, builder.blocks[:height])
        options = NODES[kind]
        node.deviations = options.get("deviations", node.deviations)
        node.waived = waived_by(node.deviations)
        node.validator = options.get("validator", True)
        _CACHE[key] = node
    return _CACHE[key]


@given(heights=st.lists(st.integers(-5, 60), max_size=6))
def test_rollbacks_raise_only_chain_errors(builder: Builder, heights: list[int]) -> None:
    """Wherever a sync goes back to, the node stays whole."""
    node = builder.node()
    follow(node, builder.blocks[:12])
    for height in heights:
        try:
            node.rollback(height)
        except ChainError as error:
            assert error.rule.startswith("rollback_")  # noqa: PT017 - allowed, not demanded
        assert node.height_of(node.head_root) == node.height
        assert node.head.block.payload.state_root == node.state.root
