from __future__ import annotations

from dataclasses import replace

from alyslab.checkers.liveness import goes_on
from alyslab.checkers.slots import own_blocks_accepted, slots_answered, turns_kept
from alyslab.checkers.verdict import Verdict
from alyslab.runtime.event import Event
from tests.checkers.events import event, finalised, imported

S = 1_000_000_000


def at(seconds: float, one: Event) -> Event:
    return replace(one, time_ns=round(seconds * S))


def started(authority: int, seconds: float = 0) -> Event:
    fields = {"authority": authority, "members": 2, "slot_ms": 5_000, "epoch_ms": 0, "votes": 0, "height": 0}
    return at(seconds, event("consensus.started", f"node-{authority}", **fields))


def produced(authority: int, slot: int, root: str = "x", *, height: int = 1) -> Event:
    fields = {"slot": slot, "root": root, "height": height}
    return at(slot * 5, event("consensus.produced", f"node-{authority}", **fields))


def term(first_height: int, seats: str, quorum: int = 2) -> Event:
    return event("federation.term", "world", first_height=first_height, seats=seats, quorum=quorum)


def broken(verdict: Verdict) -> list[object]:
    return [check.observed for check in verdict.checks]


def test_each_author_in_its_own_slots() -> None:
    """Slot modulo members, as Aura has it."""
    assert broken(turns_kept([started(0), started(1), produced(0, 2), produced(1, 3)])) == [0, 0, 0]
    assert broken(turns_kept([started(0), started(1), produced(0, 3)])) == [1, 0, 0]


def test_two_blocks_for_a_slot_are_found_across_a_restart() -> None:
    """A crash is no excuse: the vote should have been on the disk."""
    events = [started(0), produced(0, 2, "x"), started(0), produced(0, 2, "y"), produced(0, 4, "z")]

    assert broken(turns_kept(events)) == [0, 1, 0]


def test_a_block_while_catching_up_is_found() -> None:
    """It stands on a head that others have left."""
    begun = event("consensus.rejoining", "node-0", height=1, finalised_height=0, why="orphan")
    ended = event("consensus.rejoined", "node-0", height=2, from_height=1, synced=True)

    assert broken(turns_kept([started(0), begun, produced(0, 2)])) == [0, 0, 1]
    assert broken(turns_kept([started(0), begun, ended, produced(0, 2)])) == [0, 0, 0]
    assert broken(turns_kept([started(0), begun, started(0), produced(0, 2)])) == [0, 0, 0]


def test_a_gate_may_let_a_node_write_while_it_catches_up() -> None:
    """For that slot and no other: V2's rule allows it near the others' head."""
    begun = event("consensus.rejoining", "node-0", height=1, finalised_height=0, why="orphan")
    let = event("consensus.gate", "node-0", slot=2, allowed=True)
    kept = event("consensus.gate", "node-0", slot=2, allowed=False)

    assert broken(turns_kept([started(0), begun, let, produced(0, 2)])) == [0, 0, 0]
    assert broken(turns_kept([started(0), begun, kept, produced(0, 2)])) == [0, 0, 1]
    assert broken(turns_kept([started(0), begun, let, produced(0, 4)])) == [0, 0, 1]


def test_whose_turn_it_is_follows_the_federation() -> None:
    """After a change the same slot is another's; who was not told goes by what it knows."""
    terms = [term(1, "0,1"), term(5, "1,2"), started(0), started(1), started(2)]
    untold = event("federation.untold", "node-0")

    assert broken(turns_kept([*terms, produced(0, 2), produced(1, 4, height=5)])) == [0, 0, 0]
    assert broken(turns_kept([*terms, produced(0, 4, height=5)])) == [1, 0, 0]
    assert broken(turns_kept([*terms, untold, produced(0, 4, height=5)])) == [0, 0, 0]


def test_an_author_that_rejects_its_own_block_is_found() -> None:
    """It will do so in every slot."""
    fields = {"what": "block", "rule": "pegouts_count", "height": 3, "root": "x"}
    own = event("consensus.rejected", "node-0", sender="node-0", own=True, **fields)
    other = event("consensus.rejected", "node-0", sender="node-1", own=False, **fields)

    assert broken(own_blocks_accepted([produced(0, 2), own])) == [1]
    assert broken(own_blocks_accepted([produced(0, 2), other])) == [0]
    assert broken(own_blocks_accepted([])) == [None]


