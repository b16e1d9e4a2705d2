from __future__ import annotations

from typing import Any

from alyslab.checkers.approvals import candidates_replaced, certificates, equivocations_noticed, votes_kept
from alyslab.checkers.verdict import Verdict
from alyslab.runtime.event import Event
from tests.checkers.events import event


def started(node: str = "a", *, members: int = 4, votes: int = 0, abstains: int = -1) -> Event:
    fields = {"members": members, "slot_ms": 5_000, "votes": votes, "abstains_until": abstains}
    return event("consensus.started", node, **fields)


def approved(authority: int, root: str = "x", *, slot: int = 7, height: int = 1, clock_s: int = 35) -> Event:
    fields: dict[str, Any] = {"height": height, "root": root, "slot": slot, "authority": authority}
    return event("consensus.approved", f"node-{authority}", clock_ms=clock_s * 1_000, **fields)


def counted(node: str, authority: int, root: str = "x", *, early: bool = False) -> Event:
    return event("consensus.counted", node, root=root, authority=authority, early=early)


def taken(node: str, root: str, *, slot: int, held: int = -1, early: int = 0) -> Event:
    return event("consensus.candidate", node, root=root, slot=slot, held_slot=held, early=early)


def imported(signers: int, root: str = "x", *, height: int = 1) -> Event:
    return event("consensus.imported", "a", root=root, signers=signers, height=height)


def broken(verdict: Verdict) -> list[object]:
    return [check.observed for check in verdict.checks]


def test_a_block_with_a_quorum_of_real_approvals_passes() -> None:
    """Three of four."""
    events = [started(), *(approved(index) for index in range(3)), counted("a", 1), imported(0b0111)]

    assert broken(certificates(events)) == [0, 0, 0]


def test_too_few_signers_are_found_by_the_bits_alone() -> None:
    """How often an approval was counted does not matter; who gave it does."""
    events = [started(), approved(0), approved(1), counted("a", 0), imported(0b0011)]

    assert broken(certificates(events)) == [1, 0, 0]


def test_the_signers_must_be_of_the_federation_of_the_height() -> None:
    """Three signed, and one of them is no member any more."""
    terms = [
        event("federation.term", "world", first_height=1, seats="0,1,2,3", quorum=3),
        event("federation.term", "world", first_height=9, seats="1,2,3,4", quorum=3),
    ]
    given = [approved(index) for index in range(5)]

    assert broken(certificates([*terms, *given, imported(0b00111, height=8)]))[0] == 0
    assert broken(certificates([*terms, *given, imported(0b00111, height=9)]))[0] == 1
    assert broken(certificates([*terms, *given, imported(0b10110, height=9)]))[0] == 0


def test_who_has_lost_votes_must_know_it_and_abstain_beyond_them() -> None:
    """A promise that ends too early keeps nobody from signing twice."""
    signed = [started("node-0"), approved(0, slot=7), approved(0, "y", slot=8)]

    def lost(votes: int, abstains: int) -> object:
        return broken(votes_kept([*signed, started("node-0", votes=votes, abstains=abstains)]))[2]

    assert lost(2, -1) == 0
    assert lost(1, -1) == 1
    assert lost(1, 7) == 1
    assert lost(1, 8) == 0


def test_a_signature_that_nobody_gave_is_found() -> None:
    """An approval must have been given, before it counts, by that authority, for that block."""
    events = [started(), approved(0), approved(1), approved(2, "y"), counted("a", 3), imported(0b0111)]
    late = [started(), approved(0), approved(1), counted("a", 2), imported(0b0111), approved(2)]

    assert broken(certificates(events)) == [0, 1, 1]
    assert broken(certificates(late)) == [0, 1, 1]


def test_what_an_adversary_signs_with_a_real_key_was_given() -> None:
    """The node could not know that the key has been stolen."""
    stolen = event("adversary.signed", "hostile", authority=2, root="x", slot=7, height=1)
    events = [started(), approved(0), approved(1), stolen, counted("a", 2), imported(0b0111)]

    assert broken(certificates(events)) == [0, 0, 0]


def test_two_votes_in_a_slot_are_found() -> None:
    """That authority has helped two blocks of one slot to a quorum."""
    events = [started(), approved(0, "x"), approved(0, "y"), approved(1, "y")]

    assert broken(votes_kept(events)) == [1, 0, None, 0]  # no restart: nothing can be said of it


