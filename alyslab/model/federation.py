"""The federation's Bitcoin output: one taproot leaf that asks for ⌈2n/3⌉ signatures.

V2 documents a witness script hash instead, :mod:`alyslab.model.multisig`; a
spec says which (``federation_script``).

Internal key: the NUMS point of BIP341, whose secret nobody knows.  Leaf:
``<key 1> CHECKSIG <key 2> CHECKSIGADD … <k> GREATERTHANOREQUAL``.  A witness
has one item per member, last member first, empty where it did not sign.

Source: alys-system.md §1, "Peg-out"; BIP341 (output and digest), BIP342
(leaf and CHECKSIGADD).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from alyslab.model import aura, multisig, schnorr
from alyslab.model.bitcoin import BitcoinTransaction, TxOutput, var_bytes
from alyslab.model.errors import BridgeError
from alyslab.model.hashing import sha256, tagged_hash
from alyslab.model.scheme import SignatureScheme
from alyslab.model.spec import Spec

NUMS_KEY = bytes.fromhex("50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0")
"""A point without known secret.  Source: BIP341, "Constructing and spending Taproot outputs"."""
LEAF_VERSION = 0xC0
_CHECKSIG, _CHECKSIGADD, _GREATERTHANOREQUAL = b"\xac", b"\xba", b"\xa2"


@dataclass(frozen=True, slots=True)
class Federation:
    """Who holds the bridge's bitcoin, and how to spend it."""

    keys: tuple[bytes, ...]
    """Compressed keys in the order of the leaf."""
    threshold: int
    """How many must sign."""
    leaf: bytes
    """The script that a spend reveals."""
    control: bytes
    """Control block: leaf version, parity, internal key; empty where the output is no taproot."""
    script: bytes
    """What peg-ins must pay: OP_1 and the tweaked key, or OP_0 and the script's hash."""
    former: tuple[bytes, ...] = ()
    """Scripts that peg-ins paid before."""

    @property
    def taproot(self) -> bool:
        """Whether the output is V1's."""
        return bool(self.control)

    @property
    def leaf_hash(self) -> bytes:
        """Tagged hash of the leaf."""
        return tagged_hash("TapLeaf", bytes([LEAF_VERSION]) + var_bytes(self.leaf))


def threshold_of(spec: Spec) -> int:
    """Return how many members sign a peg-out: ⌈2n/3⌉ unless the spec fixes it."""
    return spec.signing_threshold or aura.majority(len(spec.federation_bitcoin_keys))


@lru_cache(maxsize=64)
def _federation(keys: tuple[bytes, ...], threshold: int, kind: str) -> Federation:
    if kind == "p2wsh":
        script = multisig.multisig_script(keys, threshold)
        return Federation(keys, threshold, script, b"", multisig.output_script(script))
    first, *others = keys
    leaf = b"\x20" + first[1:] + _CHECKSIG
    leaf += b"".join(b"\x20" + key[1:] + _CHECKSIGADD for key in others)
    leaf += bytes([0x50 + threshold]) + _GREATERTHANOREQUAL
    leaf_hash = tagged_hash("TapLeaf", bytes([LEAF_VERSION]) + var_bytes(leaf))
    output, parity = schnorr.tweak_add(NUMS_KEY, tagged_hash("TapTweak", NUMS_KEY + leaf_hash))
    control = bytes([LEAF_VERSION | parity]) + NUMS_KEY
    return Federation(keys, threshold, leaf, control, b"\x51\x20" + output)


def federation_of(spec: Spec) -> Federation:
    """Return the federation of a chain."""
    found = _federation(spec.federation_bitcoin_keys, threshold_of(spec), spec.federation_script)
    return replace(found, former=spec.former_scripts) if spec.former_scripts else found


