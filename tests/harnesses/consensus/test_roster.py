from __future__ import annotations

from dataclasses import replace

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.consensus.handover import Handover, untold_spec
from alyslab.harnesses.consensus.plan import Plan
from alyslab.harnesses.consensus.roster import Roster
from alyslab.model.spec import Era, Spec
from tests.harnesses.consensus.blocks import Chainlet


def changing() -> Spec:
    """Return a spec whose four members of before leave two of theirs at height 10."""
    spec = Chainlet(members=4).spec
    before = (*spec.authorities[2:], bytes([1]) * 48, bytes([2]) * 48)
    return replace(spec, earlier=(Era(until_height=9, authorities=before),))


@pytest.mark.parametrize(("members", "quorum"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (7, 5), (15, 10)])
def test_the_quorum_is_two_thirds_rounded_up(members: int, quorum: int) -> None:
    """One less, and two halves of a network can both go on."""
    assert Roster(Chainlet(members=members).spec).at(1).quorum == quorum


def test_the_documentations_majority_is_a_parameter() -> None:
    """V1's documentation says 50 % + 1 where the code counts two thirds."""
    spec = replace(Chainlet(members=4).spec, majority="half_plus_one")

    assert Roster(spec).at(1).quorum == 3
    assert Roster(replace(Chainlet(members=7).spec, majority="half_plus_one")).at(1).quorum == 4


def test_the_federation_follows_the_height() -> None:
    """The last block of the former one is its own."""
    spec = changing()
    roster = Roster(spec)

    assert [roster.at(height).keys for height in (1, 9)] == [spec.earlier[0].authorities] * 2
    assert roster.at(10).keys == roster.at(10**9).keys == spec.authorities


def test_a_member_keeps_its_number_and_changes_its_place() -> None:
    """Otherwise a journal would tell of two members by one number."""
    spec = changing()
    roster = Roster(spec, spec.authorities[2])

    assert roster.at(1).seats == (0, 1, 2, 3)
    assert roster.at(10).seats == (4, 5, 0, 1)
    assert (roster.at(1).place, roster.at(10).place) == (0, 2)
    assert roster.number(spec.authorities[2]) == 0


def test_who_only_comes_has_no_place_before() -> None:
    """It follows until its federation signs."""
    spec = changing()

    assert Roster(spec, spec.authorities[0]).at(9).place == -1
    assert Roster(spec).at(9).place == -1


def test_both_federations_are_near_the_change_and_one_is_where_there_is_one() -> None:
    """An approval of an unknown block may be of either."""
    roster, only = Roster(changing()), Roster(Chainlet(members=4).spec)

    assert [term.first_height for term in roster.near(9)] == [1, 10]
    assert [term.first_height for term in roster.near(10)] == [10, 1]
    assert len(only.near(10)) == 1


def test_who_was_not_told_knows_the_federation_of_before() -> None:
    """And the same chain: its genesis must be the others'."""
    spec = changing()

    assert Roster(untold_spec(spec)).at(100).keys == spec.earlier[0].authorities


@pytest.mark.parametrize(
    "wrong",
    [
        {"height": 1},
        {"height": 9, "leave": 4},
        {"height": 9, "join": 13},
        {"height": 9, "leave": 0, "join": 0},
        {"height": 9, "untold": 2},
        {"height": 9, "untold": 1, "join": 2},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    """Before anything is started, with what would be accepted."""
    with pytest.raises(ParameterError, match="handover"):
        Plan(authorities=4, handover=Handover(**wrong))
