from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alyslab.harnesses.consensus.candidates import EARLY_MAX, Candidates, Counted, Taken
from alyslab.harnesses.consensus.defects import Defects
from alyslab.harnesses.consensus.roster import Roster, Term
from alyslab.harnesses.consensus.wire import Proposal
from alyslab.model.candidates import Approval
from alyslab.runtime.sites import planting
from tests.harnesses.consensus.blocks import Chainlet


@pytest.fixture(scope="module")
def chainlet() -> Chainlet:
    return Chainlet(members=4)


def candidates(*planted: str) -> Candidates:
    with planting(*planted):
        return Candidates(Defects.read())


def offer(held: Candidates, chainlet: Chainlet, proposal: Proposal) -> Taken | None:
    return held.offer(proposal, term(chainlet))


def add(held: Candidates, chainlet: Chainlet, given: Approval) -> Counted:
    return held.add(given, term(chainlet).keys[given.authority])


def term(chainlet: Chainlet) -> Term:
    return Roster(chainlet.spec).at(1)


def approval(chainlet: Chainlet, proposal: Proposal, authority: int) -> Approval:
    return Approval(
        proposal.root, authority, chainlet.scheme.sign([chainlet.secrets[authority]], proposal.root)
    )


def test_the_later_slot_stays_whatever_comes_last(chainlet: Chainlet) -> None:
    """Nodes that keep different candidates never gather a quorum for either."""
    early, late = chainlet.proposal(slot_ahead=1), chainlet.proposal(slot_ahead=2)
    one, other = candidates(), candidates()

    offer(one, chainlet, early), offer(one, chainlet, late)
    offer(other, chainlet, late)

    assert offer(other, chainlet, early) is None
    assert one.at(1).proposal == other.at(1).proposal == late  # type: ignore[union-attr]


def test_a_block_that_comes_again_changes_nothing(chainlet: Chainlet) -> None:
    """A copy must not throw away the approvals that were gathered."""
    held, proposal = candidates(), chainlet.proposal(slot_ahead=1)
    offer(held, chainlet, proposal)
    add(held, chainlet, approval(chainlet, proposal, 0))

    assert offer(held, chainlet, proposal) is None
    assert held.at(1).count == 1  # type: ignore[union-attr]


def test_approvals_that_come_before_their_block_count(chainlet: Chainlet) -> None:
    """In V1 they are filed under height 0 and lost, which matters from four members on."""
    held, proposal = candidates(), chainlet.proposal(slot_ahead=1)

    outcomes = [add(held, chainlet, approval(chainlet, proposal, index)) for index in (0, 1, 1)]
    taken = offer(held, chainlet, proposal)

    assert outcomes == ["early", "early", "again"]
    assert taken is not None
    assert taken.early == taken.candidate.count == 2


def test_an_approval_counts_once(chainlet: Chainlet) -> None:
    """Gossip delivers everything several times."""
    held, proposal = candidates(), chainlet.proposal(slot_ahead=1)
    offer(held, chainlet, proposal)

    outcomes = [add(held, chainlet, approval(chainlet, proposal, 2)) for _ in range(2)]

    assert outcomes == ["counted", "again"]
    assert held.at(1).count == 1  # type: ignore[union-attr]


def test_a_certificate_is_one_that_the_model_takes(chainlet: Chainlet) -> None:
    """What is gathered here must be what validation asks for."""
    held, proposal = candidates(), chainlet.proposal(slot_ahead=1)
    offer(held, chainlet, proposal)
    for authority in (0, 2, 3):
        add(held, chainlet, approval(chainlet, proposal, authority))

    certificate = held.certificate(1, chainlet.scheme)

    assert certificate.signature.signers == (True, False, True, True)
    chainlet.node().import_block(certificate, chainlet.now_ms(certificate))


def test_strangers_cannot_fill_the_memory(chainlet: Chainlet) -> None:
    """An approval names any root; only so many unknown ones are kept, the oldest go."""
    held, proposal = candidates(), chainlet.proposal(slot_ahead=1)
    add(held, chainlet, approval(chainlet, proposal, 0))

    for number in range(EARLY_MAX):
        add(held, chainlet, Approval(number.to_bytes(32, "big"), 0, bytes(96)))

    taken = offer(held, chainlet, proposal)
    assert taken is not None
    assert taken.early == 0


def test_an_early_approval_of_another_federation_does_not_count(chainlet: Chainlet) -> None:
    """A place in the former federation is another member's in the next."""
    held, proposal = candidates(), chainlet.proposal(slot_ahead=1)
    add(held, chainlet, approval(chainlet, proposal, 0))
    add(held, chainlet, approval(chainlet, proposal, 1))
    present = term(chainlet)
    moved = replace(present, keys=(present.keys[0], *reversed(present.keys[1:])))

    taken = held.offer(proposal, moved)

    assert taken is not None
    assert sorted(taken.candidate.points) == [0]


def test_what_the_chain_has_passed_is_forgotten(chainlet: Chainlet) -> None:
    """A candidate of a height that is taken can never be imported."""
    held = candidates()
    offer(held, chainlet, chainlet.proposal(slot_ahead=1))

    held.passed(1)

    assert held.at(1) is None


@pytest.mark.parametrize(
    ("defect", "seen"),
    [("candidate_replaced", 1), ("early_approvals_misfiled", 0), ("vote_counted_twice", 2)],
)
def test_a_planted_bug_shows(chainlet: Chainlet, defect: str, seen: int) -> None:
    """A bug that changes nothing could be found by nobody."""
    held = candidates(f"consensus.{defect}")
    early, late = chainlet.proposal(slot_ahead=1), chainlet.proposal(slot_ahead=2)
    observed: dict[str, Any] = {}

    if defect == "candidate_replaced":
        offer(held, chainlet, late)
        observed[defect] = int(offer(held, chainlet, early) is not None)
    elif defect == "early_approvals_misfiled":
        add(held, chainlet, approval(chainlet, early, 0))
        taken = offer(held, chainlet, early)
        observed[defect] = -1 if taken is None else taken.early
    else:
        offer(held, chainlet, early)
        add(held, chainlet, approval(chainlet, early, 0))
        add(held, chainlet, approval(chainlet, early, 0))
        candidate = held.at(1)
        observed[defect] = -1 if candidate is None else candidate.count

    assert observed[defect] == seen
