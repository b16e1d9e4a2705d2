"""Miners on the message-by-message network: the same truth as theory, and planted bugs that show."""

from __future__ import annotations

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.mining.miner import TOPIC, Ledger, Miner, SelfishMiner, longest_chain, mine
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


def block(number: int, parent: int, height: int) -> bytes:
    """Write a block as miners do."""
    return b"".join(part.to_bytes(8, "big") for part in (number, parent, height))


NO_BLOCKS = (
    b"",
    b"x" * 23,
    b"y" * 25,
    b"\xff" * 24,
    block(1, 0, 2**62),
    block(7, 3, 4),
    block(1, 0, 2),
    block(1, 5, 1),
)
"""Noise; heights that would overflow; a block that nobody found; one that was found, told of falsely."""


async def told_lies() -> list[list[int]]:
    """Tell an honest miner and a selfish one what is no block, then what is one; return their tips."""
    runtime = require_current()
    network = Network(runtime)
    liar = network.endpoint(runtime.node("liar"))
    ledger = Ledger(runtime, 5)
    miners = []
    for kind in (Miner, SelfishMiner):
        node = runtime.node(kind.__name__)
        miners.append(kind(node, network.endpoint(node), ledger, 600.0))
        network.join(node.name, "liar")
    number = ledger.add("somebody", 0, 1)
    tips = []
    for payload in (*NO_BLOCKS, block(number, 0, 1)):
        for miner in miners:
            liar.send(miner.node.name, TOPIC, payload)
        await network.quiet()
        tips.append([miner.tip for miner in miners])
    return tips


def test_what_is_no_block_moves_no_miner_and_raises_nothing() -> None:
    """A hostile peer's bytes never raise, and without proof of work nothing is believed."""
    tips = simulate(told_lies, seed=1).result
    assert tips[:-1] == [[0, 0]] * len(NO_BLOCKS)
    assert tips[-1] == [1, 1]


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