def test_a_clock_that_was_set_back_puts_a_block_into_the_future() -> None:
    """The author is not at fault; without the clock it is, and so it is for any other rule."""
    fields = {"what": "block", "height": 3, "root": "x", "sender": "node-0", "own": True}
    early = event("consensus.rejected", "node-0", rule="slot_not_in_future", **fields)
    other = event("consensus.rejected", "node-0", rule="pegouts_count", **fields)
    ahead, back = (event("clock.set", "node-0", offset_ns=ns, drift_ppm=0.0, entry="e1") for ns in (7, -9))

    assert broken(own_blocks_accepted([ahead, produced(0, 2), back, early])) == [0]
    assert broken(own_blocks_accepted([ahead, produced(0, 2), early])) == [1]
    assert broken(own_blocks_accepted([back, produced(0, 2), early])) == [1]
    assert broken(own_blocks_accepted([ahead, produced(0, 2), back, other])) == [1]
    assert broken(own_blocks_accepted([ahead, produced(0, 2), back, produced(0, 3), early])) == [1]


def calm(*events: Event, begin: float = 10, end: float = 42) -> list[Event]:
    over, end_row = at(begin, event("faults.over", "world")), at(end, event("run.over", "world"))
    return sorted([started(0), started(1), over, *events, end_row], key=lambda each: each.time_ns)


def skipped(authority: int, slot: int) -> Event:
    return at(slot * 5, event("consensus.skipped", f"node-{authority}", slot=slot, reason="halted"))


def test_every_slot_of_an_author_that_is_up_has_a_block_or_a_reason() -> None:
    """Silence is what a lost timer looks like."""
    all_of_them = [produced(slot % 2, slot) for slot in range(3, 8)]
    last_said = [skipped(0, 6) if each.fields["slot"] == 6 else each for each in all_of_them]
    silent = [each for each in all_of_them if each.fields["slot"] != 6]

    assert broken(slots_answered(calm(*all_of_them))) == [0]
    assert broken(slots_answered(calm(*last_said))) == [0]
    assert broken(slots_answered(calm(*silent))) == [1]


def test_a_node_that_is_down_owes_nothing() -> None:
    """Nor one that crashed or was paused in the calm."""
    others = [produced(1, slot) for slot in (3, 5, 7)]

    assert broken(slots_answered(calm(*others, at(8, event("node.crash", "node-0", tasks=1))))) == [0]
    assert broken(slots_answered(calm(*others, at(20, event("node.pause", "node-0"))))) == [0]
    assert broken(slots_answered(calm(*others, at(8, event("consensus.stopped", "node-0"))))) == [0]
    assert broken(slots_answered(calm(*others))) == [2]


def test_without_calm_nothing_can_be_said() -> None:
    """Inconclusive, not a success."""
    assert slots_answered([started(0)]).status == "inconclusive"


def test_progress_is_counted_from_the_end_of_faults() -> None:
    """A node that repeats what it had has not gone on."""
    events = calm(
        at(5, imported("node-0", 4)),
        at(12, imported("node-0", 4)),
        at(15, imported("node-0", 5)),
        at(20, imported("node-1", 5)),
        at(16, finalised("node-0", 3)),
        at(26, finalised("node-1", 3)),
    )

    verdict = goes_on(events, blocks_within_s=30, finality_within_s=30)

    assert broken(verdict) == [10.0, 16.0]
    assert verdict.checks[0].note == "slowest: node-1"


def test_a_node_that_never_goes_on_fails() -> None:
    """With all the time that there was."""
    events = calm(at(12, imported("node-0", 4)), at(12, finalised("node-0", 3)))

    verdict = goes_on(events, blocks_within_s=30, finality_within_s=30)

    assert broken(verdict) == [32.0, 32.0]
    assert verdict.status == "fail"
    assert goes_on(events, blocks_within_s=60, finality_within_s=60).status == "inconclusive"
