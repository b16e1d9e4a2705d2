from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.checkers.propagation import check_propagation
from alyslab.errors import ParameterError
from alyslab.harnesses.network import gossip
from alyslab.harnesses.network.gossip import KINDS, flood, spread
from alyslab.harnesses.network.gossip.defects import FLOOD_DEFECTS
from alyslab.harnesses.network.gossip.inventory import Inventory
from alyslab.harnesses.network.gossip.schedule import Schedule
from alyslab.harnesses.network.gossip.wire import BLOCK, GET, HAVE, write_body, write_ids
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.workloads import WORKLOADS
from alyslab.runtime import Run, require_current, simulate
from alyslab.runtime.replay import replay
from alyslab.runtime.sites import catalogue

SMALL = {"peers": 12, "blocks": 4, "degree": 4}

FOUND_BY = {
    "network.cut_through": {"no message is handled before it has left its sender"},
    "network.forget_backlog": {"no uplink carries more than its bandwidth"},
    "gossip.forget_relay": {"each block costs 2E - (n - 1) messages"},
    "gossip.forget_seen": {"a block is new to a peer once", "each block costs 2E - (n - 1) messages"},
    "gossip.skip_slot": {"every slot has its block"},
    "gossip.early_send": {"no peer sends a block before it has it"},
}
"""The checks that must fail, for each defect; others may fail with them."""


def run_small(seed: int = 7, **options: Any) -> Run:
    return simulate(flood, seed=seed, parameters=SMALL, **options)


def failed(run: Run) -> set[str]:
    return {check.name for check in check_propagation(run.journal).verdict.failed}


@pytest.mark.parametrize(("peers", "degree"), [(3, 2), (5, 4), (12, 4), (30, 7)])
def test_each_block_costs_exactly_2e_minus_n_minus_1_messages(peers, degree):
    """The closed form holds for flooding without the sender, whatever the delays; counted by hand here."""
    run = simulate(flood, seed=3, parameters={"peers": peers, "degree": degree, "blocks": 2})
    links = peers * degree // 2
    assert run.result["links"] == links
    assert len(list(run.journal.select(kind="gossip.received"))) == 2 * (2 * links - (peers - 1))


def test_blocks_are_produced_at_slot_times_by_the_author_whose_turn_it_is():
    """Aura: slot = time // slot length, author = slot mod authorities."""
    run = run_small()
    produced = [
        (event.time_ns, event.fields["slot"], event.subject)
        for event in run.journal.select(kind="gossip.produced")
    ]
    assert produced == [(slot * 5_000_000_000, slot, f"peer-{slot % 3}") for slot in (1, 2, 3, 4)]


def test_a_flood_passes_its_checker_on_every_seed():
    """The other half of the planted defects: none on, nothing found."""
    for seed in range(25):
        verdict = check_propagation(run_small(seed).journal).verdict
        assert verdict.status == "pass", (seed, verdict.failed)


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_a_flood_passes_its_checker_in_any_order_of_steps(strategy):
    """The promises are the protocol's; they may not hang on who runs first."""
    for seed in range(5):
        assert check_propagation(run_small(seed, strategy=strategy).journal).verdict.status == "pass"


def test_what_the_foundation_hunts_is_what_is_tested_here():
    """A defect that no test knows would never be looked for."""
    assert set(FLOOD_DEFECTS) == set(FOUND_BY)


@pytest.mark.parametrize("defect", FOUND_BY)
def test_a_planted_defect_is_found_by_its_check(defect):
    """A check that no defect can trip proves nothing; a few seeds must be enough."""
    missing = set(FOUND_BY[defect])
    for seed in range(10):
        if missing:
            missing -= failed(run_small(seed, planted=[defect]))
    assert missing == set()


def test_a_forgotten_relay_by_the_author_loses_the_block_itself():
    """The delivery check bites too: when the author tells nobody, nobody has the block."""
    assert any(
        "every block reaches every peer" in failed(run_small(seed, planted=["gossip.forget_relay"]))
        for seed in range(20)
    )


