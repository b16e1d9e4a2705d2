"""What a node suspects others of follows from what came and what did not, and from nothing else."""

from __future__ import annotations

import pytest

from alyslab.harnesses.consensus.attendance import GRACE_SLOTS, LATE_MS
from alyslab.harnesses.consensus.suspicion import (
    LIMITS,
    REPEATS_LIMIT,
    SILENT_SLOTS,
    STRANGERS_LIMIT,
    WINDOW_MS,
    Suspicion,
)

MEMBERS = 4
OWN = 0
SLOT_MS = 5_000
AUTHORS = tuple(f"node-{number}" for number in range(MEMBERS))


class Observer:
    """A node's suspicion with a clock in hand, and what it has told."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.told: list[tuple[str, str]] = []
        self.suspicion = Suspicion(
            lambda: self.now_ms,
            lambda peer, what, _cases, _limit: self.told.append((peer, what)),
            peers=AUTHORS[1:],
            authors=AUTHORS,
            own=OWN,
        )
        self.twins: set[int] = set()
        self.blocks: set[bytes] = set()

    def tick(self, slot: int, *, blind: bool = False) -> None:
        self.now_ms = slot * SLOT_MS
        self.suspicion.tick(
            slot, slot % MEMBERS, blind=blind, spared=self.twins.__contains__, known=self.blocks.__contains__
        )

    def block(self, slot: int, *, delay_ms: int = 50, votes: dict[int, int] | None = None) -> None:
        """Let the slot's block come, and votes of members so many ms after it."""
        root, author = bytes([slot % 256]), slot % MEMBERS
        self.suspicion.turns.wrote(slot, author, delay_ms)
        came_ms = slot * SLOT_MS + delay_ms
        self.suspicion.votes.candidate(root, slot, author, came_ms, voters=range(MEMBERS), quorum=3)
        for member, after_ms in (dict.fromkeys(range(MEMBERS), 50) if votes is None else votes).items():
            self.suspicion.votes.came(root, member, slot, came_ms + after_ms)


@pytest.fixture
def observer() -> Observer:
    return Observer()


def test_members_who_do_what_they_should_are_suspected_of_nothing(observer: Observer) -> None:
    """A suspicion that is always there shows nothing."""
    for slot in range(100):
        observer.tick(slot)
        observer.block(slot)

    assert observer.told == []


@pytest.mark.parametrize(
    ("votes", "what"),
    [({1: 50, 2: 50}, "votes_missed"), ({1: 50, 2: 50, 3: 50 + LATE_MS + 1}, "votes_late")],
)
def test_votes_that_never_come_or_come_late_are_held_against_who_owes_them(
    observer: Observer, votes: dict[int, int], what: str
) -> None:
    """The one who keeps back is named, and nobody else; slots of its own it votes in with its block."""
    for slot in range(40):
        observer.tick(slot)
        observer.block(slot, votes=votes)

    assert set(observer.told) == {(AUTHORS[3], what)}


def test_a_line_that_is_slow_for_all_accuses_nobody(observer: Observer) -> None:
    """Lateness is held against the quorum's last vote, so the node's own line is nobody's fault."""
    for slot in range(40):
        observer.tick(slot)
        observer.block(slot, delay_ms=2_000, votes={1: 1_500, 2: 1_500, 3: 1_500})

    assert observer.told == []


def test_votes_over_twins_are_held_against_nobody(observer: Observer) -> None:
    """Over two blocks of a slot honest votes are split; the author is to blame, and proven so elsewhere."""
    observer.twins = set(range(40))
    for slot in range(40):
        observer.tick(slot)
        observer.block(slot, votes={1: 50})

    assert observer.told == []


def test_votes_for_what_is_no_block_are_held_against_who_gave_them(observer: Observer) -> None:
    """The trace of a member that votes for what it should not."""
    for slot in range(12):
        observer.tick(slot)
        observer.block(slot)
        observer.suspicion.votes.came(bytes([200, slot]), 2, slot, observer.now_ms)

    assert set(observer.told) == {(AUTHORS[2], "votes_stray")}


def test_a_vote_that_overtakes_its_block_is_no_stray_one(observer: Observer) -> None:
    """Approvals travel by themselves; the block may come last, or by sync."""
    for slot in range(12):
        observer.tick(slot)
        observer.block(slot)
        early = bytes([200, slot])
        observer.blocks.add(early)
        observer.suspicion.votes.came(early, 2, slot, observer.now_ms)

    assert observer.told == []


