"""The models describe each key well enough to read it, set it and correct it."""

from __future__ import annotations

import re

import pytest

from alyslab.config.keys import Key, known_keys, nearest_key
from alyslab.wording import closest

KEYS = sorted(known_keys().values(), key=lambda key: key.dotted)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.dotted)
def test_every_key_is_described_and_its_numbers_have_a_range(key: Key) -> None:
    """The reference page and every message are made of this."""
    assert re.fullmatch(r"[A-Z].*\.", key.meaning)
    if key.kind in (int, float):
        assert key.lower is not None
        assert key.upper is not None
    if key.kind is float:
        assert re.search(r"_(s|ms|ratio|bytes)$", key.name), "a measured value names its unit"


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.dotted)
def test_the_bounds_that_are_told_are_those_that_are_enforced(key: Key) -> None:
    """A message that allows what is refused sends its reader in circles."""
    for bound, away in ((key.lower, -1), (key.upper, 1)):
        if bound is None:
            continue
        sign, limit = bound
        value = key.kind(limit)
        if sign in (">=", "<="):
            assert key.adapter.validate_python(value) == value
            value += away
        with pytest.raises(ValueError, match="Input should be"):
            key.adapter.validate_python(value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("execution.jbos", "execution.jobs"),
        ("exection.jobs", "execution.jobs"),
        ("jobs", "execution.jobs"),
        ("jobbs", "execution.jobs"),
        ("paths.output", "paths.outputs"),
        ("output", "paths.outputs"),
        ("zzz.levels", "logging.level"),
        ("q", None),
        ("execution." + "j" * 10_000, None),
    ],
)
def test_a_misspelt_key_leads_to_the_nearest_known_one(name: str, meant: str | None) -> None:
    """And to none when nothing is near, however long it is."""
    assert nearest_key(name) == meant


def test_no_two_keys_have_the_same_last_name() -> None:
    """A key outside its table leads to its own table only while its name says which."""
    leaves = [key.name for key in KEYS]
    assert len(leaves) == len(set(leaves))


def test_nearest_compares_only_with_what_it_is_given() -> None:
    """A section is never mistaken for a preset."""
    assert closest("loca", ["local", "ci"]) == "local"
    assert closest("loca", ["ci"]) is None