def test_slow_links_break_no_promise_but_slow_the_blocks():
    """A late message is legal; the site must not be mistaken for a defect, yet it must do something."""
    seed = next(seed for seed in range(50) if fired(run_small(seed, activation_ratio=1.0)))
    calm, slow = run_small(seed), run_small(seed, activation_ratio=1.0)
    assert failed(slow) == set()
    calm_ms = check_propagation(calm.journal).worst_reach_ms(1.0)
    slow_ms = check_propagation(slow.journal).worst_reach_ms(1.0)
    assert calm_ms is not None
    assert slow_ms is not None
    assert slow_ms > calm_ms


def fired(run: Run) -> bool:
    return any(site.name == "network.slow_link" and site.fired for site in run.sites)


def test_the_same_seed_gives_the_same_journal_and_another_seed_another():
    """What the whole laboratory rests on, for this harness."""
    assert run_small(7).digest == run_small(7).digest
    assert run_small(7).digest != run_small(8).digest


def test_a_token_of_a_flood_replays():
    """The workload is at the top level of its module, so that a token can name it."""
    assert replay(run_small(5, planted=["gossip.forget_seen"]).token).same


def test_a_larger_block_takes_longer():
    """The uplink is the bottleneck: ten times the bytes must show, or bandwidth has no effect."""
    small = simulate(flood, seed=7, parameters=SMALL | {"block_bytes": 18_000})
    large = simulate(flood, seed=7, parameters=SMALL | {"block_bytes": 535_000})
    small_ms = check_propagation(small.journal).worst_reach_ms(1.0)
    large_ms = check_propagation(large.journal).worst_reach_ms(1.0)
    assert small_ms is not None
    assert large_ms is not None
    assert large_ms > 2 * small_ms


async def flood_with_a_crash(restart: bool) -> None:
    async def trouble() -> None:
        await asyncio.sleep(5.3)
        node = require_current().nodes["peer-9"]
        node.crash()
        await asyncio.sleep(6.0)
        if restart:
            node.restart()

    task = asyncio.create_task(trouble())
    await flood(**SMALL)
    await task


@pytest.mark.parametrize("restart", [True, False])
def test_a_crashed_peer_misses_blocks_and_the_flood_still_ends(restart):
    """Its neighbours notice and send it nothing more; after a restart it connects and takes part again."""
    run = simulate(flood_with_a_crash, seed=7, parameters={"restart": restart})
    noticed = list(run.journal.select(kind="net.reset"))
    assert len(noticed) == SMALL["degree"], "each neighbour"
    assert {event.fields["peer"] for event in noticed} == {"peer-9"}
    missing = {
        event["missing_at"]
        for check in check_propagation(run.journal).verdict.failed
        if check.name == "every block reaches every peer"
        for event in check.evidence
    }
    assert missing == {"peer-9"}
    received_after = list(
        run.journal.select(kind="gossip.received", subject="peer-9", after_ns=12_000_000_000)
    )
    assert bool(received_after) is restart


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "12"])
def test_every_parameter_out_of_range_is_named_at_once(value):
    """A user corrects all of them in one go, before a node exists."""
    with pytest.raises(ParameterError) as caught:
        simulate(flood, seed=1, parameters={"peers": value, "blocks": value, "block_bytes": value})
    assert {problem.key for problem in caught.value.problems} == {"peers", "blocks", "block_bytes"}


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"peers": 2, "degree": 1}, "3 authorities among 2 peers"),
        ({"peers": 8, "degree": 8}, "1 to 7"),
        ({"peers": 9, "degree": 3}, "odd number of link ends"),
        ({"peers": 8, "degree": 1}, "not connected"),
    ],
)
def test_a_network_that_can_not_be_is_refused(parameters, says):
    """An unconnected network would be reported as lost blocks."""
    with pytest.raises(ParameterError, match=says):
        simulate(flood, seed=1, parameters=parameters)


OWN_DEFECTS = {
    "gossip.asks_all": ({"kind": "inventory"}, "each peer is sent each block once"),
    "gossip.always_whole": (
        {"kind": "compact", "peers": 30, "blocks": 8},
        "compact blocks incomplete at peers that come and go",
    ),
    "gossip.never_prunes": ({"kind": "mesh", "peers": 40, "degree": 30}, "no mesh is larger than D_high"),
    "gossip.silent_lazy": (
        {"kind": "mesh", "peers": 20, "degree": 10},
        "peers outside a mesh are told of blocks",
    ),
    "gossip.forget_seen": ({"kind": "mesh"}, "no block costs more than a flood"),
}


