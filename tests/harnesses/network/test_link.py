from __future__ import annotations

import math
import statistics
from itertools import pairwise
from random import Random

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.errors import LinkError
from alyslab.harnesses.network.geography import Place, geographic_links
from alyslab.harnesses.network.impairment import bursts, coin, flipped
from alyslab.harnesses.network.line import Uplink
from alyslab.harnesses.network.link import GilbertElliott, LinkSpec, link_from

MBIT = 125_000  # bytes


def test_a_perfect_link_differs_from_nothing():
    """The journal keeps what differs from it, so a perfect one must be empty."""
    assert LinkSpec().as_pairs() == ()
    assert LinkSpec(delay_ms=3).as_pairs() == (("delay_ms", 3),)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("delay_ms", -1),
        ("delay_ms", math.nan),
        ("delay_ms", math.inf),
        ("delay_ms", "10"),
        ("jitter_ms", -0.5),
        ("correlation", 1.0),
        ("distribution", "gaussian"),
        ("distribution", None),
        ("distance_km", -1),
        ("rate_bps", 0),
        ("rate_bps", math.nan),
        ("limit_messages", 0),
        ("limit_messages", 2.5),
        ("loss_ratio", 1.1),
        ("loss_ratio", True),
        ("duplicate_ratio", -0.1),
        ("reorder_gap", 0),
        ("corrupt_ratio", math.nan),
        ("fifo", 1),
        ("gemodel", 0.5),
        ("shape", 3.0),
        ("delay_ms", 10**400),
        ("delay_ms", 1e300),
        ("jitter_ms", 1e-300),
        ("distance_km", 1e308),
        ("rate_bps", 1e-300),
        ("rate_bps", 10**400),
        ("rate_bps", True),
        ("limit_messages", True),
    ],
)
def test_an_impossible_value_is_refused_by_the_name_of_its_field(field, value):
    """A user must be told which of twenty fields to correct."""
    with pytest.raises(LinkError) as caught:
        LinkSpec(**{field: value})
    assert field in {problem.key for problem in caught.value.problems}


def test_all_problems_of_a_link_are_told_at_once():
    """One correction instead of four."""
    with pytest.raises(ParameterError) as caught:
        link_from({"delay_ms": -1, "loss_ratio": 2, "speed": 3, "gemodel": [0.1, 0.2, 7]})
    assert {problem.key for problem in caught.value.problems} == {
        *("delay_ms", "loss_ratio", "speed", "gemodel.bad_loss_ratio"),
    }


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"jitter_ms": 3}, "jitter_ms"),
        ({"distribution": "uniform", "delay_ms": 2, "jitter_ms": 3}, "jitter_ms"),
        ({"distribution": "lognormal", "jitter_ms": 3}, "delay_ms"),
        ({"loss_ratio": 0.1, "gemodel": [0.1, 0.2]}, "loss_ratio"),
        ({"reorder_ratio": 0.1}, "reorder_ratio"),
        ({"gemodel": [0.0, 0.2]}, "gemodel.p"),
        ({"gemodel": [0.2]}, "gemodel"),
        ({"gemodel": [0.1, 0.2, 1, 0, 0]}, "gemodel"),
        ({"gemodel": ["0.1", 0.2]}, "gemodel.p"),
        ({"gemodel": [0.1, True]}, "gemodel.r"),
        ({"gemodel": [0.1, 0.2, None]}, "gemodel.bad_loss_ratio"),
        ({"distribution": "pareto", "delay_ms": 5, "shape": 1.0}, "shape"),
        ({"distribution": "pareto", "delay_ms": 5, "shape": 2.0, "jitter_ms": 1}, "jitter_ms"),
    ],
)
def test_conditions_that_contradict_each_other_are_refused(values, key):
    """Taken silently, one of the two would have no effect."""
    with pytest.raises(LinkError) as caught:
        link_from(values)
    assert key in {problem.key for problem in caught.value.problems}


@pytest.mark.parametrize("values", [None, 5, "delay_ms=3", [("delay_ms", 3)]])
def test_what_is_no_object_of_conditions_is_refused(values):
    """A list where an object belongs is the commonest slip in JSON."""
    with pytest.raises(LinkError, match="an object of conditions"):
        link_from(values)


