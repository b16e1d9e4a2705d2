"""BLS signatures on BLS12-381 in Ethereum's ciphersuite, one at a time and in batches.

Public keys are points of G1 (48 bytes), signatures points of G2 (96 bytes),
messages are hashed to G2 with the proof-of-possession ciphersuite.  Curve
arithmetic is py-arkworks-bls12381's; this module is the scheme on top of it.

Source: IETF draft-irtf-cfrg-bls-signature-05 §2, §3.3; Ethereum
consensus-specs, "BLS signatures"; batch verification with random
coefficients after Bellare, Garay, Rabin, "Fast batch verification" (1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from alyslab.model.errors import KeyMaterialError
from alyslab.model.hashing import sha256

CURVE_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
SIGNATURE_TAG = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
POSSESSION_TAG = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
PUBLIC_KEY_BYTES, SIGNATURE_BYTES = 48, 96
COEFFICIENT_BYTES = 16
"""A forged batch passes with probability 2**-128, the security level of the curve itself.

Coefficients are derived from the batch, so a forger can try batches offline:
2**-64, which suffices where they are drawn at random, would be within reach.
"""

_GENERATOR = G1Point()
_NEGATED_GENERATOR = -_GENERATOR
_INFINITY_G1, _INFINITY_G2 = G1Point.identity(), G2Point.identity()
_COMPRESSED, _AT_INFINITY = 0x80, 0x40
_INFINITY_BYTES = bytes([_COMPRESSED | _AT_INFINITY]) + bytes(SIGNATURE_BYTES - 1)


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """One message with the aggregate signature of several keys over it."""

    public_keys: tuple[bytes, ...]
    """Who signed, 48 bytes each; a key that signed twice stands twice."""
    message: bytes
    """What they signed."""
    signature: bytes
    """Sum of their signatures, 96 bytes."""


def _scalar(secret: int) -> Scalar:
    if not 0 < secret < CURVE_ORDER:
        raise KeyMaterialError("secret_out_of_range", order=CURVE_ORDER)
    return Scalar.from_be_bytes(secret.to_bytes(32, "big"))


def public_key(secret: int) -> bytes:
    """Return the public key; raises :class:`KeyMaterialError` unless 0 < secret < order."""
    return bytes((_GENERATOR * _scalar(secret)).to_compressed_bytes())


def sign(secrets: Sequence[int], message: bytes, tag: bytes = SIGNATURE_TAG) -> bytes:
    """Return the sum of the signatures by each secret.

    Signing is linear, so the secrets are added first and one point is
    multiplied; the bytes are those of signing one by one and aggregating.
    """
    for secret in secrets:
        _scalar(secret)
    total = sum(secrets) % CURVE_ORDER
    point = G2Point.hash_to_curve(message, tag) * Scalar.from_be_bytes(total.to_bytes(32, "big"))
    return bytes(point.to_compressed_bytes())


def aggregate(signatures: Sequence[bytes]) -> bytes:
    """Return the sum of signatures; raises :class:`KeyMaterialError` for none, or bytes that are no point."""
    if not signatures:
        raise KeyMaterialError("nothing_to_aggregate")
    total = _INFINITY_G2
    for signature in signatures:
        point = _signature_point(signature)
        if point is None:
            raise KeyMaterialError("not_a_signature", value=signature)
        total = total + point
    return bytes(total.to_compressed_bytes())


def verify(
    public_keys: Sequence[bytes], message: bytes, signature: bytes, tag: bytes = SIGNATURE_TAG
) -> bool:
    """Return whether ``signature`` is the sum of one signature per key over ``message``.

    Bytes that are no key or no point make it False, never an exception.
    """
    key = _sum_of_keys(tuple(public_keys))
    point = _signature_point(signature)
    if key is None or point is None:
        return False
    hashed = G2Point.hash_to_curve(message, tag)
    return bool(GT.pairing_check([key, _NEGATED_GENERATOR], [hashed, point]))


def prove_possession(secret: int) -> bytes:
    """Return a signature over one's own public key, which defeats rogue keys in aggregates."""
    return sign((secret,), public_key(secret), POSSESSION_TAG)


