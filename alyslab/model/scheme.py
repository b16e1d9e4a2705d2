"""The signature scheme as an argument: real cryptography, or the table that cryptographers idealise it to.

``RealScheme`` is BLS12-381 for blocks and BIP340 on secp256k1 for peg-outs.
``IdealScheme`` remembers what was issued: a signature is valid exactly when
its table says that these keys issued it over this message, so nothing can be
forged and verification costs a look-up.  Both give the same verdicts on
whatever was made through their own interface; a test holds them to it.

Source: design.md, "Signatures cost more than everything else"; the ideal
functionality F_SIG of Canetti, "Universally composable signature" (2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import lru_cache
from hashlib import sha512
from typing import Protocol

from alyslab.model import bls, schnorr
from alyslab.model.bls import SignedMessage
from alyslab.model.errors import KeyMaterialError


class SignatureScheme(Protocol):
    """What the chain asks of cryptography; see :class:`RealScheme` for the meaning of each call."""

    @property
    def name(self) -> str:
        """``real`` or ``ideal``, for provenance."""
        ...

    def public_key(self, secret: int) -> bytes: ...  # noqa: D102

    def sign(self, secrets: Sequence[int], message: bytes) -> bytes: ...  # noqa: D102

    def aggregate(self, signatures: Sequence[bytes]) -> bytes: ...  # noqa: D102

    def verify(self, public_keys: Sequence[bytes], message: bytes, signature: bytes) -> bool: ...  # noqa: D102

    def forged(self, items: Sequence[SignedMessage]) -> tuple[int, ...]: ...  # noqa: D102

    def prove_possession(self, secret: int) -> bytes: ...  # noqa: D102

    def verify_possession(self, key: bytes, proof: bytes) -> bool: ...  # noqa: D102

    def sign_spend(self, secret: int, digest: bytes, *, ecdsa: bool = False) -> bytes: ...  # noqa: D102

    def verify_spend(  # noqa: D102
        self, key: bytes, digest: bytes, signature: bytes, *, ecdsa: bool = False
    ) -> bool: ...


class RealScheme:
    """BLS12-381 in Ethereum's ciphersuite and BIP340 on secp256k1.

    Parameters
    ----------
    executor
        Where batches are verified, in ``parts`` pieces; None verifies them
        here.  Processes gain a factor, threads do not.
    parts
        How many pieces a batch is cut into.
    """

    name = "real"

    def __init__(self, executor: Executor | None = None, parts: int = 2) -> None:
        self._executor = executor
        self._parts = parts

    def public_key(self, secret: int) -> bytes:
        """Return an authority's public key, 48 bytes."""
        return bls.public_key(secret)

    def sign(self, secrets: Sequence[int], message: bytes) -> bytes:
        """Return the aggregate of each secret's signature, 96 bytes."""
        return bls.sign(secrets, message)

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        """Return the sum of signatures."""
        return bls.aggregate(signatures)

    def verify(self, public_keys: Sequence[bytes], message: bytes, signature: bytes) -> bool:
        """Return whether all the keys, each as often as it stands, signed the message."""
        return bls.verify(public_keys, message, signature)

    def forged(self, items: Sequence[SignedMessage]) -> tuple[int, ...]:
        """Return the indices of the items that :meth:`verify` rejects, by batch."""
        if self._executor is None or len(items) < 2 * self._parts:
            return bls.forged(items)
        # By signer set: each set then costs one pairing in one piece, not one in each.
        order = sorted(range(len(items)), key=lambda index: items[index].public_keys)
        size = -(-len(items) // self._parts)
        places = [order[start : start + size] for start in range(0, len(items), size)]
        answers = self._executor.map(bls.forged, [[items[index] for index in piece] for piece in places])
        named = (piece[i] for piece, answer in zip(places, answers, strict=True) for i in answer)
        return tuple(sorted(named))

    def prove_possession(self, secret: int) -> bytes:
        """Return the proof that goes with a public key."""
        return bls.prove_possession(secret)

    def verify_possession(self, key: bytes, proof: bytes) -> bool:
        """Return whether the proof belongs to the key."""
        return bls.verify_possession(key, proof)

    def sign_spend(self, secret: int, digest: bytes, *, ecdsa: bool = False) -> bytes:
        """Return a member's signature over a Bitcoin spend: BIP340, 64 bytes, or ECDSA in DER."""
        return schnorr.sign_ecdsa(secret, digest) if ecdsa else schnorr.sign(secret, digest)

    def verify_spend(self, key: bytes, digest: bytes, signature: bytes, *, ecdsa: bool = False) -> bool:
        """Return whether the member signed the spend."""
        check = schnorr.verify_ecdsa if ecdsa else schnorr.verify
        return check(key, digest, signature)


class IdealScheme:
    """The table of what was issued; consumes no randomness.

    Tags are hashes of what they stand for, so that equal runs give equal
    bytes; knowing how to compute one does not help, since only the table
    decides.  One instance is one world: signatures of another are unknown.
    """

    name = "ideal"

    def __init__(self) -> None:
        self._keys: dict[bytes, int] = {}
        self._issued: dict[bytes, tuple[tuple[bytes, bytes], ...]] = {}
        self._spends: set[tuple[bool, bytes, bytes, bytes]] = set()
        self._proofs: set[tuple[bytes, bytes]] = set()

    def public_key(self, secret: int) -> bytes:
        """Return a key that stands for the secret; raises :class:`KeyMaterialError` as the real one."""
        if not 0 < secret < bls.CURVE_ORDER:
            raise KeyMaterialError("secret_out_of_range", order=bls.CURVE_ORDER)
        key = _tag(b"key", secret.to_bytes(32, "big"), length=bls.PUBLIC_KEY_BYTES)
        self._keys[key] = secret
        return key

    def sign(self, secrets: Sequence[int], message: bytes) -> bytes:
        """Issue the aggregate of each secret's signature."""
        return self._issue([(self.public_key(secret), message) for secret in secrets])

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        """Issue the sum of signatures; raises :class:`KeyMaterialError` for none, or for one never issued."""
        if not signatures:
            raise KeyMaterialError("nothing_to_aggregate")
        pairs: list[tuple[bytes, bytes]] = []
        for signature in signatures:
            if signature not in self._issued:
                raise KeyMaterialError("not_a_signature", value=signature)
            pairs.extend(self._issued[signature])
        return self._issue(pairs)

    def verify(self, public_keys: Sequence[bytes], message: bytes, signature: bytes) -> bool:
        """Return whether exactly this was issued."""
        issued = self._issued.get(signature)
        return (
            issued is not None
            and bool(issued)
            and issued == tuple(sorted((key, message) for key in public_keys))
        )

    def forged(self, items: Sequence[SignedMessage]) -> tuple[int, ...]:
        """Return the indices of the items that :meth:`verify` rejects."""
        return tuple(
            index
            for index, item in enumerate(items)
            if not self.verify(item.public_keys, item.message, item.signature)
        )

    def prove_possession(self, secret: int) -> bytes:
        """Issue the proof that goes with a public key."""
        key = self.public_key(secret)
        proof = _tag(b"possession", key, length=bls.SIGNATURE_BYTES)
        self._proofs.add((key, proof))
        return proof

    def verify_possession(self, key: bytes, proof: bytes) -> bool:
        """Return whether this proof was issued for the key."""
        return (key, proof) in self._proofs

    def sign_spend(self, secret: int, digest: bytes, *, ecdsa: bool = False) -> bytes:
        """Issue a member's signature over a spend; keys stay real, since addresses are made of them."""
        key, kind = _spend_key(secret), b"spend ecdsa" if ecdsa else b"spend"
        signature = _tag(kind, key, digest, length=schnorr.SIGNATURE_BYTES)
        self._spends.add((ecdsa, key[1:], digest, signature))
        return signature

    def verify_spend(self, key: bytes, digest: bytes, signature: bytes, *, ecdsa: bool = False) -> bool:
        """Return whether this signature of this kind was issued."""
        return (ecdsa, key[1:], digest, signature) in self._spends

    def _issue(self, pairs: list[tuple[bytes, bytes]]) -> bytes:
        pairs.sort()
        signature = _tag(b"signature", *(part for pair in pairs for part in pair), length=bls.SIGNATURE_BYTES)
        self._issued[signature] = tuple(pairs)
        return signature


@lru_cache(maxsize=256)
def _spend_key(secret: int) -> bytes:
    return schnorr.public_key(secret)


def _tag(kind: bytes, *parts: bytes, length: int) -> bytes:
    seed = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ideal " + kind, *parts))
    return (sha512(seed).digest() + sha512(b"more" + seed).digest())[:length]
