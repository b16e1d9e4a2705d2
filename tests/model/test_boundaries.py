"""Rules hold up to their limit and not one step further; each of these was found by breaking the rule."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from alyslab.model.auxpow import CHAIN_BRANCH_MAX, commitment_script, read_commitment
from alyslab.model.bitcoin import TxOutput
from alyslab.model.bridge import Wallet, op_return_payload
from alyslab.model.coins import select_coins
from alyslab.model.departures import UNBOUNDED
from alyslab.model.errors import EncodingError
from alyslab.model.execution import next_base_fee
from alyslab.model.generate import Builder, generate
from alyslab.model.production import build
from alyslab.model.scheme import IdealScheme
from alyslab.model.shape import QUIET, Shape
from alyslab.model.spec import Era
from tests.model.nodes import follow, node_on


def test_a_branch_of_thirty_siblings_is_taken() -> None:
    """§1: at most 30; a mutation shows that 31 are too many."""
    shape = replace(QUIET, merged_chain_depth=CHAIN_BRANCH_MAX, pow_heights=(2,))
    builder = generate(Random(1), IdealScheme(), 2, shape)
    node = builder.node()
    follow(node, builder.blocks)
    assert node.finalised_height == 1


@pytest.mark.parametrize(("place", "read"), [(1, False), (2, True), (3, True), (4, False)])
def test_the_commitment_stands_in_output_two_or_three(place: int, read: bool) -> None:
    """A segwit miner's coinbase has it in either."""
    builder = generate(Random(1), IdealScheme(), 2, replace(QUIET, pow_heights=(2,)))
    header = builder.blocks[-1].block.auxpow_header
    assert header is not None
    assert header.auxpow is not None
    outputs = [TxOutput(value_sat=0, script=b"\x51")] * 5
    outputs[place] = TxOutput(value_sat=0, script=commitment_script(bytes(range(32)), 2, 9))
    proof = replace(header.auxpow, coinbase=replace(header.auxpow.coinbase, outputs=tuple(outputs)))
    assert read_commitment(proof) == ((bytes(range(32)), 4, 9) if read else None)


def test_a_base_fee_of_one_still_rises() -> None:
    """EIP-1559: a block above its target raises the fee by at least 1 wei, or it would stay low for ever."""
    builder = Builder(Random(1), QUIET, IdealScheme())
    parent = replace(builder.chain.head.block.payload, base_fee_wei=1)
    target = parent.gas_limit // 2
    assert next_base_fee(replace(parent, gas_used=target + 1)) == 2
    assert next_base_fee(replace(parent, gas_used=target)) == 1


def test_one_more_coin_keeps_the_change_above_dust() -> None:
    """Change of less than dust would be given to Bitcoin's miners."""
    values = (1_000, 300, 200)
    wallet = Wallet({(bytes([i]) * 32, 0): TxOutput(value_sat=v, script=b"") for i, v in enumerate(values)})
    assert [txid[0] for txid, _ in select_coins(wallet, 900, 546)] == [0, 1, 2]
    assert [txid[0] for txid, _ in select_coins(wallet, 900, 100)] == [0]


def test_a_note_has_one_push_and_nothing_behind_it() -> None:
    """What follows the push is no part of an address."""
    assert op_return_payload(b"\x6a\x02ab") == b"ab"
    assert op_return_payload(b"\x6a\x02abc") is None
    assert op_return_payload(b"\x6a\x02a") is None


def test_an_era_ends_with_its_last_block() -> None:
    """One block later the present federation signs."""
    builder = Builder(Random(1), Shape(), IdealScheme())
    past = tuple(reversed(builder.spec.authorities))
    spec = replace(builder.spec, earlier=(Era(until_height=5, authorities=past),))
    assert [spec.authorities_at(height) == past for height in (4, 5, 6)] == [True, True, False]


def test_what_the_facts_leave_without_a_bound_is_said_and_shown() -> None:
    """A node that accepts the last second there is can't be followed by anybody, and the facts allow it."""
    assert set(UNBOUNDED) == {"payload.timestamp_s"}
    builder = generate(Random(1), IdealScheme(), 3, Shape(pow_interval=0))
    slot = builder.next_slot()
    block, outcome = build(builder.chain, slot=slot, timestamp_s=(1 << 64) - 1)
    signed = builder.append(block, outcome)

    node = node_on(builder, builder.blocks[:-1])
    node.import_block(signed, slot * node.spec.slot_ms)  # the clock stands in this very slot

    assert node.head.block.payload.timestamp_s == (1 << 64) - 1
    with pytest.raises(EncodingError):
        builder.draft()
