from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest

from alyslab.harnesses.network.defects import Defects
from alyslab.harnesses.network.impairment import Impairments
from alyslab.harnesses.network.link import LinkSpec

TOSSES = 20_000


@pytest.mark.parametrize(
    ("what", "coin"),
    [("loss", "loses"), ("duplicate", "duplicates"), ("corrupt", "corrupts"), ("reorder", "overtakes")],
)
@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_each_chance_has_its_own_ratio_and_correlation(what, coin, correlation):
    """A correlation that reaches the wrong coin, or none, changes nothing that a ratio could show."""
    conditions: dict[str, Any] = {f"{what}_ratio": 0.3, f"{what}_correlation": correlation, "fifo": False}
    chances = Impairments(LinkSpec(**conditions), Random(1), Defects.read())
    tossed = [getattr(chances, coin)() for _ in range(TOSSES)]
    assert sum(tossed) / TOSSES == pytest.approx(0.3, abs=0.03)
    both = sum(a and b for a, b in pairwise(tossed)) / TOSSES
    assert both == pytest.approx(0.3 * (0.3 + correlation * 0.7), abs=0.02)
    others = {"loses", "duplicates", "corrupts", "overtakes"} - {coin}
    assert not any(getattr(chances, other)() for other in others for _ in range(50))


def test_only_every_so_manieth_message_may_skip_the_delay():
    """netem's gap: with a ratio of 1 it is exactly every third."""
    spec = LinkSpec(reorder_ratio=1.0, reorder_gap=3, fifo=False)
    chances = Impairments(spec, Random(1), Defects.read())
    assert [chances.overtakes() for _ in range(7)] == [False, False, True, False, False, True, False]
