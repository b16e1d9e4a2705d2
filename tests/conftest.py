"""What all tests share: how Hypothesis searches, and figures that need no screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from alyslab.property.profiles import CASES, VARIABLE, profile
from alyslab.property.provider import own_constants_only

# Read when matplotlib is imported, by the tests and by the processes that they start.
os.environ["MPLBACKEND"] = "Agg"

# The properties' own profiles, so that a name means one thing; a single test draws a third as many cases.
SHARE = 3
for _name, _cases in CASES.items():
    settings.register_profile(_name, profile(_name), max_examples=_cases // SHARE)
settings.load_profile(os.environ.get(VARIABLE, "quick"))


@pytest.fixture(scope="session", autouse=True)
def _draws_follow_the_seed() -> Iterator[None]:
    """Let no test draw what stands in modules that others imported, nor wait until all of them are read."""
    with own_constants_only():
        yield


@pytest.fixture(autouse=True)
def _recursion_limit_stays() -> Iterator[None]:
    """Undo what py_ecc does as it is imported: deep JSON would then end the process and not be refused."""
    before = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(before)
