"""The ns-3 sweep: published rows as data, networks that behave, and an order that a wrong model breaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.kernel import flood_once
from alyslab.harnesses.network.validation.bitcoin_simulator import (
    CHECK_S_PER_BYTE,
    bootstrap_interval,
    run_bitcoin_simulator,
    short_bytes,
)
from alyslab.harnesses.network.validation.bitcoin_simulator_published import published
from alyslab.harnesses.network.validation.studies import flood_checks, large_network
from alyslab.harnesses.network.validation.sweep import Point, order_check, sweep_frame, sweep_metrics

SMALL = {"nodes": 900, "blocks": 3}


def points(factor_of_large: float = 1.0) -> list[Point]:
    """The published medians themselves, as if simulated; those of large blocks may be stretched."""
    return [
        Point(
            row=row,
            t50_s=tuple(row.t50_s * (factor_of_large if row.block_bytes > 900_000 else 1) for _ in range(2)),
            t90_s=(row.t90_s, row.t90_s),
            stale_ratio=(row.stale_ratio, row.stale_ratio * 2),
        )
        for row in published()
    ]


def test_the_published_sweep_is_read() -> None:
    """14 intervals and sizes, three ways to send a block of one's own; two points by name."""
    rows = {(row.sweep, row.protocol, row.interval_s, row.block_bytes): row for row in published()}

    assert len(rows) == 42
    assert rows["size", "relay", 600, 8_000_000].stale_ratio == 0.0043
    assert rows["interval", "standard", 600, 530_000].t50_s == 14.7
    assert rows["size", "unsolicited", 600, 4_000_000].stale_ratio == 0.0546


def test_every_node_gets_every_block() -> None:
    """A mean over those that got it would hide the others."""
    run = run_bitcoin_simulator(interval_s=600, block_bytes=100_000, seed=1, **SMALL)

    assert np.isfinite(run.node_delay_s).all()
    assert run.stale == 0


def test_pushing_and_smaller_blocks_are_faster() -> None:
    """The two effects that the publication is about."""
    large, small, pushed = (
        run_bitcoin_simulator(interval_s=600, block_bytes=size, seed=2, protocol=protocol, **SMALL)
        for size, protocol in ((1_000_000, "standard"), (100_000, "standard"), (100_000, "unsolicited"))
    )

    assert large.quantile_s(0.5) > 2 * small.quantile_s(0.5) > 2 * pushed.quantile_s(0.5)


def test_relayed_blocks_reach_other_miners_long_before_pushed_ones() -> None:
    """The relay's effect that was published: hash power hears of a block at once, so few go stale."""
    pushed, relayed = (
        run_bitcoin_simulator(
            interval_s=600, block_bytes=4_000_000, seed=2, protocol=protocol, nodes=2_000, blocks=3
        )
        for protocol in ("unsolicited", "relay")
    )

    check_s = 4_000_000 * CHECK_S_PER_BYTE  # which no way of sending can spare a miner
    assert relayed.exposure_s < check_s + 0.3
    assert pushed.exposure_s > check_s + 0.6
    assert np.isfinite(relayed.node_delay_s).all()


def test_the_short_form_of_a_block_is_a_header_and_two_bytes_a_transaction() -> None:
    """A thousand transactions of 522.4 bytes; a block smaller than its header has none."""
    assert short_bytes(81 + 522_400) == 2_081
    assert short_bytes(1) == 81


def test_a_miners_line_is_a_queue() -> None:
    """Seven hundred neighbours ask at once: a tenth of the rate must show in the median."""
    fast, slow = (
        run_bitcoin_simulator(interval_s=600, block_bytes=500_000, seed=3, miner_mbps=rate, **SMALL)
        for rate in (100.0, 10.0)
    )

    assert slow.quantile_s(0.5) > 1.5 * fast.quantile_s(0.5)


def test_blocks_that_meet_go_stale() -> None:
    """At one block a second many do; the expectation from the exposure says the same of few."""
    often = run_bitcoin_simulator(interval_s=0.5, block_bytes=1_000, seed=4, nodes=900, blocks=60)
    seldom = run_bitcoin_simulator(interval_s=600, block_bytes=1_000, seed=4, nodes=900, blocks=5)

    assert 0.05 < often.stale_ratio < 0.8
    assert 0 < seldom.stale_ratio < 0.01


def test_the_published_order_passes_and_a_broken_one_fails() -> None:
    """A model in which large blocks are fast must not pass."""
    assert order_check(points()).passed is True
    assert order_check(points(0.05)).passed is False
    assert order_check([]).passed is None


def test_the_frame_has_published_and_simulated_side_by_side() -> None:
    """What the notebook draws, with an interval that holds the mean."""
    frame = sweep_frame(points(), seed=1)

    assert np.allclose(frame["published_t50_s"], frame["t50_s"])
    assert len(frame) == 42
    assert (frame["stale_ratio_low"] <= frame["stale_ratio"]).all()
    assert (frame["stale_ratio"] <= frame["stale_ratio_high"]).all()
    assert len(sweep_metrics(points())) == 3 * 42


def test_the_bootstrap_interval_covers_as_it_says() -> None:
    """With enough networks 95 % of intervals hold the true mean."""
    random = np.random.default_rng(1)
    covered = [
        low <= 3.0 <= high
        for low, high in (
            bootstrap_interval(random.normal(3.0, 1.0, 30).tolist(), seed=i, draws=400) for i in range(200)
        )
    ]

    assert np.mean(covered) > 0.88


def test_a_large_flood_is_counted_exactly_and_a_wrong_one_is_caught() -> None:
    """The notebook's check of the kernel must bite."""
    graph = large_network(2_000, 8, seed=1)
    flood = flood_once(graph, 0)
    hole = replace(flood, arrival_ns=np.where(np.arange(2_000) == 5, -1, flood.arrival_ns))

    assert [check.passed for check in flood_checks(graph, flood)] == [True, True]
    assert [check.passed for check in flood_checks(graph, hole)] == [False, True]
    assert [check.passed for check in flood_checks(graph, flood_once(graph, 0, send_back=True))] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"interval_s": 0},
        {"block_bytes": 0},
        {"nodes": 5},
        {"blocks": 0},
        {"miner_mbps": float("nan")},
        {"protocol": "smoke signals"},
    ],
)
def test_impossible_parameters_are_refused(given) -> None:
    """Compiled loops check nothing."""
    with pytest.raises(ParameterError):
        run_bitcoin_simulator(**{"interval_s": 600, "block_bytes": 1_000, "seed": 1, **SMALL, **given})
