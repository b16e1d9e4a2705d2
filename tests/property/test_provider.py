"""A seed draws the same cases whatever else is imported."""

from __future__ import annotations

import importlib.util
import sys

from hypothesis.internal.conjecture import providers

from alyslab.property import Property, examine
from alyslab.property.provider import own_constants_only
from tests.property.systems import Numbers, numbers

CONSTANT = 737
DRAWN: list[int] = []


def _remember(drawn: Numbers) -> None:
    DRAWN.extend(drawn.values)


PLAIN = Property(name="plain", claim="none", cases=numbers, check=_remember, source="none")


def drawn() -> list[int]:
    DRAWN.clear()
    examine(PLAIN, cases=60, seed=3)
    return list(DRAWN)


def test_what_a_module_contains_changes_no_draw(tmp_path, monkeypatch):
    """Hypothesis draws constants of loaded modules more often: then imports would decide what is found."""
    before = drawn()
    (tmp_path / "full_of_constants.py").write_text(f"SEEN = {CONSTANT}\n")
    spec = importlib.util.spec_from_file_location("full_of_constants", tmp_path / "full_of_constants.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "full_of_constants", module)

    assert drawn() == before


def test_no_module_is_read_for_constants(monkeypatch):
    """Outside Hypothesis goes on as it does; within, what it would find in modules is not asked for."""
    asked = []
    monkeypatch.setattr(providers, "_get_local_constants", lambda: asked.append(1) or providers.Constants())

    with own_constants_only():
        assert len(providers._get_local_constants()) == 0
    drawn()

    assert asked == []
    providers._get_local_constants()
    assert asked == [1]
