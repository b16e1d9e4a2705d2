"""When a node doubts its own chain: as soon as all who can bear witness are refused, and not before."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.harnesses.sync.claims import Claims
from alyslab.harnesses.sync.hostile import BEHAVIOURS
from alyslab.harnesses.sync.policy import POLICIES
from alyslab.harnesses.sync.protocol import BLOCKS, STATUS, Status
from alyslab.harnesses.sync.scores import REFUSED, PeerBook
from alyslab.harnesses.sync.workloads.faults import spoil_state
from alyslab.harnesses.sync.workloads.trial import POLICY
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import Run, require_current, simulate
from tests.harnesses.sync.stage import CHAIN, booted

MOST = 3


class Wire:
    """Peers that answer a status, or do not."""

    def __init__(self, answering: set[str]) -> None:
        self.answering = answering

    async def status(self, name: str, genesis: bytes) -> Status | None:
        """Return a status of height 5 from those that answer."""
        if name not in self.answering:
            return None
        return Status(version=1, genesis=genesis, height=5, root=bytes(32), finalised_height=0)


def needed(known: str, *, answering: str, refused: str = "", fruitless: str = "", caught: str = "") -> int:
    """Return how many refusals a doubt takes; each letter is a peer."""

    async def main() -> int:
        book = PeerBook(POLICIES["actor"], lambda: 0, lambda *_, **__: None)
        wire: Any = Wire(set(answering))
        claims = Claims(wire, book, lambda: known, bytes(32), lambda: 0)
        await claims.ask_all()
        for peer, topic, cause in [
            *((peer, BLOCKS, "empty") for peer in fruitless),
            *((peer, STATUS, "unreadable") for peer in caught),
        ]:
            for _ in range(3):
                book.failed(peer, topic, cause)
                if peer in answering and topic == BLOCKS:
                    book.succeeded(peer, STATUS, took_ns=1)
        for peer in refused:
            book.failed(peer, BLOCKS, REFUSED)
        return claims.witnesses_needed(refused, MOST)

    result: int = simulate(main, seed=1).result
    return result


def test_all_that_serve_must_be_refused_up_to_three() -> None:
    """One liar among many is no reason to doubt."""
    assert [needed("abcde"[:n], answering="abcde"[:n], refused="a") for n in range(1, 6)] == [1, 2, 3, 3, 3]


def test_who_sends_no_blocks_is_not_waited_for() -> None:
    """Or a doubt would never come up: this was a defect of liveness."""
    assert needed("abg", answering="ab", refused="a", caught="g") == 2
    assert needed("abg", answering="abg", refused="a", fruitless="g") == 2
    assert needed("ag", answering="ag", refused="a", fruitless="g") == 1


def test_who_is_cut_off_is_waited_for_until_there_are_two() -> None:
    """The one that is left may be the liar."""
    assert needed("abcd", answering="a", refused="a") == 2
    assert needed("abcd", answering="ab", refused="ab") == 2
    assert needed("abcd", answering="abc", refused="ab") == 3


def test_a_peer_that_was_refused_counts_wherever_it_is_now() -> None:
    """It may have gone, or be on the blacklist, by the time of the next refusal."""
    assert needed("bc", answering="bc", refused="ab") == 3
    assert needed("ab", answering="ab", refused="ab", caught="a") == 2


async def spoilt(*, behaviours: list[str]) -> bool:
    """Spoil the state of a node before it has its first block."""
    world = World(
        CHAIN, height=1, policy=POLICY, peers=len(behaviours), behaviours=dict(enumerate(behaviours))
    )
    world.add_node()
    await booted(world, "node-0")
    spoil_state(world, "node-0")
    return await world.finish(["node-0"], 120.0)


def mended(*behaviours: str) -> Run:
    return simulate(spoilt, seed=0, parameters={"behaviours": list(behaviours)})


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_two_honest_peers_are_enough_to_mend_a_spoilt_node(behaviour: str) -> None:
    """Whatever a third one does: a peer that sends nothing usable can't stand in the way of the doubt."""
    run = mended(behaviour, "honest", "honest")

    assert run.result is True
    assert [event.fields["reason"] for event in run.journal.select(kind="sync.state")].count("recovered") == 1


def test_one_liar_alone_does_not_end_a_sync_for_good() -> None:
    """It may make a node go back again and again; once the honest are there the node arrives."""

    async def main() -> bool:
        world = World(CHAIN, policy=POLICY, peers=5, behaviours={0: "forged", 1: "forged"})
        world.add_node()
        cut = ["peer-2", "peer-3", "peer-4"]
        await world.pause(0.05)
        with world.network.partition(cut, ["node-0", "peer-0", "peer-1"], name="cut"):
            await world.pause(200.0)
        return await world.finish(["node-0"], 120.0)

    assert simulate(main, seed=4, strategy="random").result is True


async def clock_steps_back(*, by_s: float) -> tuple[int, bool]:
    """Let a synced node's clock go back behind the slots of what comes next, for 20 s."""
    world = World(CHAIN, height=10, policy=POLICY, peers=3)
    node = world.add_node()
    await booted(world, "node-0")
    assert await world.finish(["node-0"], 60.0)
    node.clock.step(-int(by_s * 1e9))
    world.grow(20)
    await world.pause(20.0)
    height = max(event.fields["height"] for event in require_current().journal.select(kind="sync.imported"))
    node.clock.step(int(by_s * 1e9))
    return height, await world.finish(["node-0"], 60.0)


def test_a_clock_that_is_behind_is_no_reason_to_doubt_the_chain() -> None:
    """To a slow clock the next block comes from the future: a node threw 15 final blocks away for that."""
    run = simulate(clock_steps_back, seed=0, parameters={"by_s": 3600.0})

    assert run.result == (10, True)
    reasons = {event.fields["reason"] for event in run.journal.select(kind="sync.state")}
    assert "own_clock_behind" in reasons
    assert "recovered" not in reasons
