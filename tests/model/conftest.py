"""Chains that several tests read; building one costs milliseconds, signing it for real a little more."""

from __future__ import annotations

from random import Random

import pytest

from alyslab.model.generate import Builder, generate
from alyslab.model.scheme import IdealScheme, RealScheme
from alyslab.model.shape import Shape
from alyslab.model.stage import Stage, set_stage


@pytest.fixture(scope="package")
def builder() -> Builder:
    """A chain of 30 blocks with peg flows and proofs of work; read only."""
    return generate(Random(11), IdealScheme(), 30, Shape(foreign_burns=True))


@pytest.fixture
def stage() -> Stage:
    """A stage of the test's own."""
    return set_stage(Random(5), IdealScheme())


@pytest.fixture(scope="package", params=[IdealScheme, RealScheme], ids=["ideal", "real"])
def any_stage(request: pytest.FixtureRequest) -> Stage:
    """A stage under each scheme; mutations leave it as it was."""
    return set_stage(Random(3), request.param())
