"""SimBlock's scenario: blocks arrive everywhere, and each rule of the scenario shows when it is left out."""

from __future__ import annotations

import numpy as np
import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.validation.simblock import draw_links, run_simblock
from alyslab.harnesses.network.validation.studies import relay_delays_s, simblock_check, simblock_runs


def test_every_block_of_the_longest_chain_reaches_every_node() -> None:
    """A relay that loses blocks would still have fine medians."""
    runs = simblock_runs(1, networks=2, nodes=150, blocks=3)

    assert simblock_check(runs).passed is True
    assert all(np.isfinite(delays).all() for each in relay_delays_s(runs).values() for delays in each)


def test_a_block_that_does_not_arrive_is_caught() -> None:
    """The check must see a single hole."""
    runs = simblock_runs(1, networks=1, nodes=150, blocks=3)
    runs["compact blocks"][0].delay_ms[1, 7] = -1

    assert simblock_check(runs).passed is False
    assert simblock_check({}).passed is None


def test_every_node_is_told_by_each_neighbour_and_asks_once() -> None:
    """Inventory, request, one answer, and what a compact block lacked: the message counts say it."""
    relay = run_simblock(nodes=200, blocks=4, seed=3)
    first, receiver = draw_links(np.random.default_rng(3), 200)

    assert relay.stale == 0
    assert relay.events["mint"] == 4
    assert relay.events["inventory"] == 5 * len(receiver) == 5 * first[-1]
    assert relay.events["request"] == 5 * 199
    assert relay.events["compact"] + relay.events["block"] - relay.events["missing"] == 5 * 199


def test_compact_blocks_fail_as_often_as_they_should() -> None:
    """27 % of nodes that churn and 13 % of the others: 26.7 % of all."""
    relay = run_simblock(nodes=600, blocks=20, seed=4)
    ratio = relay.events["missing"] / relay.events["compact"]
    expected = 0.976 * 0.27 + 0.024 * 0.13

    assert abs(ratio - expected) < 3 * (expected * (1 - expected) / relay.events["compact"]) ** 0.5


def test_full_blocks_take_longer() -> None:
    """30 times the bytes on the same lines."""
    runs = simblock_runs(2, networks=1, nodes=300, blocks=4)
    medians = {name: np.median(relays[0].block_medians_ms) for name, relays in runs.items()}

    assert medians["full blocks"] > 2 * medians["compact blocks"]


def test_short_intervals_make_blocks_stale() -> None:
    """The longest chain must be counted, not assumed."""
    relay = run_simblock(nodes=200, blocks=60, seed=5, interval_ms=1_000.0)

    assert 0 < relay.stale < 60
    assert len(relay.main_chain) == 61 - relay.stale


def test_the_same_seed_gives_the_same_run() -> None:
    """SimBlock itself does not; this does."""
    one, again, other = (run_simblock(nodes=100, blocks=2, seed=seed) for seed in (1, 1, 2))

    assert np.array_equal(one.delay_ms, again.delay_ms)
    assert not np.array_equal(one.delay_ms, other.delay_ms)


def test_links_are_no_loops_and_none_is_double() -> None:
    """A doubled link would be told twice."""
    first, receiver = draw_links(np.random.default_rng(9), 120)
    pairs = [(node, int(other)) for node in range(120) for other in receiver[first[node] : first[node + 1]]]

    assert len(set(pairs)) == len(pairs)
    assert all((other, node) in set(pairs) and node != other for node, other in pairs)


@pytest.mark.parametrize(
    "given",
    [
        {"nodes": 1},
        {"nodes": 2**20},
        {"blocks": -1},
        {"compact_users_ratio": 1.5},
        {"interval_ms": float("nan")},
        {"block_bytes": 0},
    ],
)
def test_impossible_parameters_are_refused(given) -> None:
    """Compiled loops check nothing."""
    with pytest.raises(ParameterError):
        run_simblock(**{"seed": 1, "nodes": 50, "blocks": 1, **given})
