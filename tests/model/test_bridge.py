"""Peg-ins are read, peg-outs are built, and both are right to the satoshi."""

# ruff: noqa: PT017 - these tests allow an error of one kind, they do not demand it
from __future__ import annotations

from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.model.address import script_of, segwit_address
from alyslab.model.bitcoin import BitcoinTransaction, TxInput, TxOutput
from alyslab.model.bridge import Wallet, decode_recipient, op_return_payload, read_payment
from alyslab.model.contradictions import variant
from alyslab.model.errors import BridgeError
from alyslab.model.execution import BRIDGE, IMPOSTOR
from alyslab.model.federation import federation_of, sign_spend, threshold_of, witness_fault
from alyslab.model.fees import divide_fees
from alyslab.model.generate import Builder, peg_in_transaction
from alyslab.model.pegout import (
    Request,
    burns,
    pegout_change,
    pegout_fee,
    propose,
    request_of,
    requests_of,
    select_coins,
    virtual_size,
)
from alyslab.model.presets import V1, V2
from alyslab.model.scheme import IdealScheme, RealScheme
from alyslab.model.shape import QUIET, Shape
from alyslab.model.transaction import BurnEvent, Receipt

WEI = 10**10
DESTINATION = segwit_address(bytes(20), 0).encode()


@given(address=st.binary(min_size=20, max_size=20))
def test_every_raw_address_is_read(address: bytes) -> None:
    """V1 loses those that happen to be text."""
    assert decode_recipient(address) == address
    assert (
        decode_recipient(address.hex().encode())
        == decode_recipient(b"0x" + address.hex().encode())
        == address
    )


def test_v1_refuses_a_raw_address_that_is_text() -> None:
    """The deviation, as its name says."""
    with pytest.raises(BridgeError, match="pegin_address_unreadable"):
        decode_recipient(b"twenty ascii letters", readable_rejected=True)
    assert decode_recipient(b"\xff" * 20, readable_rejected=True) == b"\xff" * 20


@pytest.mark.parametrize(
    "payload", [b" " + b"ab" * 20 + b" ", b"0x" + b"ab" * 19 + b"  ", b"ab" * 21, b"0X" + b"ab" * 20]
)
def test_forty_digits_are_forty_digits(payload: bytes) -> None:
    """Two nodes that differ over a blank between digits credit different accounts."""
    with pytest.raises(BridgeError, match="pegin_address_unreadable"):
        decode_recipient(payload)


@given(payload=st.binary(max_size=60))
def test_no_payload_raises_anything_else(payload: bytes) -> None:
    """OP_RETURN is free text from the Bitcoin network."""
    try:
        assert len(decode_recipient(payload)) == 20
    except BridgeError as error:
        assert error.rule == "pegin_address_unreadable"
    op_return_payload(payload)


def test_the_first_output_and_the_first_readable_note_count() -> None:
    """Two outputs to the federation are one peg-in; a note that says nothing is passed over."""
    federation = federation_of(V1)
    payment = peg_in_transaction(federation.script, b"\x11" * 20, 5_000, (bytes(32), 0))
    noisy = replace(
        payment,
        outputs=(
            TxOutput(value_sat=0, script=b"\x6a\x02hi"),
            payment.outputs[0],
            TxOutput(value_sat=9_999, script=federation.script),
            payment.outputs[1],
        ),
    )
    read = read_payment(noisy, noisy.txid, federation)
    assert (read.recipient, read.amount_sat, read.outpoint[1]) == (b"\x11" * 20, 5_000, 1)
    assert read.wei == 5_000 * WEI
    with pytest.raises(BridgeError, match="pegin_pays_nothing"):
        read_payment(replace(payment, outputs=payment.outputs[1:]), bytes(32), federation)


@pytest.mark.parametrize(
    ("wei", "sat"),
    [
        (1_000_000 * WEI - 1, None),
        (1_000_000 * WEI, 1_000_000),
        (1_000_001 * WEI - 1, 1_000_000),
    ],
)
def test_burns_are_floored_and_small_ones_ignored(wei: int, sat: int | None) -> None:
    """Incident 1's fix compared satoshi with wei and ignored every real burn."""
    request = request_of(BurnEvent(BRIDGE, bytes(20), DESTINATION, wei), V1)
    assert (None if request is None else request.amount_sat) == sat


