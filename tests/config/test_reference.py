"""docs/configuration.md is what the models and presets say today."""

from __future__ import annotations

from pathlib import Path

import pytest

from alyslab.config import PRESETS
from alyslab.config.keys import known_keys, known_sections
from alyslab.config.reference import render

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_in_docs_is_not_stale() -> None:
    """A reference that is wrong is worse than none."""
    written = PAGE.read_text(encoding="utf-8")
    assert written == render(), "run: alyslab config --reference > docs/configuration.md"


def test_the_page_has_every_section_key_and_preset() -> None:
    """Each key as a row of its section's table, with as many cells as the head has."""
    page = render()
    for section in known_sections():
        body = page.split(f"## `[{section}]`\n")[1].split("\n## ")[0]
        head, _, *rows = [line for line in body.splitlines() if line.startswith("|")]
        assert head.endswith(f"| {' | '.join(PRESETS)} |")
        assert [row.split("`")[1] for row in rows] == [
            key.name for key in known_keys().values() if key.section == section
        ]
        assert {row.count("|") for row in rows} == {head.count("|")}


def test_the_page_does_not_depend_on_where_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on CI, whatever its variables are."""
    before = render()
    monkeypatch.setenv("TEST_ENV", "stress")
    monkeypatch.setenv("ALYSLAB__EXECUTION__JOBS", "9")
    assert render() == before
