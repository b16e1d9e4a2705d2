"""A node's clock: offset, drift and steps over the true time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import BadInputError
from alyslab.runtime.clock import DRIFT_LIMIT_PPM, NodeClock

TEN_YEARS_NS = 10 * 365 * 86_400 * 10**9


class TrueTime:
    """A clock that is set by hand."""

    now_ns = 0


DRIFTS = st.floats(-DRIFT_LIMIT_PPM, DRIFT_LIMIT_PPM)
MOMENTS = st.integers(0, TEN_YEARS_NS)


@given(MOMENTS, st.integers(-(10**12), 10**12))
def test_clock_without_drift_is_ahead_by_its_offset(now_ns, offset_ns):
    """An offset alone must not change how fast time goes."""
    true = TrueTime()
    clock = NodeClock(true, offset_ns=offset_ns)
    true.now_ns = now_ns
    assert clock.time_ns() == now_ns + offset_ns
    assert clock.offset_ns == offset_ns
    assert clock.time() == (now_ns + offset_ns) / 1e9


@given(DRIFTS, st.lists(MOMENTS, min_size=2, max_size=20), st.integers(0, 1_000))
def test_drifting_clock_never_goes_back(drift_ppm, moments, near):
    """Only a step may turn a clock back; a harness that sees it go back by drift finds bugs that are ours."""
    true = TrueTime()
    clock = NodeClock(true, drift_ppm=drift_ppm)
    shown = []
    for moment in sorted([*moments, *(moment + near for moment in moments)]):
        true.now_ns = moment
        shown.append(clock.time_ns())
    assert shown == sorted(shown)


@given(st.floats(-900, 900), st.integers(0, 10**15))
def test_drift_is_parts_per_million_of_what_passed(drift_ppm, elapsed_ns):
    """A mistake of units would make every skew experiment a thousand times too strong."""
    true = TrueTime()
    clock = NodeClock(true, drift_ppm=drift_ppm)
    true.now_ns = elapsed_ns
    assert clock.offset_ns == pytest.approx(elapsed_ns * drift_ppm / 1e6, abs=2)


@given(DRIFTS, DRIFTS, MOMENTS)
def test_change_of_drift_does_not_make_the_clock_jump(before_ppm, after_ppm, at_ns):
    """A jump would be a second fault that nobody asked for."""
    true = TrueTime()
    clock = NodeClock(true, drift_ppm=before_ppm)
    true.now_ns = at_ns
    shown = clock.time_ns()
    clock.set_drift(after_ppm)
    assert clock.time_ns() == shown
    assert clock.drift_ppm == after_ppm


@given(st.lists(st.integers(-(10**12), 10**12), max_size=6))
def test_steps_add_up(steps_ns):
    """Two steps are their sum, whenever they were made."""
    true = TrueTime()
    clock = NodeClock(true)
    for step_ns in steps_ns:
        true.now_ns += 1_000
        clock.step(step_ns)
    assert clock.offset_ns == sum(steps_ns)


@given(st.floats(-DRIFT_LIMIT_PPM, DRIFT_LIMIT_PPM), st.floats(0.001, 10_000))
def test_true_delay_is_what_the_clock_counts_off(drift_ppm, shown_s):
    """A node that sleeps a second by its own clock must see a second pass on it."""
    true = TrueTime()
    clock = NodeClock(true, drift_ppm=drift_ppm)
    true.now_ns = round(clock.true_delay_s(shown_s) * 1e9)
    assert clock.time() == pytest.approx(shown_s, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("drift_ppm", [math.nan, math.inf, DRIFT_LIMIT_PPM * 1.01, -1e6])
def test_impossible_drift_is_bad_input(drift_ppm):
    """A clock that runs backwards by drift is a mistake of units in a plan."""
    with pytest.raises(BadInputError):
        NodeClock(TrueTime(), drift_ppm=drift_ppm)
    clock = NodeClock(TrueTime(), drift_ppm=5)
    with pytest.raises(BadInputError):
        clock.set_drift(drift_ppm)
    assert clock.drift_ppm == 5
