from __future__ import annotations

from datetime import timedelta

from alyslab.phases.session import Session


def test_two_sessions_with_one_seed_are_two() -> None:
    """Reports of two runs with one seed must not be taken for one."""
    one, two = Session.begin(7), Session.begin(7)

    assert one.id != two.id
    assert (one.seed, two.seed) == (7, 7)


def test_the_start_is_told_in_utc() -> None:
    """Logs of a laptop and of CI are put side by side."""
    assert Session.begin(7).started_at.utcoffset() == timedelta(0)


def test_calls_of_a_session_are_told_apart_and_belong_to_it() -> None:
    """One search for the correlation id finds the lines of one phase, and none of another session."""
    session = Session.begin(7)

    assert session.correlation(1) != session.correlation(2)
    assert session.correlation(1) != Session.begin(7).correlation(1)
    assert session.id.startswith(session.correlation(1).split("-")[0])
