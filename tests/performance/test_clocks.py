"""Two clocks tell two things, and a check says which of them it judges."""

from __future__ import annotations

import pytest

from alyslab.performance.clocks import QUIET_MOST, Measured, Neighbours, both_turns
from alyslab.performance.measure import Timings


def _measured(share: float) -> Measured:
    neighbours = Neighbours()
    neighbours.share = share
    return Measured(
        wall=Timings(seconds={"slow": (4.0, 4.0), "fast": (2.0, 2.0)}),
        cpu=Timings(seconds={"slow": (3.0, 3.0), "fast": (1.0, 1.0)}),
        neighbours=neighbours,
    )


@pytest.mark.parametrize(
    ("share", "clock", "ratio"), [(QUIET_MOST, "wall time", 2.0), (0.5, "processor time", 3.0)]
)
def test_the_wall_clock_is_judged_where_the_machine_is_quiet(share: float, clock: str, ratio: float) -> None:
    """On a busy machine it would mostly tell what others did."""
    measured = _measured(share)
    assert measured.clock == clock
    assert measured.ratio("fast", "slow").median == ratio


def test_both_clocks_stand_in_the_note() -> None:
    """Whoever reads the number sees what was not judged, and how busy the machine was."""
    note = _measured(0.5).note("fast", "slow")
    assert "wall 2.00" in note
    assert "processor 3.00" in note
    assert "others used 50% of the machine" in note


def test_candidates_take_turns_and_the_first_round_does_not_count() -> None:
    """Caches and imports belong to nobody; what other processes spent is added."""
    order: list[str] = []

    def near() -> None:
        order.append("near")

    def far() -> float:
        order.append("far")
        return 1_000.0

    measured = both_turns({"near": near, "far": far}, rounds=2)
    assert order == ["near", "far"] * 3
    assert [len(taken) for taken in measured.cpu.seconds.values()] == [2, 2]
    assert measured.cpu.median_s("far") > 1_000.0 > measured.cpu.median_s("near")
    assert measured.wall.median_s("far") < 1_000.0


def test_the_share_of_others_is_measured() -> None:
    """It is a share, whatever the machine does meanwhile."""
    with Neighbours() as neighbours:
        sum(range(100_000))
    assert neighbours.share >= 0.0
    assert neighbours.quiet is (neighbours.share <= QUIET_MOST)
