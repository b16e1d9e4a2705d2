from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.checkers.propagation import check_propagation
from alyslab.errors import ParameterError
from alyslab.harnesses.network import gossip
from alyslab.harnesses.network.gossip import flood
from alyslab.runtime import Run, require_current, simulate
from alyslab.runtime.replay import replay
from alyslab.runtime.sites import catalogue

SMALL = {"peers": 12, "blocks": 4, "degree": 4}

FOUND_BY = {
    "gossip.cut_through": {"no message is handled before it has left its sender"},
    "gossip.forget_backlog": {"no uplink carries more than its bandwidth"},
    "gossip.forget_relay": {"each block costs 2E - (n - 1) messages"},
    "gossip.forget_seen": {"a block is new to a peer once", "each block costs 2E - (n - 1) messages"},
    "gossip.skip_slot": {"every slot has its block"},
    "gossip.stale_stamp": {"no peer sends a block before it has it"},
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


def test_the_catalogue_of_gossip_names_what_is_tested_here():
    """A defect that no test knows would never be looked for."""
    registered = {entry.name for entry in catalogue() if entry.name.startswith("gossip.")}
    assert registered == {*FOUND_BY, "gossip.delay"}


@pytest.mark.parametrize("defect", FOUND_BY)
def test_a_planted_defect_is_found_by_its_check(defect):
    """A check that no defect can trip proves nothing; a few seeds must be enough."""
    found: set[str] = set()
    for seed in range(5):
        found |= failed(run_small(seed, planted=[defect]))
    assert FOUND_BY[defect] <= found


def test_a_forgotten_relay_by_the_author_loses_the_block_itself():
    """The delivery check bites too: when the author tells nobody, nobody has the block."""
    assert any(
        "every block reaches every peer" in failed(run_small(seed, planted=["gossip.forget_relay"]))
        for seed in range(20)
    )


def test_delayed_messages_break_no_promise_but_slow_the_blocks():
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
    return any(site.name == "gossip.delay" and site.fired for site in run.sites)


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
    """Messages to a dead peer are lost where it would have handled them, and nobody waits for them."""
    run = simulate(flood_with_a_crash, seed=7, parameters={"restart": restart})
    lost = list(run.journal.select(kind="gossip.lost"))
    assert lost
    assert {event.subject for event in lost} == {"peer-9"}
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


def test_a_flood_outside_a_run_says_what_to_do():
    """Called on plain asyncio it has neither clock nor journal."""
    with pytest.raises(RuntimeError, match="simulate"):
        asyncio.run(gossip.flood())
