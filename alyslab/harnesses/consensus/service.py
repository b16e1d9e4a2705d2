"""What a node answers to miners and users.

Source: alys-system.md §1, "RPC".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.harnesses.consensus import rpc
from alyslab.harnesses.consensus.importing import queued
from alyslab.model.errors import EncodingError

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core


def answer(core: Core, topic: str, body: bytes, sender: str) -> bytes:
    """Return the answer to a call; a body that is none gets a code and never raises."""
    try:
        if topic == rpc.CREATE_AUX_BLOCK:
            return _create(core, rpc.address(body))
        if topic == rpc.SUBMIT_AUX_BLOCK:
            return _submit(core, body, sender)
        return rpc.answer(rpc.OK, core.chain.state.nonce(rpc.address(body)))
    except EncodingError:
        return rpc.answer(rpc.INVALID_PARAMETERS)


def _create(core: Core, fee_recipient: bytes) -> bytes:
    if core.rejoining:
        return rpc.answer(rpc.CHAIN_IS_SYNCING)
    made = core.work.template(core.chain, fee_recipient)
    if made is None:
        return rpc.answer(rpc.BLOCK_NOT_FOUND)
    commitment, header = made
    return rpc.answer(rpc.OK, commitment, header.bits, header.chain_id, header.height)


def _submit(core: Core, body: bytes, sender: str) -> bytes:
    commitment, proof = rpc.read_submission(body)
    header = core.work.submitted(commitment, proof)
    if header is None:
        return rpc.answer(rpc.BLOCK_NOT_FOUND)
    fault = core.work.offer(core.chain, header)
    if fault is not None:
        core.rejected("work", fault, header.height, header.range_end.hex(), sender)
        return rpc.answer(rpc.WORK_REFUSED)
    core.gossip.publish(core.codec.topics["work"], core.codec.encode("work", header))
    queued(core, header, sender)
    return rpc.answer(rpc.OK)
