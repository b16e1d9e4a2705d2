"""Replay tokens: exact round trips, and no way in for damaged or hostile ones."""

from __future__ import annotations

import base64
import json
import string
import zlib
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import BadInputError, TokenError
from alyslab.runtime.token import PREFIX, Token, python_minor

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
TOKENS = st.builds(
    Token,
    workload=st.text(min_size=1, max_size=30),
    seed=st.integers(0, 2**63 - 1),
    strategy=st.sampled_from(["fifo", "random", "pct:3:100", "recorded"]),
    choices=st.lists(st.integers(0, 50), max_size=30).map(tuple),
    parameters=st.dictionaries(st.text(max_size=6), JSON, max_size=3),
    planted=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    activation_ratio=st.floats(0, 1),
    max_steps=st.one_of(st.none(), st.integers(1, 10**9)),
    max_time_s=st.one_of(st.none(), st.floats(0.1, 1e9)),
    python=st.sampled_from(["3.11", "3.12", "3.13"]),
    journal_digest=st.text("0123456789abcdef", min_size=16, max_size=16),
    choices_digest=st.text("0123456789abcdef", min_size=16, max_size=16),
    importable=st.booleans(),
)
SAMPLE = Token(
    workload="package.module:main",
    seed=7,
    choices=(1, 0, 2),
    strategy="recorded",
    parameters={"peers": 8},
    journal_digest="0" * 16,
)


def packed(document: object) -> str:
    """Return a token around any document, with a right check sum: what somebody hostile would make."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    body = zlib.compress(text, 9, -15)
    raw = blake2b(body, digest_size=3).digest() + body
    return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def document(**changes: object) -> dict[str, object]:
    """Return a well-formed document with some of its entries changed."""
    return {"w": "asyncio:sleep", "s": 1, "v": python_minor(), **changes}


@given(TOKENS)
def test_round_trip_is_exact(token):
    """A token is all that is left of a failure found at night."""
    text = str(token)
    assert Token.parse(text) == token
    assert str(Token.parse(text)) == text
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")


def test_token_is_short_enough_for_a_chat_message():
    """Defaults are left out."""
    assert (
        len(
            str(
                Token(
                    workload="package.module:main",
                    seed=123_456,
                    journal_digest="a" * 16,
                    choices_digest="b" * 16,
                )
            )
        )
        < 200
    )


def test_surrounding_space_is_no_mistake():
    """Copying from a log takes it along."""
    assert Token.parse(f"  {SAMPLE}\n") == SAMPLE


@given(TOKENS, st.data())
def test_every_change_of_a_character_is_found(token, data):
    """A mistyped token that replays something else would be worse than none."""
    text = str(token)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(
        st.one_of(st.sampled_from(string.ascii_letters + string.digits + "-_+/=!. "), st.characters())
    )
    changed = text[:at] + other + text[at + 1 :]
    if changed != text:
        with pytest.raises(TokenError):
            Token.parse(changed)


def test_every_last_character_but_the_right_one_is_refused():
    """Base64's unused bits would let some through."""
    text = str(SAMPLE)
    for character in string.ascii_letters + string.digits + "-_+/":
        if character != text[-1]:
            with pytest.raises(TokenError):
                Token.parse(text[:-1] + character)


def test_every_truncation_is_found():
    """Terminals cut lines."""
    text = str(SAMPLE)
    for length in range(len(text)):
        with pytest.raises(TokenError):
            Token.parse(text[:length])


@pytest.mark.parametrize("extra", ["=", "A", "\x00", "AAAA", "!!", "\n\nmore"])
def test_anything_appended_is_found(extra):
    """A token followed by something else is not that token."""
    with pytest.raises(TokenError):
        Token.parse(str(SAMPLE) + extra)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alys1-",
        "alys2-AAAA",
        "alys1",
        "not a token",
        "alys1-" + "A" * 100,
        "alys1-" + "A" * 2_000_000,
        "alys1-é",
        "alys1-\ud800",
        packed(b""),
        packed(b"{"),
        packed([]),
        packed(None),
        packed("text"),
        packed({}),
        packed(document(x=1)),
        packed(b"[" * 200_000),
        packed(b" " * 17_000_000),
        packed(b'{"w":"' + b"a" * 40_000_000),
        packed(b"\xff\xfe"),
        packed(document(s=10**30, n=1)).replace("alys1", "alys0"),
        packed(b'{"w":"a:b","s":' + b"9" * 10_000 + b',"v":"3.11"}'),
    ],
)
def test_what_is_no_token_is_a_token_error(text):
    """One clear message, exit code 2, and no more memory than a token needs."""
    with pytest.raises(TokenError) as caught:
        Token.parse(text)
    assert caught.value.exit_code == 2
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "changes",
    [
        {"w": 5},
        {"w": None},
        {"s": "1"},
        {"s": 1.5},
        {"s": None},
        {"y": 5},
        {"c": "12"},
        {"c": {"0": 1}},
        {"c": ["1"]},
        {"c": [1.5]},
        {"c": [[]]},
        {"p": []},
        {"b": "name"},
        {"b": [5]},
        {"b": [[]]},
        {"a": "x"},
        {"n": "5"},
        {"n": 1.5},
        {"t": []},
        {"v": 3.11},
        {"j": 5},
        {"d": None},
        {"i": "yes"},
        {"i": 1},
    ],
    ids=str,
)
def test_wrong_type_is_a_token_error_that_names_the_field(changes):
    """A hostile token may have any content and a right check sum."""
    with pytest.raises(TokenError):
        Token.parse(packed(document(**changes)))


def test_digests_are_compared_by_their_beginnings():
    """The token carries 16 digits of each, and both must fit."""
    token = Token(workload="a:b", seed=1, journal_digest="a" * 16, choices_digest="b" * 16)
    assert token.expects("a" * 32, "b" * 32)
    assert not token.expects("a" * 32, "c" * 32)
    assert not token.expects("c" * 32, "b" * 32)


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_token_of_what_is_not_json_is_bad_input(value):
    """It could not be read back."""
    with pytest.raises(BadInputError):
        str(Token(workload="a:b", seed=1, parameters={"x": value}))
