"""Signatures are those of Ethereum's ciphersuite, one at a time, aggregated and in batches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alyslab.model import bls
from alyslab.model.bls import SignedMessage
from alyslab.model.errors import KeyMaterialError
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme

SECRETS = (11, 12, 13)


def _items(count: int, scheme: SignatureScheme) -> list[SignedMessage]:
    keys = tuple(scheme.public_key(secret) for secret in SECRETS)
    subsets = [(0, 1, 2), (0, 1), (1, 2)]
    items = []
    for number in range(count):
        chosen = subsets[number % 3]
        message = number.to_bytes(32, "big")
        point = scheme.sign([SECRETS[i] for i in chosen], message)
        items.append(SignedMessage(tuple(keys[i] for i in chosen), message, point))
    return items


def test_known_answers_of_the_ciphersuite() -> None:
    """Closed vectors: the generator, and a case of Ethereum's published "sign" tests."""
    generator = (
        "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
    )
    assert bls.public_key(1).hex() == generator
    secret = 0x263DBD792F5B1BE47ED85F8938C0F29586AF0D3AC7B977F21C278FE1462040E3
    assert bls.sign([secret], bytes(32)).hex() == (
        "b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb5158090"
        "352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55"
    )


@pytest.mark.parametrize("scheme", [RealScheme(), IdealScheme()], ids=["real", "ideal"])
def test_signing_together_is_aggregating(scheme: SignatureScheme) -> None:
    """The generator signs with the sum of the secrets; nobody may see a difference."""
    each = [scheme.sign([secret], b"m") for secret in SECRETS]
    assert scheme.aggregate(each) == scheme.sign(SECRETS, b"m")


@pytest.mark.parametrize("scheme", [RealScheme(), IdealScheme()], ids=["real", "ideal"])
def test_only_the_signers_of_the_message_verify(scheme: SignatureScheme) -> None:
    """The same table of verdicts for both schemes is what lets one stand for the other."""
    keys = [scheme.public_key(secret) for secret in SECRETS]
    signed = scheme.sign(SECRETS, b"m")
    twice = scheme.aggregate([signed, scheme.sign(SECRETS[:1], b"m")])
    proof = scheme.prove_possession(SECRETS[0])
    verdicts = {
        "right": scheme.verify(keys, b"m", signed),
        "order does not matter": scheme.verify(keys[::-1], b"m", signed),
        "other message": scheme.verify(keys, b"n", signed),
        "one key too few": scheme.verify(keys[:2], b"m", signed),
        "one key too many": scheme.verify([*keys, keys[0]], b"m", signed),
        "twice signed, twice named": scheme.verify([*keys, keys[0]], b"m", twice),
        "nobody": scheme.verify([], b"m", signed),
        "not a point": scheme.verify(keys, b"m", bytes(96)),
        "too short": scheme.verify(keys, b"m", signed[:95]),
        "not a key": scheme.verify([bytes(48)], b"m", signed),
        "possession": scheme.verify_possession(keys[0], proof),
        "another's possession": scheme.verify_possession(keys[1], proof),
        "possession is no signature": scheme.verify(keys[:1], keys[0], proof),
    }
    true = {name for name, verdict in verdicts.items() if verdict}
    assert true == {"right", "order does not matter", "twice signed, twice named", "possession"}


@pytest.mark.parametrize("scheme", [RealScheme(), IdealScheme()], ids=["real", "ideal"])
@pytest.mark.parametrize("forged", [(), (4,), (0, 1, 11), tuple(range(12))])
def test_a_batch_names_its_forgers(scheme: SignatureScheme, forged: tuple[int, ...]) -> None:
    """A batch that only says "something is wrong" stops the sync instead of the forger."""
    items = _items(12, scheme)
    for index in forged:
        items[index] = SignedMessage(items[index].public_keys, b"other", items[index].signature)
    assert scheme.forged(items) == forged


def test_a_batch_of_cancelling_forgeries_is_found() -> None:
    """Two wrong signatures whose errors add up to nothing pass a sum without random coefficients."""
    items = _items(3, RealScheme())
    one, two = (bls.sign(SECRETS, message) for message in (items[0].message, items[1].message))
    swapped = [
        SignedMessage(items[0].public_keys, items[0].message, two),
        SignedMessage(items[0].public_keys, items[1].message, one),
    ]
    assert bls.forged(swapped) == (0, 1)


def test_malformed_members_of_a_batch_are_named() -> None:
    """Bytes that are no point must not spoil the batch for the others."""
    items = _items(4, RealScheme())
    items[2] = SignedMessage(items[2].public_keys, items[2].message, b"\xff" * 96)
    items[3] = SignedMessage((bytes(48),), items[3].message, items[3].signature)
    assert bls.forged(items) == (2, 3)
    assert bls.forged(()) == ()


def test_pieces_of_a_batch_keep_their_places() -> None:
    """With workers the indices of the second half must not start at nought."""
    with ThreadPoolExecutor(2) as pool:
        scheme = RealScheme(pool, parts=3)
        items = _items(11, scheme)
        items[7] = SignedMessage(items[7].public_keys, b"other", items[7].signature)
        assert scheme.forged(items) == (7,)


def test_one_signature_has_one_encoding() -> None:
    """The library takes any bytes behind the infinity flag; two encodings would be two blocks."""
    good, keys = bls.sign([1], b"m"), [bls.public_key(1)]
    assert bls.verify(keys, b"m", good)
    for mask in (0x80, 0x40, 0x20):
        assert not bls.verify(keys, b"m", bytes([good[0] ^ mask]) + good[1:])
    infinity = b"\xc0" + bytes(95)
    assert not bls.verify(keys, b"m", infinity)
    assert bls.aggregate([infinity, good]) == good
    for bad in (b"\xff" * 96, b"\xc0" + bytes(94) + b"\1", b"\xe0" + bytes(95)):
        with pytest.raises(KeyMaterialError, match="not_a_signature"):
            bls.aggregate([bad])


@given(key=st.binary(max_size=60), point=st.binary(max_size=110))
@settings(max_examples=60)
def test_no_bytes_raise_in_verification(key: bytes, point: bytes) -> None:
    """Signatures come from strangers."""
    assert not bls.verify([key], b"m", point)
    assert not bls.verify([bls.public_key(1)], b"m", point.ljust(96, b"\1")[:96])


@pytest.mark.parametrize("scheme", [RealScheme(), IdealScheme()], ids=["real", "ideal"])
@pytest.mark.parametrize("secret", [0, -1, bls.CURVE_ORDER])
def test_secrets_out_of_range_are_refused(scheme: SignatureScheme, secret: int) -> None:
    """Secret 0 signs everything with the point at infinity."""
    with pytest.raises(KeyMaterialError, match="secret_out_of_range"):
        scheme.public_key(secret)
    with pytest.raises(KeyMaterialError):
        scheme.sign([secret], b"m")


@pytest.mark.parametrize("scheme", [RealScheme(), IdealScheme()], ids=["real", "ideal"])
def test_aggregating_nothing_or_nonsense_is_refused(scheme: SignatureScheme) -> None:
    """An empty aggregate is the point at infinity, which must not count as a signature."""
    for signatures in ([], [b"\xff" * 96]):
        with pytest.raises(KeyMaterialError):
            scheme.aggregate(signatures)


def test_an_ideal_signature_cannot_be_computed_by_an_outsider() -> None:
    """Only the table decides: the same bytes from another world are worth nothing."""
    outsider, world = IdealScheme(), IdealScheme()
    point = outsider.sign(SECRETS, b"m")
    assert not world.verify([world.public_key(secret) for secret in SECRETS], b"m", point)