def test_gemodel_takes_netems_four_numbers():
    """Whoever knows `tc` writes them in this order: p, r, 1-h, 1-k."""
    model = link_from({"gemodel": [0.02, 0.2, 0.9, 0.01]}).gemodel
    assert model == GilbertElliott(p=0.02, r=0.2, bad_loss_ratio=0.9, good_loss_ratio=0.01)
    assert model.loss_ratio == pytest.approx(0.01 * 0.2 / 0.22 + 0.9 * 0.02 / 0.22)
    assert model.bad_run_mean == 5


def test_a_coin_keeps_its_ratio_and_has_its_correlation():
    """Both are closed forms: the mean stays, neighbours agree by the parameter."""
    toss = coin(0.3, 0.5, Random(1))
    tossed = [toss() for _ in range(40_000)]
    assert sum(tossed) / len(tossed) == pytest.approx(0.3, abs=0.02)
    both = sum(a and b for a, b in pairwise(tossed)) / len(tossed)
    assert both == pytest.approx(0.3 * (0.3 + 0.5 * 0.7), abs=0.02)


def test_bursts_have_the_closed_forms_loss_and_length():
    """The formula of the issue, on the coin itself."""
    toss = bursts(GilbertElliott(p=0.05, r=0.25), Random(2))
    lost = [toss() for _ in range(60_000)]
    assert sum(lost) / len(lost) == pytest.approx(1 / 6, abs=0.012)
    runs = [len(run) for run in "".join("x" if each else " " for each in lost).split()]
    assert statistics.fmean(runs) == pytest.approx(4, abs=0.25)


def test_a_flipped_payload_differs_in_one_bit():
    """Corruption is a single bit error, as netem's; an empty message has none to flip."""
    payload = bytes(range(16))
    changed, bit = flipped(payload, Random(3))
    assert int.from_bytes(payload) ^ int.from_bytes(changed) == 1 << (8 * (15 - bit // 8) + bit % 8)
    assert flipped(b"", Random(3)) == (b"", -1)


def test_messages_leave_an_uplink_one_after_another():
    """At 1 Mbit/s each of these takes a second; the second waits for the first."""
    uplink = Uplink()
    assert uplink.leave_ns(0, MBIT, 8e9 / 1e6) == 1_000_000_000
    assert uplink.leave_ns(0, MBIT, 8e9 / 1e6) == 2_000_000_000


def test_an_idle_uplink_begins_at_once():
    """Time that passed unused can't be used later."""
    uplink = Uplink()
    uplink.leave_ns(0, MBIT, 8e9 / 1e6)
    assert uplink.leave_ns(5_000_000_000, MBIT, 8e9 / 1e6) == 6_000_000_000


def test_an_uplink_is_full_until_something_has_left():
    """The queue's limit counts what waits, not what was ever sent."""
    uplink = Uplink()
    for left_ns in (10, 20):
        uplink.count(left_ns)
    assert uplink.is_full(9, 2)
    assert not uplink.is_full(10, 2)


def test_distance_is_the_great_circle_and_light_in_fibre():
    """Berlin to Sydney is 16,090 km of great circle; light needs 78.8 ms for it in glass."""
    places = {
        "berlin": Place(latitude=52.52, longitude=13.405),
        "sydney": Place(latitude=-33.8688, longitude=151.2093),
    }
    link = geographic_links(places, base_ms=2, jitter_ms=1, distribution="uniform")("berlin", "sydney")
    assert link.distance_km == pytest.approx(16_090, abs=25)
    assert link.distance_ms == pytest.approx(78.8, abs=0.2)


@pytest.mark.parametrize(
    "given",
    [
        {"latitude": 91, "longitude": 0},
        {"latitude": 0, "longitude": math.nan},
        {"latitude": True, "longitude": 0},
    ],
)
def test_a_place_on_no_globe_is_refused(given):
    """A swapped pair of coordinates is the commonest slip."""
    with pytest.raises(LinkError):
        Place(**given)


def test_a_cable_shorter_than_the_distance_is_refused():
    """A detour below 1 would be faster than light."""
    with pytest.raises(LinkError, match="detour"):
        geographic_links({}, base_ms=1, detour=0.5)


def test_a_detour_lengthens_the_cable_by_its_factor():
    """Cables follow coasts; a factor that has no effect would look like a fast network."""
    places = {"here": Place(latitude=0, longitude=0), "there": Place(latitude=0, longitude=90)}
    straight = geographic_links(places, base_ms=0)("here", "there").distance_km
    assert geographic_links(places, base_ms=0, detour=1.5)("here", "there").distance_km == pytest.approx(
        1.5 * straight, abs=0.002
    )
