"""The project's files agree with each other, and importing costs little.

The house's rules on who may import whom are in test_architecture.py.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import alyslab

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# What conda-forge calls a package that has another name in pyproject.toml.
CONDA_NAMES = {"docker": "docker-py", "matplotlib": "matplotlib-base", "msgpack": "msgpack-python"}

# Packages that a notebook's first `import alyslab` must not wait for.
HEAVY = {
    "aiomqtt",
    "docker",
    "hypothesis",
    "ipykernel",
    "IPython",
    "jsonschema",
    "jupyter_client",
    "matplotlib",
    "nbclient",
    "nbconvert",
    "nbformat",
    "networkx",
    "numba",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "rich",
    "scipy",
    "scrapbook",
    "seaborn",
    "tqdm",
    "typer",
}

# An option, variable or key that names a package index, or the address of one or of a file on it.
INDEX_ADDRESS = re.compile(
    r"(extra-)?index[-_]url\s*[=:\s]\s*\S+://"
    r"|--find[-]links|--index\s+\S+://"
    r"|\w+://[^\s\"'<>)]+/simple/?([\s\"'<>)]|$)"
    r"|\w+://[^\s\"'<>)]+\.(whl|tgz|tar\.gz|conda)\b"
    r"|\bregistry\s*[=:]\s*[\"']?\w+://",
    re.IGNORECASE | re.MULTILINE,
)


def tracked_files() -> list[Path]:
    """What git keeps, or would keep at the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def bounds_by_name(requirements: list[str]) -> dict[str, str]:
    parsed = [Requirement(requirement) for requirement in requirements]
    return {canonicalize_name(requirement.name): str(requirement.specifier) for requirement in parsed}


def locked_versions() -> dict[str, Version]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pins}


def test_conda_environment_equals_pyproject() -> None:
    """Two lists of one thing drift apart unless something compares them, bounds included."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    lines = [line for line in environment["dependencies"] if isinstance(line, str)]
    lines += [
        line for group in environment["dependencies"] if isinstance(group, dict) for line in group["pip"]
    ]
    conda = bounds_by_name([line for line in lines if line != "pip" and not line.startswith("python ")])
    project = bounds_by_name(PROJECT["dependencies"])

    assert conda == {CONDA_NAMES.get(name, name): bounds for name, bounds in project.items()}


def test_conda_environment_allows_the_pythons_that_pyproject_names() -> None:
    """A conda user must not be given a Python that the tests never saw, nor be denied one that they did."""
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (python,) = [Requirement(line) for line in dependencies if str(line).startswith("python ")]
    prefix = "Programming Language :: Python :: 3."
    minors = {int(line.removeprefix(prefix)) for line in PROJECT["classifiers"] if line.startswith(prefix)}

    assert minors == {minor for minor in range(30) if python.specifier.contains(f"3.{minor}.1")}
    assert minors >= {11, 12, 13}


def test_conda_environment_marks_every_name_that_differs() -> None:
    """A reader of environment.yml sees at once which package of pyproject.toml a line stands for."""
    text = (ROOT / "environment.yml").read_text()
    marked = dict(re.findall(r"- (\S+) .*# here: (\S+)", text))

    assert marked == {conda: name for name, conda in CONDA_NAMES.items()}


def test_conda_environment_explains_the_renamed_mqtt_client() -> None:
    """People ask for asyncio-mqtt by its old name and would put the broken release back."""
    (line,) = [
        line for line in (ROOT / "environment.yml").read_text().splitlines() if line.startswith("  - aiomqtt")
    ]

    assert "asyncio-mqtt" in line


def test_lock_satisfies_pyproject() -> None:
    """A pin outside a bound makes the install fail, or the bound untrue."""
    pins = locked_versions()
    extras = [line for extra in PROJECT["optional-dependencies"].values() for line in extra]
    declared = [Requirement(line) for line in PROJECT["dependencies"] + extras]
    problems = [
        f"{requirement}: locked is {pins.get(canonicalize_name(requirement.name))}"
        for requirement in declared
        if requirement.name != "alyslab"
        and not (
            canonicalize_name(requirement.name) in pins
            and requirement.specifier.contains(pins[canonicalize_name(requirement.name)], prereleases=True)
        )
    ]

    assert problems == []


def test_lock_pins_exactly_what_is_installed_here() -> None:
    """Versions that the lock does not name would differ from machine to machine."""
    pins = locked_versions()
    installed = {
        canonicalize_name(distribution.name): Version(distribution.version)
        for distribution in importlib.metadata.distributions()
    }
    if "alyslab" not in installed:
        pytest.skip("not installed by the Makefile: nothing promised about versions")
    # pip and setuptools come with the virtual environment, not from the lock.
    free = {"alyslab", "pip", "setuptools", "wheel"}
    others = {
        name: str(version)
        for name, version in installed.items()
        if name not in free and pins.get(name) != version
    }

    assert others == {}


def test_lock_says_nothing_of_where_packages_come_from() -> None:
    """The lock must serve machines that reach different mirrors, or none but a local one."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()

    assert [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.!+_]+", line)] == []


def test_no_file_names_a_package_index() -> None:
    """Where packages come from is the machine's affair; an address here would break the next machine."""
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode(errors="replace")
        found += [
            f"{path.relative_to(ROOT)}: {match.group().strip()}" for match in INDEX_ADDRESS.finditer(text)
        ]

    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "index-url = https:" + "//mirror.example/root",
        "PIP_EXTRA_INDEX_URL=http:" + "//mirror.example/",
        "see https:" + "//mirror.example/simple/",
        "resolved https:" + "//mirror.example/x/-/x-1.0.tgz",
        "pip install --find" + "-links wheels",
    ],
)
def test_an_address_of_a_package_index_would_be_found(text: str) -> None:
    """The search above must be able to fail."""
    assert INDEX_ADDRESS.search(text)


def test_every_public_name_exists() -> None:
    """A name promised in __all__ and missing breaks `from alyslab import *` in a notebook's first cell."""
    assert sorted(alyslab.__all__) == sorted(set(alyslab.__all__))
    assert [name for name in alyslab.__all__ if not hasattr(alyslab, name)] == []
    assert 8 <= len(alyslab.__all__) <= 24


def test_importing_alyslab_loads_nothing_heavy() -> None:
    """Set-up cells and the command line start at once; what is heavy is imported where it is used."""
    script = "import json, sys, alyslab; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    )

    assert set(json.loads(done.stdout)) & HEAVY == set()


def test_the_command_line_loads_nothing_heavy_before_a_command_runs() -> None:
    """`alyslab --help` must not wait for pandas; typer and rich are its own."""
    script = "import json, sys, alyslab.cli; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    )

    assert set(json.loads(done.stdout)) & (HEAVY - {"typer", "rich"}) == set()


def test_the_package_brings_its_data() -> None:
    """A file that only the checkout has works here and is missing for everybody who installs a wheel."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    suffixes = {Path(pattern).suffix for pattern in settings["package-data"]["alyslab"]}
    data = [
        path for path in tracked_files() if path.is_relative_to(ROOT / "alyslab") and path.suffix != ".py"
    ]

    assert [path.name for path in data if path.suffix not in suffixes and path.name != "py.typed"] == []
    assert "py.typed" in {path.name for path in data}


def test_outputs_and_docker_stand_in_a_fresh_clone() -> None:
    """Folders that users expect exist and say what belongs there; runs stay out of git."""
    tracked = {str(path.relative_to(ROOT)) for path in tracked_files()}

    assert "docker/README.md" in tracked
    assert [name for name in tracked if name.startswith("outputs/")] == ["outputs/README.md"]
