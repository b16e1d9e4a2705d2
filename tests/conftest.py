"""What all tests share: how Hypothesis searches, and figures that need no screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Read when matplotlib is imported, by the tests and by the processes that they start.
os.environ["MPLBACKEND"] = "Agg"

# Derandomised: a failure seen once is seen by everybody. No deadline: machines differ, verdicts must not.
settings.register_profile("quick", max_examples=30, derandomize=True, deadline=None, database=None)
settings.register_profile("ci", parent=settings.get_profile("quick"), max_examples=150)
settings.register_profile("soak", parent=settings.get_profile("quick"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(autouse=True)
def _recursion_limit_stays() -> Iterator[None]:
    """Undo what py_ecc does as it is imported: deep JSON would then end the process and not be refused."""
    before = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(before)
