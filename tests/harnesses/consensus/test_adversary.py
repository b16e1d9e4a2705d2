"""The machinery of attacks: what a coalition can sign, say and keep from being said."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.harnesses.consensus.adversary.branch import Publisher, extended
from alyslab.harnesses.consensus.adversary.coalition import Coalition
from alyslab.harnesses.consensus.users import Load, transfer
from alyslab.harnesses.consensus.workloads.faults import until_slot_of
from alyslab.harnesses.consensus.world import Plan, World
from alyslab.harnesses.sync import protocol
from alyslab.model.errors import ModelError
from alyslab.runtime import Run, require_current, simulate

MEMBERS = 4


async def world_of(seconds: float, **plan: Any) -> World:
    """A federation that has run for a while."""
    world = World(require_current(), Plan(authorities=MEMBERS, **({"load": None} | plan)))
    world.start()
    await asyncio.sleep(seconds)
    return world


async def signing() -> list[Any]:
    coalition = Coalition(await world_of(21.0), "c", ["node-2", "node-0", "nobody"])
    block = coalition.core("node-1").chain.head.block
    signed, world = coalition.sign(block, coalition.keys), coalition.world
    keys = [world.spec.authorities[key] for key in coalition.keys]
    valid = world.scheme.verify(keys, block.root, signed.signature.point)
    everybody = world.scheme.verify(list(world.spec.authorities), block.root, signed.signature.point)
    return [list(coalition.members), list(coalition.honest), list(signed.signature.signers), valid, everybody]


def test_a_coalition_signs_with_its_own_keys_and_with_no_others() -> None:
    """An attack that borrowed an honest key would succeed below its bound, and prove nothing."""
    run = simulate(signing, seed=1)
    told = [row.fields["authority"] for row in run.journal.select(kind="adversary.signed")]

    assert run.result == [["node-0", "node-2"], ["node-1", "node-3"], [True, False, True, False], True, False]
    assert told == [0, 2]


async def silenced() -> list[Any]:
    world = await world_of(21.0)
    coalition = Coalition(world, "c", ["node-0"])
    rule = coalition.silence()
    world.network.rules.install(rule)
    status = await world.network.endpoint(world.node("node-0")).request("node-1", protocol.STATUS, b"")
    vote = coalition.vote("node-0", bytes(32), 7)
    reached = coalition.say("node-0", ["node-1", "node-0"], "approval", vote, bytes(32))
    await asyncio.sleep(20.0)
    world.network.rules.remove(rule)
    world.node("node-0").crash()
    dead = coalition.say("node-0", ["node-1"], "approval", vote, bytes(32))
    return [protocol.read_status(status).height > 0, reached, dead, list(coalition.speakers)]


def test_a_silenced_member_says_what_the_coalition_says_and_nothing_else() -> None:
    """Its own process goes on as an honest one's would, and must not give the others what it knows."""
    run = simulate(silenced, seed=1)
    out = [
        row
        for row in run.journal.select(kind="net.message", after_ns=22_000_000_000)
        if row.fields["sender"] == "node-0" and not row.fields["reply_to"]
    ]
    (sent,) = run.journal.select(kind="adversary.sent")
    dropped = [row for row in run.journal.select(kind="net.drop") if row.fields["cause"] == "c/silence"]

    assert run.result == [True, 1, 0, []]
    assert {row.fields["topic"] for row in out} <= {"approve_block", protocol.STATUS}
    assert sent.fields["message"] in {row.fields["id"] for row in run.journal.select(kind="net.message")}
    assert dropped


async def branching(keys: int) -> dict[str, Any]:
    world = await world_of(31.0)
    coalition = Coalition(world, "c", [f"node-{number}" for number in range(keys)])
    victim = "node-3"
    await until_slot_of(world, "node-0", after_s=0.001)
    chain = coalition.core(victim).chain
    before, fork = chain.height, chain.height - 2
    branch = extended(coalition, chain, fork, own_slots_only=False)
    Publisher(coalition).publish(branch, [victim])
    await asyncio.sleep(1.0)
    core = coalition.core(victim)
    ours = [signed.block.root for signed in branch[fork:]]
    return {
        "longer": len(branch) > before,
        "taken": any(core.chain.height_of(root) is not None for root in ours),
        "same_below": all(core.chain.height_of(signed.block.root) is not None for signed in branch[:fork]),
    }


def test_a_published_branch_is_fetched_and_refused_without_a_quorum() -> None:
    """The node must look at it: a branch that nobody asks for is refused by nobody."""
    run = simulate(branching, seed=2, parameters={"keys": 2})
    asked = [
        row
        for row in run.journal.select(kind="net.message")
        if row.subject == "publisher-c" and row.fields["topic"] == protocol.BLOCKS
    ]
    refused = [row.fields["rule"] for row in run.journal.select(kind="consensus.rejected", subject="node-3")]

    assert run.result == {"longer": True, "taken": False, "same_below": True}
    assert asked
    assert "quorum" in refused


async def unpayable() -> bool:
    world = await world_of(31.0, load=Load(users=2, interval_s=0))
    coalition = Coalition(world, "c", ["node-0"])
    await until_slot_of(world, "node-0", after_s=0.001)
    chain = coalition.core("node-3").chain
    broke = transfer(bytes(20), 0, world.addresses[0], 10**30)
    try:
        extended(coalition, chain, chain.height - 1, payment=broke, own_slots_only=False)
    except ModelError:
        return True
    return False


def test_a_branch_can_not_pay_what_the_payer_has_not() -> None:
    """The enemy runs the same rules; a block that can't be run is no double spend."""
    assert simulate(unpayable, seed=1).result


async def spoilt_request() -> Run[Any] | None:
    world = await world_of(21.0)
    coalition = Coalition(world, "c", ["node-0"])
    Publisher(coalition)
    node = world.machine("asker", ("node-1",))
    world.network.join("asker", "publisher-c")
    world.network.endpoint(node).send("publisher-c", protocol.BLOCKS, b"\xff\xff")
    await asyncio.sleep(1.0)
    return None


def test_a_request_that_the_line_has_spoilt_ends_no_run() -> None:
    """Corruption and attacks meet in drawn plans; the enemy's machine must live through it."""
    run = simulate(spoilt_request, seed=1)

    assert list(run.journal.select(kind="net.message", subject="publisher-c"))


@pytest.mark.parametrize("keys", [1, 3])
def test_an_attacker_builds_on_what_it_was_shown_and_leaves_the_past_alone(keys: int) -> None:
    """Below the fork the branch is the victim's own chain, block for block."""
    assert simulate(branching, seed=3, parameters={"keys": keys}).result["same_below"]
