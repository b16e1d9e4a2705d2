"""Keys and signatures on secp256k1, as the federation spends bitcoin, through libsecp256k1.

BIP340 for taproot outputs; ECDSA with nonces after RFC 6979 for the witness
script hashes that V2 documents.

Source: BIP340; alys-system.md §1, "Peg-out" (P2TR with a CHECKSIGADD leaf).
"""

from __future__ import annotations

from coincurve import PrivateKey, PublicKey, PublicKeyXOnly

from alyslab.model.errors import KeyMaterialError

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SIGNATURE_BYTES = 64
NO_AUX = bytes(32)
"""Auxiliary randomness of BIP340, zero here so that a run repeats; it only hardens against side channels."""


def public_key(secret: int) -> bytes:
    """Return the compressed key, 33 bytes; raises :class:`KeyMaterialError` unless 0 < secret < order."""
    return _private(secret).public_key.format(compressed=True)


def sign(secret: int, digest: bytes) -> bytes:
    """Return the 64-byte signature over a 32-byte digest; consumes no randomness."""
    if len(digest) != 32:
        raise KeyMaterialError("digest_not_32_bytes", value=digest)
    return _private(secret).sign_schnorr(digest, NO_AUX)


def verify(key: bytes, digest: bytes, signature: bytes) -> bool:
    """Return whether the key signed the digest; malformed bytes make it False, never an exception."""
    if len(key) != 33 or len(signature) != SIGNATURE_BYTES or len(digest) != 32:
        return False
    try:
        return PublicKeyXOnly(key[1:]).verify(signature, digest)
    except ValueError:
        return False


def sign_ecdsa(secret: int, digest: bytes) -> bytes:
    """Return the ECDSA signature over a 32-byte digest in DER, low s; consumes no randomness."""
    if len(digest) != 32:
        raise KeyMaterialError("digest_not_32_bytes", value=digest)
    return _private(secret).sign(digest, hasher=None)


def verify_ecdsa(key: bytes, digest: bytes, signature: bytes) -> bool:
    """Return whether the key signed the digest; malformed bytes make it False, never an exception."""
    if len(key) != 33 or len(digest) != 32:
        return False
    try:
        return PublicKey(key).verify(signature, digest, hasher=None)
    except ValueError:
        return False


def tweak_add(x_only: bytes, tweak: bytes) -> tuple[bytes, int]:
    """Return key + tweak·G as its x coordinate and the parity of y; raises :class:`KeyMaterialError`.

    Source: BIP341, "taproot_tweak_pubkey".
    """
    try:
        point = PublicKey(b"\x02" + x_only).add(tweak).format(compressed=True)
    except ValueError:
        raise KeyMaterialError("not_a_key", value=x_only) from None
    return point[1:], point[0] & 1


def _private(secret: int) -> PrivateKey:
    if not 0 < secret < CURVE_ORDER:
        raise KeyMaterialError("secret_out_of_range", order=CURVE_ORDER)
    return PrivateKey(secret.to_bytes(32, "big"))