def test_every_planted_defect_of_gossip_is_tested_here():
    """A defect in the catalogue that nothing looks for is a claim without a proof."""
    planted = {entry.name for entry in catalogue() if entry.name.startswith("gossip.")}
    assert planted <= {*FOUND_BY, *OWN_DEFECTS}


@pytest.mark.parametrize("defect", OWN_DEFECTS)
def test_a_defect_of_one_protocol_is_found_by_its_check(defect):
    """The checks that only one protocol has must bite too, and say nothing where nothing is planted."""
    parameters, name = OWN_DEFECTS[defect]
    honest = WORKLOADS["spread"].run(0, **(SMALL | parameters))
    assert honest.verdict.failed == ()
    assert name in {check.name for check in honest.verdict.checks}
    broken = (WORKLOADS["spread"].run(seed, planted=[defect], **(SMALL | parameters)) for seed in range(5))
    assert any(name in {check.name for check in outcome.verdict.failed} for outcome in broken)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strategy", ["fifo", "random"])
def test_every_kind_of_gossip_brings_every_block_to_every_peer(kind, strategy):
    """In any order of steps, and with nothing for any checker to find."""
    for seed in range(3):
        outcome = WORKLOADS["spread"].run(seed, strategy=strategy, kind=kind, **SMALL)
        assert outcome.verdict.failed == (), (seed, outcome.verdict.failed)
        assert check_propagation(outcome.run.journal).worst_reach_ms(1.0) is not None


def test_asking_for_blocks_sends_each_body_once_and_the_mesh_less_than_a_flood():
    """What the protocols are for: counted by hand on the messages that carry a block."""
    bodies = {}
    for kind in KINDS:
        run = simulate(spread, seed=3, parameters={"kind": kind, "peers": 30, "degree": 8, "blocks": 3})
        rows = run.journal.select(kind="net.message")
        bodies[kind] = sum(event.fields["topic"] == "gossip.block" for event in rows)
    assert bodies["flood"] == 3 * (30 * 8 - 29)
    assert bodies["inventory"] == 3 * 29
    assert bodies["compact"] < bodies["inventory"]
    assert bodies["inventory"] < bodies["mesh"] < bodies["flood"]


def test_an_inventory_asks_another_peer_when_the_first_one_is_silent():
    """A third of all messages is lost, yet nearly all blocks arrive: others are asked too."""
    lossy = {"delay_ms": 20, "loss_ratio": 0.3, "fifo": False}
    run = simulate(spread, seed=2, parameters=SMALL | {"kind": "inventory", "link": lossy, "degree": 8})
    asked: dict[int, set[tuple[str, str]]] = {}
    for event in run.journal.select(kind=("net.message", "net.drop")):
        if event.fields["topic"] == "gossip.get":
            minute = event.time_ns // 60_000_000_000
            asked.setdefault(minute, set()).add((event.fields["sender"], event.subject))
    received = list(run.journal.select(kind="gossip.received"))
    assert len(asked) > 1, "nobody asked again after the time-out"
    assert len(received) >= 40, "of 44 that are due"
    assert any(event.time_ns > 60_000_000_000 for event in received), "a second question was answered"


async def inventory_with_a_boaster() -> None:
    """Let a peer announce a hundred times what it does not have, and an honest one once."""
    runtime = require_current()
    network = Network(runtime, link=LinkSpec(delay_ms=10))
    schedule = Schedule(slot_ns=10**9, authorities=1, first_slot=1, blocks=1, block_bytes=100)
    ends = {name: network.endpoint(runtime.node(name)) for name in ("asker", "boaster", "honest")}
    peer = Inventory(
        ends["asker"].node, index=1, links=(), network=network, schedule=schedule, runtime=runtime
    )
    network.join("asker", "boaster")
    network.join("asker", "honest")
    await peer.run()
    for _ in range(100):
        ends["boaster"].send("asker", HAVE, write_ids((1,)))
    ends["honest"].send("asker", HAVE, write_ids((1,)))
    ends["boaster"].on_message(lambda _: None)
    ends["honest"].on_message(lambda message: ends["honest"].send(message.sender, BLOCK, write_body(1, 1)))
    await network.quiet()


