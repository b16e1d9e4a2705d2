"""Planted defects are falsified in few cases, and every defect of the catalogue is accounted for."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from alyslab.property.hunt import CASES_MOST, Hunt, hunt, hunt_all, target_named
from alyslab.property.reach import OUT_OF_REACH, REACH
from alyslab.runtime.replay import replay

ROOT = Path(__file__).parents[2]
QUICK = ("model.state_root_not_compared", "model.early_approvals_lost")
SLOW_CASES = 300
# One defect of each property or machine; all of them in the soak.
SLOW = sorted({finder: defect for defect, finder in reversed(REACH.items())}.values())


def alyslab(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command of the laboratory in a process of its own."""
    command = [sys.executable, "-c", "from alyslab.cli import app; app()", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("defect", QUICK)
def test_a_planted_defect_is_found_and_its_smallest_case_replays(defect):
    """The whole way: plant, falsify, shrink, replay."""
    found = hunt(defect, shrink=True)

    assert found.found
    assert replay(found.last.counterexample.token).same


@pytest.mark.parametrize("defect", ["model.early_approvals_lost", "actor.state_survives_restart"])
def test_a_printed_token_replays_in_a_fresh_process(defect, tmp_path):
    """Who reads a token in CI's log has imported nothing: not the property, nor what the defect is of."""
    token = hunt(defect).last.counterexample.token

    done = alyslab("replay", token, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "same" in done.stdout
    assert "ended with Falsified" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("defect", SLOW)
def test_each_property_finds_a_defect_and_gives_its_token(defect):
    """A property that no defect can falsify says nothing; a failure without a token can't be mended."""
    found = hunt(defect, cases=SLOW_CASES)

    assert found.found, f"{found.by} missed {defect} in {SLOW_CASES} cases"
    assert replay(found.last.counterexample.token).same


def catalogue_of_a_fresh_process() -> set[str]:
    """Every planted defect of the laboratory; tests plant some of their own in this process."""
    entries = json.loads(alyslab("sites", "--json").stdout)
    return {entry["name"] for entry in entries if entry["kind"] == "planted"}


def test_every_defect_of_the_catalogue_is_reached_or_has_a_reason():
    """A defect that is added and hunted by nothing would be found by nobody."""
    planted = catalogue_of_a_fresh_process()

    assert planted - REACH.keys() - OUT_OF_REACH.keys() == set()
    assert (REACH.keys() | OUT_OF_REACH.keys()) - planted == set(), "these are planted no more"
    assert REACH.keys() & OUT_OF_REACH.keys() == set()


def test_every_property_and_machine_that_finds_defects_exists():
    """A name that nothing bears would hunt nothing."""
    found = {name: target_named(name) for name in REACH.values()}

    assert len(found) > 10
    assert all(found.values())


PLANT_ALL = """
from alyslab.property.hunt import target_named
from alyslab.property.reach import REACH
from alyslab.runtime.sites import planting
for finder in set(REACH.values()):
    target_named(finder)
with planting(*REACH):
    print(len(REACH))
"""


def test_every_reachable_defect_can_be_planted_where_nothing_else_is_imported():
    """A hunt or a replay in a fresh process must know the defects of what it tests."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PLANT_ALL], env=environment, capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == str(len(REACH)), done.stderr


@pytest.fixture(scope="module")
def hunts() -> list[Hunt]:
    """Every reachable defect, hunted once: some minutes of an idle machine."""
    return hunt_all(cases=CASES_MOST)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_every_reachable_defect_is_falsified_within_a_thousand_cases(hunts):
    """Issue 8, Numbers; ``alyslab bench --only property_detection`` shows the cases of each."""
    assert [one.defect for one in hunts if not one.found] == []


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_the_median_defect_is_falsified_within_a_hundred_cases(hunts):
    """Issue 8, Numbers: median under 100."""
    assert statistics.median(one.median_cases or CASES_MOST for one in hunts) < 100
