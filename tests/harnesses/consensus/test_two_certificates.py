"""Two certified blocks at one height, without a fault of any node: what the protocol's own rules permit."""

from __future__ import annotations

import asyncio
from typing import Any

from alyslab.checkers.agreement import common_prefix_always, finalised_agree, heads_meet
from alyslab.checkers.approvals import certificates, votes_kept
from alyslab.harnesses.consensus.workloads.faults import faults_over, partition
from alyslab.harnesses.consensus.world import Plan, World
from alyslab.harnesses.network.rules import Drop, Rule
from alyslab.runtime import Journal, require_current, simulate


async def late_approvals() -> dict[str, Any]:
    """Let the approvals of one block reach one node only, and cut that node off for two slots."""
    world = World(require_current(), Plan(authorities=4, load=None))
    world.start()
    one, others = world.names[0], world.names[1:]
    await asyncio.sleep(27.0)
    rule = Rule(name="approvals_late", verdict=Drop(), receivers=others, topics=["approve_block"])
    with world.network.rules.installed(rule):
        await asyncio.sleep(4.0)
    await partition(world, [one], 10.0)
    faults_over(world)
    await asyncio.sleep(70.0)
    return {name: world.around.lives[name].chain.height for name in world.names}


def certified(journal: Journal) -> dict[int, set[str]]:
    """Return the roots that were imported with a quorum, by height."""
    roots: dict[int, set[str]] = {}
    for event in journal.select(kind="consensus.imported"):
        roots.setdefault(event.fields["height"], set()).add(event.fields["root"])
    return roots


def test_the_replacement_rule_lets_two_blocks_of_one_height_be_certified() -> None:
    """Every member kept its votes: one root a slot, later slots only; and still both have three of four.

    A member that approved a block approves the one that replaces it, of a
    later slot at the same height, since nothing locks it to the first.
    """
    journal = simulate(late_approvals, seed=1).journal
    events = list(journal)

    twice = {height for height, roots in certified(journal).items() if len(roots) > 1}
    assert len(twice) == 1
    slots: dict[int, list[int]] = {}
    for event in journal.select(kind="consensus.approved"):
        if event.fields["height"] in twice:
            slots.setdefault(event.fields["authority"], []).append(event.fields["slot"])
    assert {authority for authority, signed in slots.items() if len(signed) == 2} == {1, 2, 3}
    assert all(signed == sorted(set(signed)) for signed in slots.values())
    assert certificates(events).failed == ()
    assert votes_kept(events).failed == ()


def test_such_a_fork_is_one_block_deep_and_ends() -> None:
    """Nothing final differs, and the later slot wins as soon as both sides meet."""
    events = list(simulate(late_approvals, seed=1).journal)

    assert common_prefix_always(events, depth_blocks=0).status == "fail"
    assert common_prefix_always(events, depth_blocks=1).status == "pass"
    assert finalised_agree(events).failed == ()
    assert heads_meet(events, within_s=60.0, lag_blocks=1).failed == ()