def test_a_peer_that_announces_what_it_lacks_is_asked_once():
    """Otherwise one that repeats itself keeps another from asking the honest for as long as it likes."""
    run = simulate(inventory_with_a_boaster, seed=1)
    asked = [
        event.subject for event in run.journal.select(kind="net.message") if event.fields["topic"] == GET
    ]
    assert asked == ["boaster", "honest"]
    assert [event.subject for event in run.journal.select(kind="gossip.received")] == ["asker"]


async def gossip_with_a_liar(kind: str) -> None:
    """Let a peer that keeps no protocol send bytes of every length on every topic to an honest one."""
    runtime = require_current()

    async def lie() -> None:
        await asyncio.sleep(5.1)
        endpoint = runtime.nodes["peer-9"].network
        random = runtime.random("liar")
        for topic in ("block", "compact", "have", "get", "missing", "graft", "prune", "nonsense"):
            for length in (0, 1, 3, 4, 6, 7, 40, 4 * 1_000, 6_001):
                for peer in endpoint.peers():
                    endpoint.send(peer, f"gossip.{topic}", random.randbytes(length))

    task = asyncio.create_task(lie())
    await spread(kind=kind, **SMALL)
    await task


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_peers_bytes_never_raise_out_of_the_harness(kind):
    """What means nothing is refused in the journal, and the honest blocks still arrive."""
    run = simulate(gossip_with_a_liar, seed=4, parameters={"kind": kind})
    assert {event.fields["sender"] for event in run.journal.select(kind="gossip.refused")} == {"peer-9"}
    spread_seen = check_propagation(run.journal)
    reaches = {check.name: check for check in spread_seen.verdict.checks}
    assert reaches["every block reaches every peer"].passed


@pytest.mark.parametrize(
    ("parameters", "keys"),
    [
        ({"kind": "rumour"}, {"kind"}),
        ({"link": {"delay_ms": -1, "los": 1}}, {"delay_ms", "los"}),
        ({"kind": "rumour", "peers": 0, "link": {"loss_ratio": 2}}, {"kind", "peers", "loss_ratio"}),
        ({"tables": ["one"]}, {"tables"}),
        ({"topology": {"shape": "donut"}}, {"shape"}),
        ({"topology": {"shape": "grid", "width": 3}}, {"width"}),
    ],
)
def test_every_unknown_name_and_impossible_condition_is_named(parameters, keys):
    """All problems at once, before a node exists."""
    with pytest.raises(ParameterError) as caught:
        simulate(spread, seed=1, parameters=SMALL | parameters)
    assert {problem.key for problem in caught.value.problems} == keys


@pytest.mark.slow
def test_a_flood_of_a_thousand_peers_costs_its_closed_form():
    """The size that the network is built for, with every message in the journal."""
    run = simulate(flood, seed=1, parameters={"peers": 1_000, "blocks": 2, "block_bytes": 20_000})
    assert check_propagation(run.journal).verdict.failed == ()
    assert len(list(run.journal.select(kind="gossip.received"))) == 2 * (8_000 - 999)


def test_a_flood_outside_a_run_says_what_to_do():
    """Called on plain asyncio it has neither clock nor journal."""
    with pytest.raises(RuntimeError, match="simulate"):
        asyncio.run(gossip.flood())


@pytest.mark.parametrize("kind", KINDS)
def test_a_trace_counts_one_hop_more_than_at_the_peer_it_came_from(kind):
    """A trace says who from whom; its hops have to be the length of that way."""
    run = simulate(spread, seed=3, parameters=SMALL | {"kind": kind})
    trace = check_propagation(run.journal).trace(1)
    hops = {arrival.peer: arrival.hops for arrival in trace}
    assert [arrival.hops for arrival in trace if not arrival.source] == [0]
    for arrival in trace:
        if arrival.source:
            assert arrival.hops == hops[arrival.source] + 1
