"""Miners on the message-by-message network: the same truth as theory, and planted bugs that show."""

from __future__ import annotations

import asyncio

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.mining.miner import TOPIC, Ledger, Miner, longest_chain, mine
from alyslab.harnesses.mining.studies import forks_by_messages, revenue_by_messages
from alyslab.harnesses.network.network import Network
from alyslab.runtime import require_current, simulate


def test_a_selfish_miner_on_the_network_earns_what_theory_says() -> None:
    """Messages, not a formula, decide who hears what first."""
    estimate, runs = revenue_by_messages(1, chains=10, blocks=150)

    assert abs(estimate.z) < 3
    assert estimate.trials == sum(len(longest_chain(run.journal)) for run in runs) > 900


def test_a_selfish_miner_that_publishes_late_is_caught() -> None:
    """The planted bug costs it a third of its revenue."""
    estimate, _ = revenue_by_messages(1, chains=10, blocks=150, planted=["mining.publishes_late"])

    assert estimate.z < -3


def test_miners_fork_as_often_as_theory_says() -> None:
    """Delay on the wire is the only reason for forks here."""
    estimate, _ = forks_by_messages(1, chains=6, blocks=200)

    assert abs(estimate.z) < 3


def test_a_miner_that_does_not_listen_is_caught() -> None:
    """The planted bug makes forks without any delay."""
    estimate, _ = forks_by_messages(1, chains=6, blocks=200, planted=["mining.deaf"])

    assert estimate.z > 3


def test_without_latency_all_blocks_are_on_one_chain() -> None:
    """Every miner knows every block at once."""
    run = simulate(mine, seed=3, parameters={"shares": [0.5, 0.5], "latency_ms": 0.0, "blocks": 40})

    assert [block for block, _ in longest_chain(run.journal)] == list(range(40, 0, -1))


def test_the_same_seed_gives_the_same_journal() -> None:
    """A run that can't be repeated can't be replayed."""
    one, other = (simulate(mine, seed=5, parameters={"blocks": 20}) for _ in range(2))

    assert one.digest == other.digest


async def _hostile() -> list[int]:
    runtime = require_current()
    network = Network(runtime)
    ends = [network.endpoint(runtime.node(name)) for name in ("miner", "stranger")]
    network.join("miner", "stranger")
    miner = Miner(ends[0].node, ends[0], Ledger(runtime, 5), 600.0)
    for payload in (b"", b"x" * 23, b"y" * 25, b"\xff" * 24):
        ends[1].send("miner", TOPIC, payload)
        await asyncio.sleep(1)
    return [miner.tip, miner.height]


def test_bytes_that_are_no_block_are_ignored() -> None:
    """A hostile peer's bytes never raise, and a height that nobody reaches is none."""
    assert simulate(_hostile, seed=1).result == [0, 0]


@pytest.mark.parametrize(
    "given",
    [
        {"shares": []},
        {"shares": [0.5, 0.6]},
        {"shares": [1.2, -0.2]},
        {"interval_s": 0.0},
        {"latency_ms": -1.0},
        {"blocks": 0},
    ],
)
def test_impossible_parameters_are_refused(given) -> None:
    """Before anything starts."""
    with pytest.raises(ParameterError):
        simulate(mine, seed=1, parameters=given)
