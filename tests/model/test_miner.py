"""Merged mining from the node's side: templates, submissions, what waits, and what a block must carry."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.model.errors import BridgeError, ChainError, EncodingError
from alyslab.model.generate import MINER, Builder, generate
from alyslab.model.miner import MinerState, broken_rule, payments_carried
from alyslab.model.mining import mine
from alyslab.model.proof import AUXPOW
from alyslab.model.scheme import IdealScheme
from alyslab.model.shape import QUIET
from tests.model.nodes import follow, node_on


@pytest.fixture(scope="module")
def quiet() -> Builder:
    """Four blocks, nothing finalised; read only."""
    return generate(Random(2), IdealScheme(), 4, QUIET)


def test_submitted_work_waits_and_makes_a_valid_block(quiet: Builder) -> None:
    """Template, work, queue, block: the whole way of createauxblock."""
    node = node_on(quiet)
    state = MinerState(node)
    commitment, header = state.create(MINER)
    assert header.auxpow is None
    assert (state.queued, state.carried()) == (None, None)
    proof = mine(node, header, Random(1)).auxpow
    assert proof is not None
    queued = state.submit(commitment, proof)
    assert state.queued == state.carried() == queued
    assert broken_rule(node, queued) is None
    with pytest.raises(ChainError, match="work_unknown"):
        state.submit(commitment, proof)


def test_wrong_work_is_refused_for_its_rule_and_may_be_mended(quiet: Builder) -> None:
    """V1 forgets the template: the miner's next, right work is unknown."""
    node = node_on(quiet)
    state = MinerState(node)
    commitment, header = state.create(MINER)
    proof = mine(node, header, Random(1)).auxpow
    assert proof is not None
    with pytest.raises(ChainError, match="pow_coinbase_branch"):
        state.submit(commitment, replace(proof, coinbase_branch=()))
    assert state.submit(commitment, proof).auxpow == proof
    with pytest.raises(ChainError, match="work_unknown"):
        state.submit(bytes(32), proof)


def test_work_that_no_longer_follows_the_finalised_height_is_dropped() -> None:
    """Another block finalised the range meanwhile (incident 12's range check)."""
    builder = generate(Random(2), IdealScheme(), 3, QUIET)
    node = node_on(builder)
    state = MinerState(node)
    commitment, header = state.create(MINER)
    proof = mine(node, header, Random(1)).auxpow
    assert proof is not None
    state.submit(commitment, proof)
    follow(node, [builder.append(*builder.draft(with_pow=True))])
    assert state.carried() is None
    assert state.queued is None


def test_payments_wait_until_all_are_signed() -> None:
    """Signature starvation: V1 carries those that are there, and rejects its own block."""
    builder = Builder(Random(4), QUIET, IdealScheme())
    builder.extend(1)
    builder.append(*builder.draft(transactions=[builder.burn(20_000_000)]))
    builder.extend(2)
    header, payments = builder.work()
    signed = {payment.txid: payment for payment in payments}
    assert payments_carried(builder.chain, header, signed) == payments
    with pytest.raises(BridgeError, match="pegout_unsigned"):
        payments_carried(builder.chain, header, {})
    unknown = replace(header, range_start=bytes(32))
    assert payments_carried(builder.chain, unknown, signed) == ()


@given(data=st.data())
def test_no_submission_raises_anything_else(quiet: Builder, data: st.DataObject) -> None:
    """Remote abort: queue_pow with nothing in it brought the real node down (§7)."""
    node = quiet.chain
    state = MinerState(node)
    commitment, header = state.create(MINER)
    proof = mine(node, header, Random(1)).auxpow
    document = AUXPOW.to_json(proof)
    field = data.draw(st.sampled_from(sorted(document)))
    wrong = st.none() | st.integers() | st.text(max_size=8) | st.lists(st.just("0x" + "11" * 32), max_size=40)
    document[field] = data.draw(wrong)
    try:
        state.submit(commitment, AUXPOW.from_json(document, "auxpow"))
    except (ChainError, EncodingError) as error:
        assert error.rule  # noqa: PT017 - an error of these kinds is allowed, not demanded
