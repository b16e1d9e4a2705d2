"""The federation's output as V2 documents it: a witness script hash over a k-of-n multisignature.

V1 pays to taproot (:mod:`alyslab.model.federation`); both stand for the same
threshold, with other scripts, digests and signatures (ECDSA instead of BIP340).
A witness is an empty item, ``k`` signatures in the order of their keys, and
the script.

Source: alys-system.md §2 (P2TR→P2WSH), §5; BIP141 (output), BIP143 (digest),
BIP11 (script), BIP147 (the empty item).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from alyslab.model.bitcoin import BitcoinTransaction, TxOutput, var_bytes
from alyslab.model.hashing import sha256, sha256d
from alyslab.model.scheme import SignatureScheme

SIGHASH_ALL = 1
SIGNATURE_BYTES = 73
"""The longest that an ECDSA signature is, its hash type included; for estimates of size."""
_CHECKMULTISIG = b"\xae"


def multisig_script(keys: Sequence[bytes], threshold: int) -> bytes:
    """Return the script that asks for ``threshold`` signatures of these keys."""
    pushed = b"".join(var_bytes(key) for key in keys)
    return bytes([0x50 + threshold]) + pushed + bytes([0x50 + len(keys)]) + _CHECKMULTISIG


def output_script(script: bytes) -> bytes:
    """Return what peg-ins pay: version 0 and the hash of the script."""
    return b"\x00\x20" + sha256(script)


def digest_of(transaction: BitcoinTransaction, spent: Sequence[TxOutput], index: int, script: bytes) -> bytes:
    """Return what is signed for the input at ``index``; all inputs and all outputs are covered."""
    spending = transaction.inputs[index]
    return sha256d(
        struct.pack("<I", transaction.version)
        + sha256d(b"".join(i.txid + struct.pack("<I", i.vout) for i in transaction.inputs))
        + sha256d(b"".join(struct.pack("<I", i.sequence) for i in transaction.inputs))
        + spending.txid
        + struct.pack("<I", spending.vout)
        + var_bytes(script)
        + struct.pack("<Q", spent[index].value_sat)
        + struct.pack("<I", spending.sequence)
        + sha256d(transaction.serialised_outputs())
        + struct.pack("<II", transaction.locktime, SIGHASH_ALL)
    )


def witness_of(
    digest: bytes, secrets: Iterable[int | None], script: bytes, scheme: SignatureScheme
) -> tuple[bytes, ...]:
    """Return the stack that spends one input, signed by those whose secret is given."""
    signatures = [
        scheme.sign_spend(secret, digest, ecdsa=True) + bytes([SIGHASH_ALL])
        for secret in secrets
        if secret is not None
    ]
    return (b"", *signatures, script)


def count_valid(
    stack: Sequence[bytes], digest: bytes, keys: Sequence[bytes], script: bytes, scheme: SignatureScheme
) -> int | str:
    """Return how many members signed, or why the stack is none."""
    if len(stack) < 3 or stack[0] != b"" or stack[-1] != script:
        return "not the federation's script"
    left = iter(keys)
    for item in stack[1:-1]:  # signatures stand in the order of their keys, so each key is asked once
        signature, kind = item[:-1], item[-1:]
        if kind != bytes([SIGHASH_ALL]):
            return "a signature does not cover everything"
        if not any(scheme.verify_spend(key, digest, signature, ecdsa=True) for key in left):
            return "a signature is not valid, or not in the order of the keys"
    return len(stack) - 2