def test_the_contract_burns_what_is_paid_out_and_nothing_smaller() -> None:
    """One satoshi less goes back to the sender; V1's contract burns it, and nobody pays (no refund)."""
    for sat, burned in ((1_000_000, True), (999_999, False)):
        builder = Builder(Random(6), QUIET, IdealScheme())
        builder.extend(1)
        _, outcome = builder.draft(transactions=[builder.burn(sat)])
        assert bool(outcome.receipts[0].events) is burned
        v1 = Builder(Random(6), QUIET, IdealScheme(), deviations=frozenset({"contract_minimum_zero"}))
        v1.extend(1)
        _, outcome = v1.draft(transactions=[v1.burn(sat)])
        assert outcome.receipts[0].events
        assert bool(requests_of(outcome.receipts, v1.spec)) is burned


def test_v2_caps_burns() -> None:
    """10 BTC, says its drift table."""
    event = BurnEvent(BRIDGE, bytes(20), DESTINATION, 1_000_000_001 * WEI)
    assert request_of(event, V2) is None
    assert request_of(event._replace(value_wei=1_000_000_000 * WEI), V2) is not None
    assert request_of(event, V1) is not None


def test_only_the_bridges_own_events_count() -> None:
    """V1 pays forged burns and loses real ones that came through another contract."""
    real = BurnEvent(BRIDGE, bytes(20), DESTINATION, 2_000_000 * WEI)
    forged = BurnEvent(IMPOSTOR, bytes(20), DESTINATION, 3_000_000 * WEI)
    receipts = [
        Receipt(bytes(32), None, 21_000, (forged,)),
        Receipt(bytes(32), b"\xc0" * 20, 21_000, (real,)),
    ]
    assert burns(receipts) == [real]
    assert burns(receipts, frozenset({"foreign_burn_accepted"})) == [forged]
    assert [r.amount_sat for r in requests_of(receipts, V1)] == [2_000_000]


@given(destination=st.binary(max_size=100))
def test_no_destination_raises_anything_else(destination: bytes) -> None:
    """Anybody may ask the contract to pay to any bytes."""
    try:
        assert script_of(destination)
    except BridgeError as error:
        assert error.rule.startswith("address_")


def test_known_addresses_give_known_scripts() -> None:
    """Closed vectors of BIP173, BIP350 and Base58Check (the genesis coinbase)."""
    assert script_of(b"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4").hex() == (
        "0014751e76e8199196d454941c45d1b3a323f1433bd6"
    )
    assert script_of(b"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0").hex() == (
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    )
    assert script_of(b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa").hex() == (
        "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"
    )
    for bad in (b"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", b""):
        with pytest.raises(BridgeError):
            script_of(bad)


def _wallet(*values: int) -> Wallet:
    script = federation_of(V1).script
    return Wallet({(bytes([i]) * 32, 0): TxOutput(value_sat=v, script=script) for i, v in enumerate(values)})


@given(
    values=st.lists(st.integers(1_000, 10**9), min_size=1, max_size=12),
    amounts=st.lists(st.integers(1_000_000, 10**8), min_size=1, max_size=4),
)
def test_a_proposal_conserves_every_satoshi(values: list[int], amounts: list[int]) -> None:
    """Inputs are outputs plus fee; each output bears an even share; change is not dust."""
    wallet, federation = _wallet(*values), federation_of(V1)
    requests = [Request(b"\x00\x14" + bytes([i]) * 20, amount) for i, amount in enumerate(amounts)]
    if sum(values) < sum(amounts):
        with pytest.raises(BridgeError, match="wallet_too_small"):
            propose(wallet, requests, federation, V1, 2)
        return
    proposal = propose(wallet, requests, federation, V1, 2)
    spent = sum(wallet.unspent[(i.txid, i.vout)].value_sat for i in proposal.inputs)
    paid = sum(output.value_sat for output in proposal.outputs)
    withheld = {r.amount_sat - out.value_sat for r, out in zip(requests, proposal.outputs, strict=False)}
    assert len(withheld) == 1
    size = virtual_size(federation, len(proposal.inputs), [output.script for output in proposal.outputs])
    assert 2 * size <= spent - paid < 2 * size + len(requests) + V1.dust_sat
    assert all(output.value_sat >= V1.dust_sat for output in proposal.outputs)


