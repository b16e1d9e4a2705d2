"""Rules hold up to their limit and not one step further; each of these was found by breaking the rule."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from alyslab.model.auxpow import CHAIN_BRANCH_MAX, commitment_script, read_commitment
from alyslab.model.bitcoin import TxOutput
from alyslab.model.bridge import Wallet, op_return_payload
from alyslab.model.coins import select_coins
from alyslab.model.execution import next_base_fee
from alyslab.model.generate import Builder, generate
from alyslab.model.scheme import IdealScheme
from alyslab.model.shape import QUIET, Shape
from alyslab.model.spec import Era
from tests.model.nodes import follow


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
