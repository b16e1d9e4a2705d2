"""No configuration key is a decoration: something in the package reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from alyslab.config.keys import known_keys
from alyslab.config.lab import LabConfig
from tests.config.reads import keys_read

PACKAGE = Path(__file__).parents[2] / "alyslab"
SECTIONS = {
    name: str(getattr(info.annotation, "__name__", "")) for name, info in LabConfig.model_fields.items()
}


def test_something_in_the_package_reads_every_key() -> None:
    """A key that nothing reads is a promise that nothing keeps; the config package itself does not count."""
    texts = [
        file.read_text(encoding="utf-8")
        for file in PACKAGE.rglob("*.py")
        if PACKAGE / "config" not in file.parents
    ]
    keys = {key.rpartition(".")[2] for key in known_keys()}
    read = {
        f"{section}.{name}"
        for text in texts
        # To take a text apart takes long, and most have no key's name in them.
        if any(section in text for section in SECTIONS) and any(f".{key}" in text for key in keys)
        for section, name in keys_read(text, SECTIONS)
    }
    assert sorted(known_keys().keys() - read) == []


@pytest.mark.parametrize(
    "source",
    [
        "start(config.execution.jobs)",
        "start(self._config.execution.jobs)",
        "section = config.execution\nstart(section.jobs)",
        "if (section := config.execution): start(section.jobs)",
        "section: object = load().execution\nstart(section.jobs + 1)",
        "def start(section: ExecutionSection) -> int: return section.jobs",
        "def start(*, section: ExecutionSection) -> int: return section.jobs",
    ],
)
def test_a_read_is_found_however_it_is_written(source: str) -> None:
    """Otherwise the test above would force one style of writing on everybody."""
    assert ("execution", "jobs") in keys_read(source, SECTIONS)


@pytest.mark.parametrize(
    "source",
    [
        "config.execution.jobs = 3",
        "del config.execution.jobs",
        "'config.execution.jobs'",
        "# config.execution.jobs",
        "jobs = config.execution",
        "pool.jobs",
        "section = config.framework\nstart(section.jobs)",
        "def start(section: FrameworkSection) -> int: return section.jobs",
    ],
)
def test_what_is_no_read_is_not_taken_for_one(source: str) -> None:
    """Otherwise the test above could not fail."""
    assert ("execution", "jobs") not in keys_read(source, SECTIONS)