def test_exact_coins_are_found() -> None:
    """Branch and bound saves the change output when it can."""
    wallet = _wallet(700, 500, 300, 200)
    chosen = select_coins(wallet, 1_000, 546)
    assert sum(wallet.unspent[coin].value_sat for coin in chosen) == 1_000


def test_a_fee_share_above_the_output_is_refused() -> None:
    """Incident 1: it underflowed."""
    with pytest.raises(BridgeError, match="fee_exceeds_output"):
        propose(_wallet(10**9), [Request(b"\x00\x14" + bytes(20), 1_000_000)], federation_of(V1), V1, 10_000)


def _judged(spent_sat: int, burned_sat: int, *paid_sat: int) -> Any:
    """Return what the rules about a proposal look at: one coin, one request, and these outputs."""
    federation = federation_of(V1)
    scripts = (b"\x00\x14" + bytes(20), federation.script)
    outputs = tuple(TxOutput(value_sat=v, script=s) for v, s in zip(paid_sat, scripts, strict=False))
    proposal = BitcoinTransaction(inputs=(TxInput(txid=bytes(32), vout=0),), outputs=outputs)
    return SimpleNamespace(
        spec=V1,
        federation=federation,
        wallet=Wallet({(bytes(32), 0): TxOutput(value_sat=spent_sat, script=federation.script)}),
        requests=(Request(scripts[0], burned_sat),),
        block=SimpleNamespace(pegout_proposal=proposal),
    )


def test_change_may_be_left_out_only_where_it_is_dust() -> None:
    """545 satoshi may go to Bitcoin's miners; from 546 on they go back to the federation."""
    assert pegout_change(_judged(1_000_545, 1_000_000, 999_000)) is None
    assert pegout_change(_judged(1_000_546, 1_000_000, 999_000)) is not None
    assert pegout_change(_judged(1_000_546, 1_000_000, 999_000, 546)) is None
    assert pegout_change(_judged(1_000_545, 1_000_000, 999_000, 544)) is not None
    assert pegout_change(_judged(999_999, 1_000_000, 999_000)) is not None


def test_no_output_is_dust_and_no_fee_a_mistake() -> None:
    """Bitcoin relays nothing below 546; above a thousand satoshi a byte somebody has slipped."""
    size = virtual_size(federation_of(V1), 1, [b"\x00\x14" + bytes(20)])
    most = V1.pegout_fee_max_sat_per_vb * size
    assert pegout_fee(_judged(most + 546, most + 546, 546)) is None
    assert pegout_fee(_judged(most + 546, most + 546, 545)) is not None
    assert pegout_fee(_judged(10_545, 10_545, 545)) is not None
    assert pegout_fee(_judged(most + 10_001, most + 10_001, 10_000)) is not None


def test_thresholds_of_the_variants() -> None:
    """⌈2n/3⌉ in V1, a fixed two in one of V2's files."""
    assert threshold_of(V1) == 2
    assert threshold_of(replace(V1, signing_threshold=3)) == 3
    assert threshold_of(variant("V2.signing_fixed_two")) == 2


