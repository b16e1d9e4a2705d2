"""A node says that it is synced on the word of more than half of its peers, and does not wear itself out."""

from __future__ import annotations

import pytest

from alyslab.harnesses.sync.policy import POLICIES
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import Run, simulate
from tests.harnesses.sync.stage import CHAIN

POLICY = POLICIES["actor"]


async def beside(*, behaviour: str, within_s: float) -> bool:
    """Sync from one honest peer and one other."""
    world = World(CHAIN, peers=2, behaviours={0: behaviour})
    world.add_node()
    return await world.finish(["node-0"], within_s)


def states(run: Run) -> list[str]:
    return [event.fields["state"] for event in run.journal.select(kind="sync.state")]


def test_one_of_two_peers_is_no_majority() -> None:
    """The node has the chain and follows it; that nobody is higher, one peer alone can't tell."""
    run = simulate(beside, seed=13, parameters={"behaviour": "garbage", "within_s": 60.0})
    imported = [event.fields["height"] for event in run.journal.select(kind="sync.imported")]

    assert (run.result, imported[-1]) == (False, CHAIN.height)
    assert states(run).count("catching_up") <= 61.0 / POLICY.discover_interval_s


@pytest.mark.parametrize("behaviour", ["forged", "empty", "refusing", "false_checkpoint"])
def test_two_peers_that_agree_on_the_head_are_a_majority_whatever_else_one_did(behaviour: str) -> None:
    """Nodes waited 300 s for the end of the blacklist."""
    assert simulate(beside, seed=13, parameters={"behaviour": behaviour, "within_s": 30.0}).result is True


async def with_a_head(*, behaviour: str) -> bool:
    """Start a node that has half of the chain, beside a peer that may not answer for blocks."""
    world = World(CHAIN, peers=3, behaviours={0: behaviour})
    await world.add_node_with(CHAIN.height // 2)
    return await world.finish(["node-0"], 60.0)


def test_the_own_head_is_asked_for_no_longer_than_a_status() -> None:
    """One silent peer held each start up for the 30 s that a range may take."""
    run = simulate(with_a_head, seed=3, parameters={"behaviour": "silent"})
    entered = {event.fields["state"]: event.time_ns / 1e9 for event in run.journal.select(kind="sync.state")}

    assert run.result is True
    assert 1.0 < entered["catching_up"] - entered["headers"] <= POLICY.status_timeout_s + 1.0


@pytest.mark.parametrize("seed", range(4))
def test_no_site_strikes_what_the_laboratory_prepares(seed: int) -> None:
    """A site refused the disk that the world filled for its node, and the run ended as an error."""
    outcome = WORKLOADS["startup"].run(seed, activation_ratio=1.0, blocks=60, had=40, growth=5)

    assert outcome.verdict.failed == ()
