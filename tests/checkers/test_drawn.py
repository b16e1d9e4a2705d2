"""Which checks a run is asked."""

from __future__ import annotations

import pytest

from alyslab.checkers.drawn import asked, drawn_subjects
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime import require_current, simulate

SUBJECTS = {"crashes are survived": "a crash", "no vote is lost": "a crash", "liars pay": "a liar"}


def verdict(**seen: int | None) -> Verdict:
    """Return the checks of :data:`SUBJECTS` and one for every run, with what each observed."""
    names = {
        "crashes": "crashes are survived",
        "votes": "no vote is lost",
        "liars": "liars pay",
        "end": "the end",
    }
    return Verdict(
        tuple(
            Check(name=name, observed=seen.get(key), comparison="==", limit=0) for key, name in names.items()
        )
    )


def names(found: Verdict) -> list[str]:
    return [check.name for check in found.checks]


def test_a_scene_that_was_drawn_and_showed_nothing_is_inconclusive() -> None:
    """Or a scene that never takes place would pass for ever."""
    found = asked(verdict(end=0, crashes=0), SUBJECTS, {"a crash"})

    assert names(found) == ["crashes are survived", "no vote is lost", "the end"]
    assert found.status == "inconclusive"


def test_what_was_not_drawn_and_not_seen_has_no_place_in_the_verdict() -> None:
    """A verdict that is inconclusive in most runs gates nothing."""
    found = asked(verdict(end=0), SUBJECTS, ())

    assert (names(found), found.status) == (["the end"], "pass")


def test_what_is_asked_of_every_run_stays_inconclusive_unseen() -> None:
    """A run in which nothing happened must not pass."""
    assert asked(verdict(), SUBJECTS, ()).status == "inconclusive"


def test_what_was_seen_counts_whether_it_was_drawn_or_not() -> None:
    """A promise broken by chance is broken."""
    found = asked(verdict(end=0, liars=1), SUBJECTS, ())

    assert (names(found), found.status) == (["liars pay", "the end"], "fail")


@pytest.mark.parametrize(
    ("subjects", "drawn"), [({**SUBJECTS, "no such check": "x"}, ()), (SUBJECTS, ("an earthquake",))]
)
def test_a_subject_that_asks_for_nothing_is_a_mistake_of_the_author(
    subjects: dict[str, str], drawn: tuple[str, ...]
) -> None:
    """A slip of the pen would let a check fall silent."""
    with pytest.raises(ValueError, match=r"no such check|earthquake"):
        asked(verdict(end=0), subjects, drawn)


def test_subjects_are_read_from_the_journal() -> None:
    """A saved run is judged as the run was."""

    async def main() -> None:
        for _ in range(2):
            require_current().journal.record("workload.drawn", "a crash")

    assert drawn_subjects(simulate(main, seed=1).journal) == {"a crash"}
