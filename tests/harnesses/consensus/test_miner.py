from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from alyslab.harnesses.consensus import rpc
from alyslab.harnesses.consensus.miner import prove
from alyslab.harnesses.consensus.work import WorkBook
from alyslab.model.errors import EncodingError, ModelError
from alyslab.model.generate import Builder
from alyslab.model.scheme import IdealScheme
from alyslab.model.shape import QUIET

RECIPIENT = b"\xa1" * 20


def builder(blocks: int = 3) -> Builder:
    made = Builder(Random(2), QUIET, IdealScheme())
    made.extend(blocks)
    return made


def test_a_proof_for_a_commitment_is_one_that_the_chain_takes() -> None:
    """The miner knows nothing of the chain; what it proves must be what validation asks for."""
    made, book = builder(), WorkBook()
    commitment, header = book.template(made.chain, RECIPIENT) or pytest.fail("no template")

    done = book.submitted(commitment, prove(commitment, header.bits, header.chain_id, Random(1)))

    assert done is not None
    assert book.offer(made.chain, done) is None
    assert book.usable(made.chain) == done


@pytest.mark.parametrize("field", ["bits", "height", "chain_id", "fee_recipient", "auxpow"])
def test_work_that_was_tampered_with_is_refused(field: str) -> None:
    """Work without a proof aborted V1; whoever sees a proof must not claim its reward."""
    made, book = builder(), WorkBook()
    commitment, header = book.template(made.chain, RECIPIENT) or pytest.fail("no template")
    good = replace(header, auxpow=prove(commitment, header.bits, header.chain_id, Random(1)))
    other = {"bits": 0x1F7F_FFFF, "height": 9, "chain_id": 5, "fee_recipient": bytes(20), "auxpow": None}

    assert book.offer(made.chain, replace(good, **{field: other[field]})) is not None
    assert book.usable(made.chain) is None


def test_work_for_a_head_that_is_not_known_yet_waits_for_it() -> None:
    """Gossip may bring work before the block that it ends with."""
    made, book = builder(), WorkBook()
    behind = made.node()
    for signed in made.blocks[:2]:
        behind.import_block(signed, signed.block.slot * made.spec.slot_ms)
    commitment, header = WorkBook().template(made.chain, RECIPIENT) or pytest.fail("no template")
    good = replace(header, auxpow=prove(commitment, header.bits, header.chain_id, Random(1)))

    assert book.offer(behind, good) is not None
    assert book.look_again(behind) is None
    behind.import_block(made.blocks[2], made.blocks[2].block.slot * made.spec.slot_ms)

    assert book.look_again(behind) == good
    assert book.usable(behind) == good


def test_work_is_dropped_once_another_was_used() -> None:
    """Its range no longer follows the finalised block; kept, it would spoil every block."""
    made, book = builder(), WorkBook()
    commitment, header = book.template(made.chain, RECIPIENT) or pytest.fail("no template")
    book.offer(made.chain, replace(header, auxpow=prove(commitment, header.bits, header.chain_id, Random(1))))
    made.append(*made.draft(with_pow=True))

    assert book.usable(made.chain) is None
    assert book.queued is None


def test_nothing_to_finalise_gives_no_template() -> None:
    """At the genesis there is no range."""
    assert WorkBook().template(builder(0).chain, RECIPIENT) is None
    assert WorkBook().submitted(bytes(32), prove(bytes(32), 0x207F_FFFF, 1, Random(1))) is None


@pytest.mark.parametrize("bits", [0, 0x0100_0001, 0x1D00_FFFF, 0xFF7F_FFFF, 0x0480_0000])
def test_a_target_that_would_take_for_ever_is_refused(bits: int) -> None:
    """A node that lies about the target must not stop the laboratory."""
    with pytest.raises(ModelError):
        prove(bytes(32), bits, 1, Random(1))


def test_answers_and_submissions_are_read_or_refused() -> None:
    """Both ends meet strangers."""
    proof = prove(bytes(32), 0x207F_FFFF, 1, Random(1))

    assert rpc.read_answer(rpc.answer(rpc.OK, 1, b"x")) == (0, (1, b"x"))
    assert rpc.read_submission(rpc.submission(bytes(32), proof)) == (bytes(32), proof)
    for body in (b"", b"\x01", rpc.answer(rpc.OK)[:-1], b"\x92\xc0\x90"):
        with pytest.raises(EncodingError):
            rpc.read_answer(body)
        with pytest.raises(EncodingError):
            rpc.read_submission(body)
    with pytest.raises(EncodingError):
        rpc.address(b"short")