def spend_digest(
    federation: Federation, transaction: BitcoinTransaction, spent: Sequence[TxOutput], index: int
) -> bytes:
    """Return what members sign for the input at ``index``: the script-path digest of BIP341, all outputs.

    ``spent`` are the outputs that the inputs spend, in the same order.
    """
    if not federation.taproot:
        return multisig.digest_of(transaction, spent, index, federation.leaf)
    inputs = transaction.inputs
    message = b"".join(
        (
            b"\x00\x00",  # epoch, and the hash type that covers everything
            struct.pack("<II", transaction.version, transaction.locktime),
            sha256(b"".join(i.txid + struct.pack("<I", i.vout) for i in inputs)),
            sha256(b"".join(struct.pack("<Q", out.value_sat) for out in spent)),
            sha256(b"".join(var_bytes(out.script) for out in spent)),
            sha256(b"".join(struct.pack("<I", i.sequence) for i in inputs)),
            sha256(transaction.serialised_outputs()),
            b"\x02",  # script path, no annex
            struct.pack("<I", index),
            federation.leaf_hash,
            b"\x00\xff\xff\xff\xff",  # key version, and no OP_CODESEPARATOR
        )
    )
    return tagged_hash("TapSighash", message)


def sign_spend(
    federation: Federation,
    transaction: BitcoinTransaction,
    spent: Sequence[TxOutput],
    secrets: Sequence[int | None],
    scheme: SignatureScheme,
) -> BitcoinTransaction:
    """Return the transaction with a witness in every input.

    ``secrets`` has one entry per member, None where it does not sign; exactly
    the threshold must sign, or :class:`BridgeError` is raised.
    """
    signing = sum(secret is not None for secret in secrets)
    if len(secrets) != len(federation.keys) or signing != federation.threshold:
        raise BridgeError("signer_count", signing=signing, threshold=federation.threshold)
    inputs = []
    for index, spending in enumerate(transaction.inputs):
        digest = spend_digest(federation, transaction, spent, index)
        if federation.taproot:
            signed = [None if s is None else scheme.sign_spend(s, digest) for s in reversed(secrets)]
            witness = (*(item or b"" for item in signed), federation.leaf, federation.control)
        else:
            witness = multisig.witness_of(digest, secrets, federation.leaf, scheme)
        inputs.append(replace(spending, witness=witness))
    return replace(transaction, inputs=tuple(inputs))


def witness_fault(
    federation: Federation,
    transaction: BitcoinTransaction,
    spent: Sequence[TxOutput],
    scheme: SignatureScheme,
    missing_allowed: int = 0,
) -> str | None:
    """Return why the witnesses do not authorise the spend, or None when they do.

    Exactly the threshold must have signed, as the node asks; the script itself
    would take more.  ``missing_allowed`` serves a planted defect.
    """
    if len(spent) != len(transaction.inputs):
        return "an input is not the federation's"
    for index, spending in enumerate(transaction.inputs):
        digest = spend_digest(federation, transaction, spent, index)
        valid = _count_valid(federation, spending.witness, digest, scheme)
        if isinstance(valid, str):
            return f"input {index}: {valid}"
        if not federation.threshold - missing_allowed <= valid <= federation.threshold:
            return f"input {index}: {valid} signatures, {federation.threshold} needed"
    return None


def _count_valid(
    federation: Federation, stack: Sequence[bytes], digest: bytes, scheme: SignatureScheme
) -> int | str:
    """Return how many members signed, or why the witness is none."""
    if not federation.taproot:
        return multisig.count_valid(stack, digest, federation.keys, federation.leaf, scheme)
    if tuple(stack[-2:]) != (federation.leaf, federation.control) or len(stack) != len(federation.keys) + 2:
        return "not the federation's leaf"
    valid = 0
    for key, item in zip(federation.keys, reversed(stack[:-2]), strict=True):
        if not item:
            continue
        if not scheme.verify_spend(key, digest, item):
            return f"signature of {key.hex()[:10]} is not valid"
        valid += 1
    return valid
