"""Nothing is drawn outside Hypothesis: what it does not draw, it can neither repeat nor shrink."""

from __future__ import annotations

import ast
import uuid
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from alyslab.property import generators
from alyslab.property.case import to_json
from alyslab.property.profiles import profile
from tests.property.generators.test_shrinking import SHRINKS, strategy_of

CASES = 4
SOURCES = sorted(Path(generators.__file__).parent.glob("*.py"))
ELSEWHERE = {"datetime", "numpy", "os", "random", "secrets", "time", "uuid"}
"""Modules from which something could be drawn."""
PLANS = [name for name in SHRINKS if name not in ("topologies", "journal_plans")]


def drawn(strategy: st.SearchStrategy) -> list:
    """Draw a few cases with one seed."""
    cases = []

    @hypothesis.seed(1)
    @hypothesis.settings(profile("quick"), max_examples=CASES, derandomize=False, database=None)
    @hypothesis.given(strategy)
    def draw(case):
        cases.append(case)

    draw()
    return cases


@pytest.mark.parametrize("name", PLANS)
def test_one_seed_draws_the_same_cases(name):
    """Every plan, as a token would carry it."""
    first, second = drawn(strategy_of(name)), drawn(strategy_of(name))

    assert first
    assert [to_json(case) for case in first] == [to_json(case) for case in second]


def test_what_is_drawn_elsewhere_would_be_noticed():
    """A case with a name that no seed knows."""
    named = st.builds(lambda number: (number, uuid.uuid4().hex), st.integers())

    assert drawn(named) != drawn(named)


def chance_in(source: str) -> set[str]:
    """Return what a source could draw from by itself; random numbers of a fixed seed are none."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names} & ELSEWHERE
        elif isinstance(node, ast.ImportFrom):
            names = {f"{(node.module or '').partition('.')[0]}.{alias.name}" for alias in node.names}
            found |= {name for name in names - {"random.Random"} if name.partition(".")[0] in ELSEWHERE}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Random":
            found |= set() if [ast.unparse(one) for one in node.args] == ["0"] else {ast.unparse(node)}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_generator_has_another_source_of_chance(path):
    """Hypothesis seeds `random` itself, so that draws from there repeat and still never shrink."""
    assert chance_in(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "line",
    ["import random", "from time import time_ns", "from random import choice", "Random()", "Random(x)"],
)
def test_each_other_source_of_chance_would_be_noticed(line):
    """The reading of the sources bites."""
    assert len(chance_in(line)) == 1
