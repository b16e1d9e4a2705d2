"""Other implementations of the ciphersuite agree on what is valid, what is wrong, and what is malformed.

A scheme that only agrees with itself may be any scheme.  py_ecc takes most of
a second for a verification, so that it sees the cases of each kind once here
and the whole table in the slow tests.
"""

from __future__ import annotations

import importlib
import warnings
from typing import Any, NamedTuple

import pytest

from alyslab.model import bls

ONE, TWO, THREE = 0x1234567, 2, 3
KEYS = [bls.public_key(secret) for secret in (ONE, TWO, THREE)]
INFINITY_KEY, INFINITY = b"\xc0" + bytes(47), b"\xc0" + bytes(95)
# on the curve, but not in the group: the first point of appendix J.9.1 of the hash-to-curve draft
OUTSIDE = bytes.fromhex(
    "960003aaf1632b13396dbad518effa00fff532f604de1a7fc2082ff4cb0afa2d63b2c32da1bef2bf6c5ca62dc6b72f9c"
)


class Case(NamedTuple):
    """One question to all implementations."""

    keys: list[bytes]
    message: bytes
    signature: bytes


SIGNED = bls.sign([ONE, TWO, THREE], b"message")
ALONE = bls.sign([ONE], b"message")
CASES: dict[str, Case] = {
    "valid, one key": Case(KEYS[:1], b"message", ALONE),
    "valid, three keys": Case(KEYS, b"message", SIGNED),
    "valid, empty message": Case(KEYS[:1], b"", bls.sign([ONE], b"")),
    "valid, a key twice": Case([KEYS[0], KEYS[0]], b"message", bls.aggregate([ALONE, ALONE])),
    "another message": Case(KEYS, b"massage", SIGNED),
    "a key too few": Case(KEYS[:2], b"message", SIGNED),
    "a key too many": Case([*KEYS, KEYS[0]], b"message", SIGNED),
    "another's signature": Case(KEYS[1:2], b"message", ALONE),
    "signature of a proof": Case(KEYS[:1], KEYS[0], bls.prove_possession(ONE)),
    "no keys": Case([], b"message", SIGNED),
    "key at infinity": Case([INFINITY_KEY], b"message", INFINITY),
    "one of the keys at infinity": Case([KEYS[0], INFINITY_KEY], b"message", ALONE),
    "signature at infinity": Case(KEYS[:1], b"message", INFINITY),
    "key outside the group": Case([OUTSIDE], b"message", ALONE),
    "key of zeros": Case([bytes(48)], b"message", ALONE),
    "signature of zeros": Case(KEYS[:1], b"message", bytes(96)),
    "signature off the curve": Case(KEYS[:1], b"message", ALONE[:-4] + b"\xff" * 4),
    "sign bit flipped": Case(KEYS[:1], b"message", bytes([ALONE[0] ^ 0x20]) + ALONE[1:]),
    "not compressed": Case(KEYS[:1], b"message", bytes([ALONE[0] ^ 0x80]) + ALONE[1:]),
    "key too short": Case([KEYS[0][:-1]], b"message", ALONE),
    "signature too short": Case(KEYS[:1], b"message", ALONE[:-1]),
}
VALID = {name for name in CASES if name.startswith("valid")}
QUICK = ["valid, three keys", "key outside the group", "signature off the curve", "key at infinity"]


def _suite(module: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # milagro says of itself that nobody keeps it
        try:
            other: Any = importlib.import_module(module)
        except ImportError:
            pytest.skip(f"{module} is a development dependency")
    return getattr(other, "G2ProofOfPossession", other)


def _answer(verify: Any, *arguments: Any) -> bool:
    """Return the verdict; an implementation that raises for malformed bytes has refused them."""
    try:
        return bool(verify(*arguments))
    except Exception:
        return False


def _secret(module: str) -> Any:
    return ONE if module == "py_ecc.bls" else ONE.to_bytes(32, "big")


@pytest.mark.parametrize("name", CASES)
def test_the_table_of_verdicts(name: str) -> None:
    """What the others are compared with, so that two libraries that refuse everything prove nothing."""
    case = CASES[name]
    assert bls.verify(case.keys, case.message, case.signature) is (name in VALID)


@pytest.mark.parametrize("module", ["py_ecc.bls", "milagro_bls_binding"])
def test_others_make_the_same_bytes(module: str) -> None:
    """Keys, signatures, aggregates and proofs."""
    suite, secret = _suite(module), _secret(module)
    assert bytes(suite.Sign(secret, b"message")) == ALONE
    assert bytes(suite.SkToPk(secret)) == KEYS[0]
    assert bytes(suite.Aggregate([ALONE, bls.sign([TWO, THREE], b"message")])) == SIGNED
    if module == "py_ecc.bls":
        assert bytes(suite.PopProve(secret)) == bls.prove_possession(ONE)


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("milagro_bls_binding", list(CASES)),
        ("py_ecc.bls", QUICK),
        pytest.param("py_ecc.bls", list(CASES), marks=pytest.mark.slow),
    ],
    ids=["milagro", "py_ecc", "py_ecc all"],
)
def test_others_give_the_same_verdicts(module: str, names: list[str]) -> None:
    """FastAggregateVerify for all, Verify where there is one key."""
    suite = _suite(module)
    for name in names:
        case = CASES[name]
        expected = name in VALID
        assert _answer(suite.FastAggregateVerify, case.keys, case.message, case.signature) is expected, name
        if len(case.keys) == 1 and (module != "py_ecc.bls" or names is not QUICK):
            assert _answer(suite.Verify, case.keys[0], case.message, case.signature) is expected, name


PROOFS = {
    "right": (KEYS[0], bls.prove_possession(ONE), True),
    "another's": (KEYS[1], bls.prove_possession(ONE), False),
    "a signature over the key, not a proof": (KEYS[0], bls.sign([ONE], KEYS[0]), False),
    "at infinity": (INFINITY_KEY, INFINITY, False),
    "outside the group": (OUTSIDE, bls.prove_possession(ONE), False),
    "too short": (KEYS[0], bls.prove_possession(ONE)[:95], False),
}


@pytest.mark.parametrize("name", PROOFS)
def test_proofs_of_possession(name: str) -> None:
    """A proof is its own kind of signature, and its key's only."""
    key, proof, holds = PROOFS[name]
    assert bls.verify_possession(key, proof) is holds


@pytest.mark.parametrize(
    "names", [["right", "outside the group"], pytest.param(list(PROOFS), marks=pytest.mark.slow)], ids=len
)
def test_py_ecc_agrees_on_proofs(names: list[str]) -> None:
    """PopVerify; milagro has none."""
    suite = _suite("py_ecc.bls")
    for name in names:
        key, proof, holds = PROOFS[name]
        assert _answer(suite.PopVerify, key, proof) is holds, name
