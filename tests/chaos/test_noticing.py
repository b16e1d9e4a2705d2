"""How soon honest nodes notice an attack, and that they say so where they can't."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alyslab.chaos.byzantine import BOUNDS, BYZANTINE
from alyslab.chaos.noticing import NO_PROOF, NOTICING

from .test_attack_bounds import attacked
from .test_attacks import HELD
from .test_byzantine import account, cheating, played

BOUNDED = [fault for fault, one in NOTICING.items() if one.slots is not None]
LONG_S = {"byzantine.selfish_mining": 420.0}
UNNOTICED = replace(HELD, noticed_by=(), noticed_after_s=None)


def test_every_attack_has_a_way_to_be_noticed() -> None:
    """An attack that is left out would be called borne, and nobody would have looked."""
    assert set(NOTICING) == {fault.name for fault in BYZANTINE}
    assert all(one.signs for one in NOTICING.values())
    assert all(one.by_proof for one in NOTICING.values() if one.slots is None)


@pytest.mark.slow
@pytest.mark.parametrize("members", [3, 7])
@pytest.mark.parametrize("fault", BOUNDED)
def test_one_attacker_is_noticed_within_the_bound_whatever_the_size(fault: str, members: int) -> None:
    """A detector without a bound on its delay may as well be none; too small a bound is a wrong one."""
    faults_s = LONG_S.get(fault, 120.0)
    start_s = 30.0 if fault == "byzantine.eclipse" else 1.0
    for seed in (1, 2):
        entry = cheating(fault, start_s=start_s, faults_s=faults_s)
        one = account(played(entry, faults_s=faults_s, seed=seed, authorities=members))

        assert one.noticed_after_s is not None, (seed, one.outcome)
        assert one.bound_s is not None
        assert one.noticed_after_s <= one.bound_s, seed


@pytest.mark.parametrize("members", [4, pytest.param(7, marks=pytest.mark.slow)])
def test_a_victim_whose_enemy_has_a_quorum_of_keys_sees_that_only_strangers_talk(members: int) -> None:
    """Each block it is shown is well signed: what remains to be seen is that no peer of its own speaks."""
    outcome = attacked("byzantine.eclipse", BOUNDS["byzantine.eclipse"].least(members), members)
    one, victim = account(outcome), f"node-{members - 1}"
    rows = outcome.run.journal.select(kind="consensus.suspected", subject=victim)
    silent = [row for row in rows if row.fields["what"] == "peers_silent"]

    assert not one.safe, "with so many keys the false chain is believed"
    assert victim in one.noticed_by
    assert one.noticed_after_s is not None
    assert one.bound_s is not None
    assert one.noticed_after_s <= one.bound_s
    assert {row.fields["peer"] for row in silent} == {"publisher-e1"}
    assert silent[0].time_ns / 1e9 < one.ended_s


def test_who_got_one_of_two_signatures_can_not_notice_and_the_account_says_so() -> None:
    """Two halves that never hear of each other's block have nothing to notice: that is no pass."""
    one = account(played(cheating("byzantine.manipulate", faults_s=60.0), faults_s=60.0, authorities=7))

    assert one.acts
    assert one.noticed_by == ()
    assert one.outcome == f"undetectable by honest nodes: {NO_PROOF}"
    assert one.outcome in one.summary


def test_both_signatures_at_one_node_without_a_word_are_a_miss() -> None:
    """The excuse holds for who could not know; for who could it is a fault of the nodes."""
    assert replace(UNNOTICED, provable=True).outcome == "MISSED"
    assert replace(UNNOTICED, provable=False).outcome.startswith("undetectable")


def test_the_outcome_tells_apart_what_was_not_noticed() -> None:
    """Nothing done, too short a look, an attack that hides, and a detector that failed are four things."""
    votes = replace(UNNOTICED, fault="byzantine.withhold_votes", bound_s=45.0, watched_s=60.0)

    assert votes.outcome == "MISSED"
    assert replace(votes, acts=0).outcome == "nothing was done"
    assert "the run ended within the 45 s" in replace(votes, watched_s=44.0).outcome
    assert "no time is promised" in replace(votes, bound_s=None).outcome
    assert replace(votes, noticed_after_s=45.5).outcome == "noticed LATE after 45.5 s"
    assert replace(votes, noticed_after_s=45.0).outcome == "noticed after 45 s"


def test_an_attack_that_hides_is_promised_no_time() -> None:
    """Bounds are for full dials: an attack that acts now and then may be found late, or never."""
    bounds = [
        account(played(cheating("byzantine.withhold_votes", faults_s=3.0, **dials), faults_s=3.0)).bound_s
        for dials in ({}, {"evasion": "mimicry"}, {"activity_ratio": 0.9})
    ]

    assert bounds == [45.0, None, None]
