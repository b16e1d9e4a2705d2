"""Set-up happens when it must and only then, and a machine that can't carry it hears why."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def make(place: Path, *words: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = ["make", *words, f"PYTHON={python}"]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=60)


def planned(place: Path, target: str) -> str:
    """What `make` would do, without doing it."""
    done = make(place, "--dry-run", target)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pretend_set_up(place: Path, target: str) -> None:
    """Leave behind what a set-up leaves for the next call to find."""
    (place / ".venv").mkdir(exist_ok=True)
    for stamp in re.findall(r"\.venv/(?:made|lab|dev)-[\d-]+", planned(place, target)):
        (place / stamp).touch()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    place = tmp_path / "a folder"
    place.mkdir()
    shutil.copytree(ROOT / ".ci", place / ".ci")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, place)
    return place


@pytest.mark.parametrize("target", ["lab", "test"])
def test_a_second_call_installs_nothing(checkout: Path, target: str) -> None:
    """Set-up takes minutes; whoever runs the tests often must not wait for it."""
    assert "pip install" in planned(checkout, target)

    pretend_set_up(checkout, target)

    assert "pip install" not in planned(checkout, target)


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_a_changed_list_of_packages_installs_again(checkout: Path, name: str) -> None:
    """After a pull the environment must follow, or tests fail for reasons that nobody sees."""
    pretend_set_up(checkout, "test")
    with (checkout / name).open("a") as file:
        file.write("# changed\n")

    plan = planned(checkout, "test")

    assert "pip install" in plan
    assert "-m venv" not in plan


def test_a_moved_checkout_gets_a_new_environment(checkout: Path) -> None:
    """An environment knows its folder by its full path; moved, it would run the code left behind."""
    pretend_set_up(checkout, "test")
    moved = checkout.rename(checkout.parent / "elsewhere")

    assert "-m venv --clear" in planned(moved, "test")


def test_the_tools_for_developing_suffice_for_the_lab(checkout: Path) -> None:
    """`make test` then `make lab` must not install twice."""
    pretend_set_up(checkout, "test")

    assert "pip install" not in planned(checkout, "lab")


def old_python(place: Path) -> Path:
    """A Python that says it is 3.9."""
    path = place / "python-old"
    program = "import sys; sys.version_info = (3, 9, 0); sys.argv[1:2] = []; exec(sys.stdin.read())"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{program}" "$@"\n')
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old_is_named_before_anything_is_made(checkout: Path) -> None:
    """pip would fail minutes later, with a page about wheels."""
    done = make(checkout, "lab", python=str(old_python(checkout.parent)))

    assert done.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "is 3.9" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_not_there_is_named(checkout: Path) -> None:
    """`python3: not found` leaves a newcomer without the next step."""
    done = make(checkout, "lab", python="python-nowhere")

    assert done.returncode != 0
    assert "there is no 'python-nowhere'" in done.stderr
    assert "make lab PYTHON=" in done.stderr