def test_empty_slots_are_held_against_their_author_once_others_write(observer: Observer) -> None:
    """A member that publishes nothing is named, and nobody else."""
    for slot in range(40):
        observer.tick(slot)
        if slot % MEMBERS != 2:
            observer.block(slot)

    assert set(observer.told) == {(AUTHORS[2], "turns_missed")}


def test_a_chain_that_halts_accuses_nobody(observer: Observer) -> None:
    """Without work nobody writes, and no turn is missed."""
    for slot in range(80):
        observer.tick(slot)
        if slot < 40:
            observer.block(slot)

    assert observer.told == []


def test_blocks_that_come_late_are_held_against_their_author(observer: Observer) -> None:
    """As long as the others' come in time."""
    for slot in range(40):
        observer.tick(slot)
        observer.block(slot, delay_ms=LATE_MS + 1 if slot % MEMBERS == 3 else 50)

    assert set(observer.told) == {(AUTHORS[3], "blocks_late")}


@pytest.mark.parametrize("how", ["blind", "asleep"])
def test_what_the_node_could_not_see_it_holds_against_nobody(observer: Observer, how: str) -> None:
    """While it catches up, or was paused, votes and blocks went past it."""
    for slot in range(0, 120, 3):
        observer.tick(slot, blind=how == "blind")
        if how == "blind":
            observer.tick(slot + 1, blind=True)
            observer.tick(slot + 2, blind=True)
        observer.block(slot + 2, votes={})

    assert observer.told == []


def test_the_same_bytes_again_from_one_peer_are_suspicious(observer: Observer) -> None:
    """Which messages are sent again, and not doubled by a line, gossip tells (test_parts)."""
    for number in range(REPEATS_LIMIT):
        observer.suspicion.repeated("node-1", 10 + number)
    assert observer.told == [("node-1", "repeats")]


def test_what_lies_further_apart_than_the_window_does_not_add_up(observer: Observer) -> None:
    """An honest node that restarts repeats itself now and then."""
    for number in range(3 * REPEATS_LIMIT):
        observer.now_ms = number * (WINDOW_MS // REPEATS_LIMIT + 1_000) * 2
        observer.suspicion.repeated("node-1", number)

    assert observer.told == []


def test_many_unknown_names_that_talk_of_blocks_are_a_crowd_and_peers_are_not(observer: Observer) -> None:
    """One stranger is a stranger; the operator's own peers may talk as much as they like."""
    for _ in range(10):
        observer.suspicion.spoke("node-1")
        observer.suspicion.spoke("stranger-0")
    assert observer.told == []

    for number in range(1, STRANGERS_LIMIT):
        observer.suspicion.spoke(f"stranger-{number}")
    assert observer.told == [("stranger-0, stranger-1, stranger-2", "strangers")]


@pytest.mark.parametrize("hears", ["strangers", "a peer too", "nobody", "strangers after sleep"])
def test_who_hears_strangers_alone_may_be_eclipsed(observer: Observer, hears: str) -> None:
    """Silence all round is a bad line, and a peer's word shows a false chain up: neither is an eclipse."""
    observer.tick(0)
    for slot in range(1, SILENT_SLOTS + 2):
        if hears != "nobody":
            observer.suspicion.spoke("stranger")
        if hears == "a peer too" and slot == SILENT_SLOTS:
            observer.suspicion.spoke(AUTHORS[1])
        observer.tick(slot + (7 if hears == "strangers after sleep" and slot > SILENT_SLOTS - 1 else 0))

    assert observer.told == ([("stranger", "peers_silent")] if hears == "strangers" else [])


def test_work_that_keeps_taking_anothers_place_is_suspicious(observer: Observer) -> None:
    """Once happens to honest miners; twice of four is a way of life."""
    limit, of = LIMITS["work_raced"]
    observer.suspicion.raced("miner", displaced=True)
    for _ in range(of - 1):
        observer.suspicion.raced("miner", displaced=False)
    assert observer.told == []

    for _ in range(limit):
        observer.suspicion.raced("other", displaced=True)
    assert observer.told == [("other", "work_raced")]


def test_a_suspicion_that_was_told_is_told_again_only_after_as_much_more(observer: Observer) -> None:
    """A row for every case would hide the cheats in rows about one of them."""
    for slot in range(8 + GRACE_SLOTS):
        observer.tick(slot)
        observer.block(slot, votes={1: 50, 2: 50})

    assert observer.told == [(AUTHORS[3], "votes_missed")]
