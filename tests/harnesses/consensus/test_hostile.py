"""The hostile peer does what its scenes say, also where a member's place is not its number."""

from __future__ import annotations

import asyncio

import pytest

from alyslab.harnesses.consensus.handover import Handover
from alyslab.harnesses.consensus.plan import Plan
from alyslab.harnesses.consensus.workloads.hostile import Hostile
from alyslab.harnesses.consensus.world import World
from alyslab.runtime import require_current, simulate

CHANGES_AT = 4
CROWDED = Handover(height=CHANGES_AT, leave=1, join=2)


async def key_used_twice(begin_s: float, author: int, spoilt: bool) -> bool:
    """Use a member's key beside it, before or after the federation has changed."""
    world = World(require_current(), Plan(authorities=4, load=None, handover=CROWDED))
    world.start()
    enemy = Hostile(world)
    await asyncio.sleep(begin_s)
    two = await enemy.equivocate(world.names[author], spoilt=spoilt)
    await asyncio.sleep(1.0)
    return two


@pytest.mark.parametrize("spoilt", [False, True])
@pytest.mark.parametrize(("begin_s", "author"), [(6.0, 1), (45.0, 4)])
def test_a_key_that_is_used_twice_is_noticed(begin_s: float, author: int, spoilt: bool) -> None:
    """Before the change members 0 to 3 sign, after it 1 to 5: member 4 then has place 3."""
    parameters = {"begin_s": begin_s, "author": author, "spoilt": spoilt}
    run = simulate(key_used_twice, seed=3, parameters=parameters)

    assert run.result
    forged = next(iter(run.journal.select(kind="adversary.signed")))
    said = [e for e in run.journal.select(kind="consensus.equivocation") if e.fields["what"] == "block"]
    assert {e.fields["authority"] for e in said} == {author}
    assert forged.fields["root"] in {e.fields[which] for e in said for which in ("first", "second")}
    assert (forged.fields["height"] >= CHANGES_AT) is (author == 4)


async def key_of_one_that_is_down() -> bool:
    """Use a member's key while it is paused."""
    world = World(require_current(), Plan(authorities=4, load=None))
    world.start()
    enemy = Hostile(world)
    await asyncio.sleep(6.0)
    world.node("node-2").pause()
    return await enemy.equivocate("node-2")


def test_one_block_is_no_equivocation() -> None:
    """The scene must say that it showed nothing, so that another member is tried."""
    assert simulate(key_of_one_that_is_down, seed=3).result is False


async def keys_of_one_that_never_came_up() -> tuple[bool, bool]:
    """Attack a member that crashed before it had read its disk."""
    world = World(require_current(), Plan(authorities=4, load=None))
    world.start()
    enemy = Hostile(world)
    world.node("node-2").crash()
    await asyncio.sleep(6.0)
    two = await enemy.equivocate("node-2")
    enemy.forge_approvals("node-2")
    enemy.forge_the_rest("node-2")
    enemy.lure("node-2")
    return "node-2" in world.around.lives, two


def test_a_node_that_never_came_up_is_left_alone() -> None:
    """A disk that fails at each start gives the enemy nothing to forge upon; it must not end the run."""
    run = simulate(keys_of_one_that_never_came_up, seed=3)

    assert run.result == (False, False)
    assert list(run.journal.select(kind="adversary.signed")) == []
