from __future__ import annotations

from pathlib import Path

import pytest

from alyslab.phases.foundation import FOUNDATION
from tests.notebooks.notebook import Notebook, not_passed

NOTEBOOK = Notebook("foundation")


def test_the_parameters_are_those_of_the_phase_with_its_defaults() -> None:
    """A default that differs here would make `alyslab run` and a call of the phase two experiments."""
    own = {"seed", "profile"}
    declared = NOTEBOOK.declared()
    assert {name: value for name, value in declared.items() if name not in own} == FOUNDATION.parameters


SMALL = {"peers": 12, "blocks": 3, "degree": 4}


@pytest.mark.slow
def test_a_small_network_passes_and_says_how_to_replay_it(tmp_path: Path) -> None:
    """The whole path: parameters in, phase run, figures drawn, verdict out."""
    code, glued = NOTEBOOK.execute(tmp_path / "out.ipynb", seed=3, **SMALL)
    assert code == 0
    assert list(glued)[-1] == "verdict"
    assert glued["verdict"]["status"] == "pass", not_passed(glued["verdict"])
    assert glued["provenance"]["parameters"]["peers"] == 12
    assert {run["token"][:6] for run in glued["provenance"]["runs"]} == {"alys1-"}


@pytest.mark.slow
def test_blocks_too_large_for_the_slot_fail_the_verdict(tmp_path: Path) -> None:
    """The notebook must be able to say no: ten times the bytes don't fit a slot."""
    code, glued = NOTEBOOK.execute(tmp_path / "out.ipynb", seed=3, **SMALL, block_bytes=5_350_000)
    assert code == 0
    failed = {check["name"] for check in glued["verdict"]["checks"] if check["passed"] is False}
    assert "the median block reaches nine tenths of the peers within its slot" in failed


@pytest.mark.slow
def test_an_impossible_network_ends_the_notebook_without_a_verdict(tmp_path: Path) -> None:
    """A broken experiment is neither pass nor fail."""
    code, glued = NOTEBOOK.execute(tmp_path / "out.ipynb", peers=4, degree=9)
    assert code != 0
    assert "verdict" not in glued