def test_an_earlier_slot_after_a_later_is_found_at_one_height_only() -> None:
    """At another height it means nothing: the chain has moved."""
    fine = [started(), approved(0, "x", slot=9, clock_s=45), approved(0, "y", slot=8, height=2)]
    wrong = [started(), approved(0, "x", slot=9, clock_s=45), approved(0, "y", slot=8)]

    assert broken(votes_kept(fine)) == [0, 0, None, 0]
    assert broken(votes_kept(wrong)) == [0, 1, None, 0]


def test_the_same_vote_again_is_no_other_vote() -> None:
    """A node that restarts is asked again about a block that it has signed."""
    again = approved(0, "x", slot=7)
    events = [started(), approved(0, "x", slot=7), approved(0, "y", slot=9, clock_s=45), again]

    assert broken(votes_kept(events)) == [0, 0, None, 0]


def test_a_restart_that_knows_fewer_votes_than_were_sent_is_found() -> None:
    """What it has forgotten it may contradict."""
    node = "node-0"
    events = [started(node), approved(0, "x", slot=7), approved(0, "y", slot=8, height=2)]

    assert broken(votes_kept([*events, started(node, votes=2)])) == [0, 0, 0, 0]
    assert broken(votes_kept([*events, started(node, votes=1)])) == [0, 0, 1, 0]


def test_a_vote_for_the_future_is_measured_by_the_voters_own_clock() -> None:
    """A node whose clock is wrong can't know better; one whose clock is right can."""
    assert broken(votes_kept([started(), approved(0, slot=9, clock_s=44)])) == [0, 0, None, 0]
    assert broken(votes_kept([started(), approved(0, slot=9, clock_s=39)])) == [0, 0, None, 1]


def test_candidates_go_for_later_slots_only() -> None:
    """Otherwise nodes keep different ones."""
    fine = [taken("a", "x", slot=7), taken("a", "y", slot=8, held=7)]
    wrong = [taken("a", "y", slot=8), taken("a", "x", slot=7, held=8)]

    assert broken(candidates_replaced(fine)) == [0, 0, None]
    assert broken(candidates_replaced(wrong)) == [1, 0, None]


def test_a_block_is_a_candidate_once_in_a_life() -> None:
    """A restart may take it again: what it had gathered is gone."""
    again = [taken("a", "x", slot=7), taken("b", "x", slot=7), taken("a", "x", slot=7)]
    restarted = [taken("a", "x", slot=7), started("a"), taken("a", "x", slot=7)]

    assert broken(candidates_replaced(again)) == [0, 1, None]
    assert broken(candidates_replaced(restarted)) == [0, 0, None]


def test_approvals_that_came_early_must_be_there() -> None:
    """Those of another node, or from before a restart, are not expected."""
    early = [counted("a", 1, early=True), counted("a", 2, early=True), counted("b", 3, early=True)]

    assert broken(candidates_replaced([*early, taken("a", "x", slot=7, early=2)])) == [0, 0, 0]
    assert broken(candidates_replaced([*early, taken("a", "x", slot=7, early=1)])) == [0, 0, 1]
    assert broken(candidates_replaced([*early, started("a"), taken("a", "x", slot=7)])) == [0, 0, None]


def received(node: str, root: str, *, slot: int = 7) -> Event:
    return event("consensus.received", node, height=1, root=root, slot=slot, author=3, sender="z")


def test_a_second_block_of_a_slot_must_be_spoken_of() -> None:
    """By every node that got both, and by no other."""
    noticed = event("consensus.equivocation", "a", what="block", authority=3, slot=7, first="x", second="y")
    both = [received("a", "x"), received("a", "y"), received("b", "x"), received("c", "x", slot=8)]

    assert broken(equivocations_noticed([*both, noticed])) == [0]
    assert broken(equivocations_noticed(both)) == [1]
    assert broken(equivocations_noticed([received("a", "x"), started("a"), received("a", "y")])) == [None]


def test_nothing_seen_is_inconclusive() -> None:
    """A run without blocks proves nothing."""
    for verdict in (certificates([]), votes_kept([]), candidates_replaced([]), equivocations_noticed([])):
        assert verdict.status == "inconclusive"


def test_who_said_so_before_it_got_the_second_block_has_said_so() -> None:
    """A certificate of another's branch shows the twin before gossip brings it."""

    def received(root: str) -> Event:
        return event("consensus.received", "a", author=2, slot=7, root=root, height=1)

    fields = {"what": "block", "authority": 2, "slot": 7, "first": "x", "second": "y"}
    said = event("consensus.equivocation", "a", **fields)

    assert broken(equivocations_noticed([received("x"), said, received("y")])) == [0]
    assert broken(equivocations_noticed([received("x"), received("y")])) == [1]
    assert broken(equivocations_noticed([received("x"), said, received("z")])) == [1]