def verify_possession(key: bytes, proof: bytes) -> bool:
    """Return whether whoever made ``proof`` knows the secret of ``key``."""
    return verify((key,), key, proof, POSSESSION_TAG)


def forged(items: Sequence[SignedMessage]) -> tuple[int, ...]:
    """Return the indices of the items that :func:`verify` would reject, by batch.

    Items of one signer set share a pairing: with coefficients r, the check is
    Π e(key of set, Σ r·H(message)) = e(g, Σ r·signature).  A batch that fails
    is halved until the forgers are named.  The coefficients are drawn from the
    batch itself (Fiat-Shamir), so no randomness is consumed.
    """
    found: list[int] = []
    sound: list[_Prepared] = []
    seed = sha256(b"".join(sha256(b"".join((*i.public_keys, i.message, i.signature))) for i in items))
    for index, item in enumerate(items):
        key, point = _sum_of_keys(item.public_keys), _signature_point(item.signature)
        if key is None or point is None:
            found.append(index)
            continue
        coefficient = sha256(seed + index.to_bytes(8, "big"))[:COEFFICIENT_BYTES]
        scalar = Scalar.from_be_bytes(bytes(32 - COEFFICIENT_BYTES) + coefficient)
        hashed = G2Point.hash_to_curve(item.message, SIGNATURE_TAG)
        sound.append(_Prepared(index, item.public_keys, key, hashed, point, scalar))
    found += _halve(sound)
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class _Prepared:
    index: int
    signers: tuple[bytes, ...]
    key: G1Point
    hashed: G2Point
    signature: G2Point
    coefficient: Scalar


def _halve(batch: list[_Prepared]) -> list[int]:
    if not batch or _batch_holds(batch):
        return []
    if len(batch) == 1:
        return [batch[0].index]
    middle = len(batch) // 2
    return _halve(batch[:middle]) + _halve(batch[middle:])


def _batch_holds(batch: list[_Prepared]) -> bool:
    groups: dict[tuple[bytes, ...], list[_Prepared]] = {}
    for item in batch:
        groups.setdefault(item.signers, []).append(item)
    left = [group[0].key for group in groups.values()]
    right = [
        G2Point.multiexp_unchecked([item.hashed for item in group], [item.coefficient for item in group])
        for group in groups.values()
    ]
    total = G2Point.multiexp_unchecked(
        [item.signature for item in batch], [item.coefficient for item in batch]
    )
    return bool(GT.pairing_check([*left, _NEGATED_GENERATOR], [*right, total]))


@lru_cache(maxsize=4096)
def _key_point(key: bytes) -> G1Point | None:
    """Return the point of a valid key: in the subgroup, not infinity; None otherwise."""
    if len(key) != PUBLIC_KEY_BYTES:
        return None
    try:
        point = G1Point.from_compressed_bytes(key)
    except ValueError:
        return None
    return None if point == _INFINITY_G1 else point


@lru_cache(maxsize=4096)
def _sum_of_keys(keys: tuple[bytes, ...]) -> G1Point | None:
    total = _INFINITY_G1
    for key in keys:
        point = _key_point(key)
        if point is None:
            return None
        total = total + point
    return None if not keys or total == _INFINITY_G1 else total


def _signature_point(signature: bytes) -> G2Point | None:
    if len(signature) != SIGNATURE_BYTES or not signature[0] & _COMPRESSED:
        return None
    if signature[0] & _AT_INFINITY and signature != _INFINITY_BYTES:
        return None  # the library ignores what stands behind the flag; one point has one encoding
    try:
        point = G2Point.from_compressed_bytes_unchecked(signature)  # on the curve; the group is checked below
    except ValueError:
        return None
    return point if point.is_in_subgroup() else None
