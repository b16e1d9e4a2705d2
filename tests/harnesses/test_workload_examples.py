"""The example at the head of each package of workloads runs as it stands there."""

from __future__ import annotations

import importlib

import pytest

PACKAGES = ("actor", "consensus", "network", "sync")


@pytest.mark.parametrize("harness", PACKAGES)
def test_the_example_of_the_page_passes(harness: str) -> None:
    """It is what a newcomer copies first; one of them named a parameter that was not there."""
    package = importlib.import_module(f"alyslab.harnesses.{harness}.workloads")
    assert package.__doc__ is not None
    lines = [line.strip() for line in package.__doc__.partition("::")[2].splitlines() if line.strip()]
    names = {"WORKLOADS": package.WORKLOADS}
    exec(lines[0], names)

    assert eval(lines[1], names) == "pass"
