"""What stands beside the actor system is measured where it is installed, and named where it is not."""

from __future__ import annotations

import importlib.util

import pytest

from alyslab.performance import actor_others


def test_a_library_that_is_missing_is_said_to_be_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row that leaves a rival out in silence reads as if it had been beaten."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    for words in (actor_others.beside(messages=1_000), actor_others.memory_beside(actors=10)):
        assert words.count("alyslab[bench]") == 2
        assert "Pykka" in words
        assert "xoscar" in words


def test_the_number_of_threads_is_bounded_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand threads would fail on most machines, and another number unsaid would mislead."""
    made = dict[str, int]()
    monkeypatch.setattr(actor_others, "_pykka_bytes", lambda actors: made.setdefault("Pykka", actors) * 2.0)
    monkeypatch.setattr(actor_others, "_xoscar_bytes", lambda actors: made.setdefault("xoscar", actors) * 0.0)

    words = actor_others.memory_beside(actors=10_000)

    assert made == {"Pykka": actor_others.PYKKA_ACTORS, "xoscar": 10_000}
    assert "Pykka, of 500 since each is a thread, 1,000 bytes" in words
    assert "xoscar, of 10,000, 0 bytes" in words
