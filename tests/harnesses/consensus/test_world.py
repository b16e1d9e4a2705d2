from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.wire import TOPICS
from alyslab.harnesses.consensus.workloads.hostile import HOSTILE, Hostile
from alyslab.harnesses.consensus.world import Plan, World
from alyslab.harnesses.network.errors import NetworkError
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.sync import protocol
from alyslab.runtime import Run, require_current, simulate

QUICK = LinkSpec(delay_ms=20, jitter_ms=5, distribution="uniform")


async def federation(*, nodes: int, seconds: float, followers: int = 0, topics: str = "v1") -> dict[str, Any]:
    """Run a federation and return where each node stands."""
    plan = Plan(authorities=nodes, followers=followers, link=QUICK, settings=Settings(topics=topics))
    world = World(require_current(), plan)
    world.start()
    await asyncio.sleep(seconds)
    lives = world.around.lives
    return {name: [lives[name].chain.height, lives[name].chain.head_root.hex()] for name in world.names}


def run(**parameters: Any) -> Run:
    return simulate(federation, seed=3, parameters={"nodes": 4, "seconds": 42.0, **parameters})


@pytest.mark.parametrize("nodes", [1, 3, 5])
def test_a_federation_writes_a_block_in_every_slot(nodes: int) -> None:
    """From one node, which is its own quorum, to five."""
    result = run(nodes=nodes).result

    assert {tuple(stand) for stand in result.values()} == {(8, next(iter(result.values()))[1])}


@pytest.mark.parametrize("topics", sorted(TOPICS))
def test_both_versions_topics_carry_consensus(topics: str) -> None:
    """The variants of V2 are the same protocol in other envelopes."""
    journal = run(topics=topics, followers=1)

    spoken = {event.fields["topic"] for event in journal.journal.select(kind="net.message")}
    assert set(TOPICS[topics].values()) <= spoken | {"pegout_signatures"}
    assert {stand[0] for stand in journal.result.values()} == {8}


def test_what_happens_is_written_where_it_took_effect() -> None:
    """Checkers know nothing but these rows."""
    kinds = run(seconds=90.0).journal.kinds()

    for kind in (
        "produced",
        "received",
        "candidate",
        "approved",
        "counted",
        "imported",
        "finalised",
        "queued",
    ):
        assert kinds[f"consensus.{kind}"] > 0
    assert kinds["consensus.imported"] == kinds["block.imported"]
    assert "consensus.forged" not in kinds
    assert "consensus.offence" not in kinds


@pytest.mark.parametrize("strategy", ["fifo", "random"])
def test_one_seed_is_one_run(strategy: str) -> None:
    """A finding that can't be repeated can't be mended."""
    parameters = {"nodes": 4, "seconds": 30.0, "followers": 1}
    one, other = (simulate(federation, seed=9, strategy=strategy, parameters=parameters) for _ in range(2))

    assert one.digest == other.digest
    assert simulate(federation, seed=10, strategy=strategy, parameters=parameters).digest != one.digest


async def fuzzed(*, topics: str, rounds: int) -> list[Any]:
    """Throw everything at a federation's nodes, on every topic, and see how it stands."""
    world = World(require_current(), Plan(authorities=4, link=QUICK, settings=Settings(topics=topics)))
    world.start()
    enemy = Hostile(world)
    endpoint, random = world.network.endpoint(world.node(HOSTILE)), Random(7)
    codec = world.around.codec
    await asyncio.sleep(12.0)
    for number in range(rounds):
        name = world.names[number % 4]
        core = world.around.lives[name]
        core.scores._standing.clear()  # otherwise the ban ends the fuzzing
        spoilt = bytearray(core.chain.head.encode())
        spoilt[random.randrange(len(spoilt))] ^= 1 << random.randrange(8)
        endpoint.send(name, codec.topics["block"], bytes(spoilt))
        for topic in [*sorted(codec.known_topics), *sorted(protocol.TOPICS), "rpc/createauxblock", "x"]:
            endpoint.send(name, topic, random.randbytes(random.randrange(300)))
        enemy.forge_approvals(name)
        enemy.forge_the_rest(name)
        with suppress(NetworkError):
            await endpoint.request(name, "rpc/submitauxblock", random.randbytes(40), timeout_s=0.5)
        await asyncio.sleep(0.2)
    await asyncio.sleep(20.0)
    return [world.around.lives[name].chain.height for name in world.names]


@pytest.mark.parametrize("topics", sorted(TOPICS))
def test_hostile_input_never_raises_and_costs_points(topics: str) -> None:
    """V1 aborts at malformed gossip; a node here goes on, and says who sent it."""
    done = simulate(fuzzed, seed=4, parameters={"topics": topics, "rounds": 40})

    assert min(done.result) >= 6
    offences = list(done.journal.select(kind="consensus.offence"))
    assert {event.fields["peer"] for event in offences} == {HOSTILE}
    assert {event.fields["offence"] for event in offences} >= {"malformed", "forged", "unwanted"}
    assert {event.fields["what"] for event in done.journal.select(kind="consensus.forged")} >= {"approval"}


async def banned() -> list[int]:
    """Talk nonsense until the nodes do not listen, then see that they do not."""
    world = World(require_current(), Plan(authorities=4, link=QUICK))
    world.start()
    enemy = Hostile(world)
    await asyncio.sleep(7.0)
    for _ in range(3):
        enemy.talk_nonsense("node-0")
    await asyncio.sleep(1.0)
    before = len(list(require_current().journal.select(kind="consensus.offence")))
    for _ in range(3):
        enemy.talk_nonsense("node-0")
    await asyncio.sleep(1.0)
    return [before, len(list(require_current().journal.select(kind="consensus.offence")))]


def test_a_banned_peer_is_not_listened_to() -> None:
    """Otherwise a flood of nonsense costs a node its time for ever."""
    before, after = simulate(banned, seed=4).result

    assert before == after >= 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"authorities": 0},
        {"authorities": 16},
        {"followers": -1},
        {"degree": 9},
        {"scheme": "none"},
        {"bitcoin_interval_s": 0.0},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """Before anything is started, with what would be accepted."""
    with pytest.raises(ParameterError, match="world"):
        Plan(**wrong)


def test_every_problem_of_the_settings_is_named_at_once() -> None:
    """One round of corrections is enough."""
    with pytest.raises(ParameterError) as refused:
        Settings(topics="v3", transactions_most=-1, patience_s=0)

    assert [problem.key for problem in refused.value.problems] == [
        "topics",
        "transactions_most",
        "patience_s",
    ]
