from __future__ import annotations

import math
import statistics
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import alyslab.harnesses.network.regions as regions_module
from alyslab.errors import ParameterError
from alyslab.harnesses.network.latency import latency_of
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.regions import read_regions, region_links, simblock_2019

HERE = Path(regions_module.__file__).parent
REGIONS, LATENCY = HERE / "simblock_2019_regions.csv", HERE / "simblock_2019_latency_ms.csv"


def test_latency_is_the_same_in_both_directions():
    """The measured table is symmetric; a typing slip in one half would bend every curve."""
    table = simblock_2019()
    assert len(table.latency_ms_mean) == 36
    for (sender, receiver), mean_ms in table.latency_ms_mean.items():
        assert table.latency_ms_mean[receiver, sender] == mean_ms


def test_node_shares_sum_to_one_and_europe_has_half():
    """Shares that don't sum to 1 would leave peers without a home."""
    shares = {region.code: region.share_ratio for region in simblock_2019().regions}
    assert math.fsum(shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert shares["EU"] == pytest.approx(0.4998)


def test_known_entries_of_the_table_are_the_published_ones():
    """Spot values from anchors D3, typed here a second time on purpose."""
    table = simblock_2019()
    by_code = {region.code: region for region in table.regions}
    assert table.latency_ms_mean["NA", "AP"] == 198
    assert table.latency_ms_mean["SA", "JP"] == 301
    assert table.latency_ms_mean["AU", "AU"] == 16
    assert [region.upload_mbps for region in table.regions] == [19.2, 20.7, 5.8, 15.7, 10.2, 11.3]
    assert [region.download_mbps for region in table.regions] == [52, 40, 18, 22.8, 22.8, 29.9]
    assert table.bandwidth_bps(by_code["EU"], by_code["SA"]) == 18e6, (
        "the receiver's download is the slower one"
    )
    assert table.bandwidth_bps(by_code["SA"], by_code["EU"]) == 5.8e6, "the sender's upload is the slower one"


def drawn_ms(mean_ms: float, seed: int, number: int) -> list[float]:
    table = simblock_2019()
    (here, there), *_ = [pair for pair, mean in table.latency_ms_mean.items() if mean == mean_ms]
    by_code = {region.code: region for region in table.regions}
    draw = latency_of(table.link(by_code[here], by_code[there]), Random(seed))
    return [draw() / 1e6 for _ in range(number)]


@pytest.mark.parametrize("mean_ms", [32, 124, 325])
def test_sampled_latency_has_the_closed_forms_mean_and_quantiles(mean_ms):
    """The Pareto of scale m - 5 and shape 0.2 m has mean m exactly; its quantiles tell the shape."""
    drawn = drawn_ms(mean_ms, 1, 40_000)
    scale_ms, shape = mean_ms - 5, 0.2 * mean_ms
    spread_ms = math.sqrt(scale_ms**2 * shape / ((shape - 1) ** 2 * (shape - 2)))
    assert abs(statistics.fmean(drawn) - mean_ms) < 4 * spread_ms / math.sqrt(len(drawn))
    assert min(drawn) >= scale_ms - 0.001
    above_median = sum(value > scale_ms * 2 ** (1 / shape) for value in drawn) / len(drawn)
    assert above_median == pytest.approx(0.5, abs=0.01)


def test_the_smallest_mean_is_reached_too():
    """Inside Europe (11 ms) the shape is 2.2: a heavy tail, so the mean needs a wide margin."""
    assert statistics.fmean(drawn_ms(11, 2, 200_000)) == pytest.approx(11, rel=0.02)


def test_links_between_homes_have_the_slower_of_both_lines():
    """What a network is made of: conditions by the names of two peers."""
    table = simblock_2019()
    by_code = {region.code: region for region in table.regions}
    link = region_links(table, {"a": by_code["EU"], "b": by_code["SA"]})
    assert link("a", "b") == LinkSpec(
        delay_ms=227, distribution="pareto", shape=0.2 * 227, rate_bps=18e6, fifo=False
    )
    assert link("b", "a").rate_bps == 5.8e6


@pytest.mark.parametrize("peers", [1, 6, 60, 1_000])
def test_every_peer_gets_a_home_and_shares_are_kept_to_one_peer(peers):
    """A small network must look like the measured one; plain draws would not keep it that close."""
    table = simblock_2019()
    homes = table.settle(peers, Random(4))
    assert len(homes) == peers
    for region in table.regions:
        assert abs(homes.count(region) - region.share_ratio * peers) < 1


def test_homes_depend_on_the_stream_only():
    """The same stream must give the same homes, another one another order."""
    table = simblock_2019()
    assert table.settle(60, Random(5)) == table.settle(60, Random(5))
    assert table.settle(60, Random(5)) != table.settle(60, Random(6))


def test_a_bad_table_is_refused_with_every_problem_at_once():
    """Somebody who brings a table of their own corrects it once, not once per run."""
    table = simblock_2019()
    means = dict(table.latency_ms_mean) | {("NA", "EU"): 90.0, ("JP", "JP"): 5.0}
    del means["AU", "SA"]
    lopsided = (replace(table.regions[0], share_ratio=0.9, upload_mbps=0.0), *table.regions[1:])
    with pytest.raises(ParameterError) as caught:
        replace(table, regions=lopsided, latency_ms_mean=means)
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {"share_ratio", "NA.upload_mbps", "EU→NA", "JP→JP", "AU→SA"}


def test_a_region_listed_twice_is_refused():
    """The second row would silently win in the latency table."""
    table = simblock_2019()
    with pytest.raises(ParameterError, match="listed twice"):
        replace(table, regions=(*table.regions, table.regions[0]))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("52.0", "fast", "'fast' is no number"),
        ("download_mbps", "down_mbps", "column is missing"),
        ("0.3316", "", "missing or empty"),
        ("0.3316", "nan", "nan is no share"),
    ],
)
def test_a_malformed_file_says_what_is_wrong(tmp_path, old, new, says):
    """A table is somebody's own file: its errors name the column and what was found."""
    mine = tmp_path / "mine.csv"
    mine.write_text(REGIONS.read_text().replace(old, new))
    with pytest.raises(ParameterError, match=says):
        read_regions(mine, LATENCY)


def test_a_missing_file_is_bad_input(tmp_path):
    """A wrong path is the user's to correct, not a failure of the laboratory."""
    with pytest.raises(ParameterError, match="can't be read"):
        read_regions(tmp_path / "none.csv", LATENCY)


def test_a_latency_file_that_lacks_a_region_is_refused(tmp_path):
    """Every pair must be known before a run, or it would fail at the first message between them."""
    mine = tmp_path / "mine.csv"
    mine.write_text("\n".join(line for line in LATENCY.read_text().splitlines() if not line.startswith("AU")))
    with pytest.raises(ParameterError, match="the latency is missing"):
        read_regions(REGIONS, mine)