@pytest.mark.parametrize("scheme", [RealScheme(), IdealScheme()], ids=["real", "ideal"])
def test_exactly_the_threshold_authorises_a_spend(scheme: RealScheme | IdealScheme) -> None:
    """Fewer must not, more is not what the node makes, and a signature must be its member's."""
    builder = Builder(Random(1), Shape(authorities=3), scheme)
    federation = builder.chain.federation
    wallet = Wallet({(bytes(32), 0): TxOutput(value_sat=10**8, script=federation.script)})
    proposal = propose(wallet, [Request(b"\x00\x14" + bytes(20), 10**7)], federation, builder.spec, 2)
    spent = list(wallet.unspent.values())
    first, second, third = builder.bitcoin_secrets
    signed = sign_spend(federation, proposal, spent, (first, None, third), scheme)
    assert signed.txid == proposal.txid
    assert witness_fault(federation, signed, spent, scheme) is None
    for secrets in ((first, None, None), (first, second, third), (first, second)):
        with pytest.raises(BridgeError, match="signer_count"):
            sign_spend(federation, proposal, spent, secrets, scheme)
    both = sign_spend(federation, proposal, spent, (first, second, None), scheme).inputs[0].witness
    one = signed.inputs[0].witness
    crowd = replace(signed.inputs[0], witness=(one[0], both[1], *one[2:]))
    assert "3 signatures" in str(witness_fault(federation, replace(signed, inputs=(crowd,)), spent, scheme))
    impostor = sign_spend(federation, proposal, spent, (first, 12345, None), scheme)
    assert "not valid" in str(witness_fault(federation, impostor, spent, scheme))
    other = [replace(spent[0], value_sat=1)]
    assert "not valid" in str(witness_fault(federation, signed, other, scheme))
    assert witness_fault(federation, proposal, spent, scheme) is not None
    assert witness_fault(federation, signed, [], scheme) is not None


@pytest.mark.parametrize("scheme", [RealScheme(), IdealScheme()], ids=["real", "ideal"])
def test_a_witness_script_hash_asks_for_the_same_threshold(scheme: RealScheme | IdealScheme) -> None:
    """V2's output, with ECDSA: right ones in the order of their keys, and nothing else."""
    builder = Builder(Random(1), Shape(authorities=3), scheme, federation_script="p2wsh")
    federation = builder.chain.federation
    wallet = Wallet({(bytes(32), 0): TxOutput(value_sat=10**8, script=federation.script)})
    proposal = propose(wallet, [Request(b"\x00\x14" + bytes(20), 10**7)], federation, builder.spec, 2)
    spent = list(wallet.unspent.values())
    first, _, third = builder.bitcoin_secrets
    signed = sign_spend(federation, proposal, spent, (first, None, third), scheme)
    assert witness_fault(federation, signed, spent, scheme) is None
    empty, one, other, script = signed.inputs[0].witness
    for stack in (
        (empty, other, one, script),
        (empty, one, one, script),
        (empty, one, script),
        (one, other, script),
        (b"\1", one, other, script),
        (empty, one[:-1] + b"\2", other, script),
        (empty, one, other, script[:-1]),
        (),
    ):
        inputs = (replace(signed.inputs[0], witness=stack),)
        assert witness_fault(federation, replace(signed, inputs=inputs), spent, scheme) is not None
    foreign = sign_spend(federation, proposal, spent, (first, None, 12345), scheme)
    assert witness_fault(federation, foreign, spent, scheme) is not None


def test_a_chain_pays_out_through_a_witness_script_hash() -> None:
    """The reading of V2's documents is a chain that runs, with its own address."""
    shape = Shape(pow_interval=5, pegout_interval=3)
    builder = Builder(Random(4), shape, IdealScheme(), federation_script="p2wsh")
    builder.extend(12)
    node = builder.node()
    node.import_batch(builder.blocks, builder.now_ms)
    paid = [tx for signed in builder.blocks for tx in signed.block.finalised_pegouts]
    assert paid
    assert all(tx.inputs[0].witness[-1] == node.federation.leaf for tx in paid)
    assert node.federation.script[:2] == b"\x00\x20"


@given(collected=st.integers(0, 10**24))
def test_fees_are_divided_without_loss(collected: int) -> None:
    """80 % to the miner, the rest in equal parts; what whole gwei can't divide waits."""
    payment = divide_fees(V1, collected, b"\x01" * 20)
    paid = sum(credit.amount_gwei for credit in payment.withdrawals) * 10**9
    assert paid + payment.remainder_wei == collected
    assert 0 <= payment.remainder_wei < 5 * 10**9
    if collected > 10**12:
        assert payment.withdrawals[0].amount_gwei == collected * 80 // 100 // 10**9
