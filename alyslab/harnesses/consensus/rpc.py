"""The calls that miners and users make to a node, and the codes of its refusals.

V1 serves JSON-RPC 1.0 over HTTP; here the same calls are requests on the
network, with bodies in the canonical encoding: ``(code, result)``, code 0 for
success.

Source: alys-system.md §1, "RPC".
"""

from __future__ import annotations

from typing import Any, Final

from alyslab.model.encoding import pack, unpack
from alyslab.model.errors import EncodingError
from alyslab.model.proof import AUXPOW, AuxPow

CREATE_AUX_BLOCK: Final = "rpc/createauxblock"
SUBMIT_AUX_BLOCK: Final = "rpc/submitauxblock"
TRANSACTION_COUNT: Final = "rpc/eth_getTransactionCount"
TOPICS: Final = frozenset({CREATE_AUX_BLOCK, SUBMIT_AUX_BLOCK, TRANSACTION_COUNT})

OK: Final = 0
INVALID_PARAMETERS: Final = -32602
BLOCK_NOT_FOUND: Final = -32604
"""A commitment that this node never gave out, or nothing to finalise."""
WORK_REFUSED: Final = -32605
CHAIN_IS_SYNCING: Final = -32606


def answer(code: int, *result: Any) -> bytes:
    """Return the body of an answer."""
    return pack((code, result))


def read_answer(body: bytes) -> tuple[int, tuple[Any, ...]]:
    """Return code and result; raises :class:`EncodingError` for anything else."""
    item = unpack(body, "answer")
    if not (
        isinstance(item, tuple) and len(item) == 2 and type(item[0]) is int and isinstance(item[1], tuple)
    ):
        raise EncodingError("wrong_fields", field="answer", value=item)
    return item[0], item[1]


def address(body: bytes) -> bytes:
    """Return the address that a call is about; raises :class:`EncodingError`."""
    if len(body) != 20:
        raise EncodingError("wrong_length", field="address", value=body)
    return body


def submission(commitment: bytes, proof: AuxPow) -> bytes:
    """Return the body of a call that hands in work."""
    return pack((commitment, AUXPOW.pack(proof)))


def read_submission(body: bytes) -> tuple[bytes, AuxPow]:
    """Return commitment and proof; raises :class:`EncodingError` for anything else."""
    item = unpack(body, "submission")
    if not (isinstance(item, tuple) and len(item) == 2 and type(item[0]) is bytes):
        raise EncodingError("wrong_fields", field="submission", value=item)
    proof: AuxPow = AUXPOW.unpack(item[1], "submission.auxpow")
    return item[0], proof
