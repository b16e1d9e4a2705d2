"""An attack fails with one member too few, and succeeds with as many as theory says: so it bites.

Both sides are held on the live federation, by what honest nodes' own rows show.
"""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.chaos.attacks import Account
from alyslab.chaos.byzantine import BOUNDS
from alyslab.chaos.conduct import Outcome

from .test_byzantine import account, cheating, played

QUICK = ("byzantine.manipulate", "byzantine.flip_votes")
CASES = [
    (fault, members)
    if fault in QUICK and members == 4
    else pytest.param(fault, members, marks=pytest.mark.slow)
    for fault in BOUNDS
    for members in (4, 5, 7)
]


def attacked(fault: str, attackers: int, members: int, **planted: Any) -> Outcome:
    """The run of an attack by so many of so many."""
    names = [f"node-{number}" for number in range(attackers)]
    faults_s, options, parameters, start_s = 75.0, {"authorities": members}, dict[str, Any](), 1.0
    if fault == "byzantine.manipulate":
        options["users"] = False  # payments need signatures that the coalition keeps from one side
    elif fault == "byzantine.double_spend":
        faults_s = 120.0
    elif fault == "byzantine.eclipse":
        names, parameters, start_s = [f"node-{members - 1}"], {"keys": attackers}, 20.0
    entry = cheating(fault, *names, start_s=start_s, faults_s=faults_s, **parameters)
    return played(entry, faults_s=faults_s, **options, **planted)


def broken(fault: str, one: Account) -> bool:
    return not one.safe if BOUNDS[fault].breaks == "safety" else not one.honest_blocks


@pytest.mark.parametrize(("fault", "members"), CASES)
def test_an_attack_succeeds_from_its_bound_on_and_not_with_one_member_less(fault: str, members: int) -> None:
    """Below it the protocol must hold; at it, an attack that fails is a poor attack and proves nothing."""
    least = BOUNDS[fault].least(members)
    below, at = (account(attacked(fault, attackers, members)) for attackers in (least - 1, least))

    assert below.acts > 0
    assert not broken(fault, below)
    assert broken(fault, at)
    assert at.least == least


@pytest.mark.slow
@pytest.mark.parametrize("fault", [fault for fault, bound in BOUNDS.items() if bound.breaks == "safety"])
def test_a_judge_calls_a_safety_that_is_broken_broken(fault: str) -> None:
    """The system's own checkers must fail such a run, and pass the one below."""
    least = BOUNDS[fault].least(4)

    assert attacked(fault, least - 1, 4).verdict.status == "pass"
    failed = {check.name for check in attacked(fault, least, 4).verdict.failed}
    assert "depth at which two nodes ever differ" in failed


@pytest.mark.slow
def test_two_halves_can_be_led_to_hold_different_blocks_final() -> None:
    """The worst that manipulation can do: with three of seven, both halves' chains get work."""
    one = account(attacked("byzantine.manipulate", 3, 7))

    assert one.finals_in_conflict > 0


def test_halves_stay_apart_even_where_the_network_is_left_alone() -> None:
    """Members who keep both sides equally high balance them: neither side's branch ever wins at the other."""
    runs = [
        account(played(cheating("byzantine.manipulate", *names, network="left_alone"), users=False))
        for names in (("node-0",), ("node-0", "node-1"))
    ]

    assert [one.safe for one in runs] == [True, False]


@pytest.mark.slow
def test_a_final_payment_is_undone_by_no_number_of_keys() -> None:
    """Whoever waits for proof of work is safe from every coalition."""
    journal = attacked("byzantine.double_spend", 3, 4).run.journal
    final = {row.subject: 0 for row in journal.select(kind="consensus.started")}
    for row in journal.select(kind=("chain.finalised", "merchant.lost")):
        if row.kind == "chain.finalised":
            final[row.subject] = row.fields["height"]
        else:
            assert row.fields["height"] > final[row.subject]
    assert any(journal.select(kind="merchant.lost"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "bug", "check"),
    [
        ("sybil", "vote_counted_twice", "blocks imported with fewer than ⌈2n/3⌉ approvals"),
        ("manipulate", "quorum_of_connected", "depth at which two nodes ever differ"),
        ("eclipse", "quorum_of_connected", "depth at which two nodes ever differ"),
    ],
)
def test_a_bug_in_the_nodes_lets_an_attack_through_that_sound_nodes_bear(
    fault: str, bug: str, check: str
) -> None:
    """Bearing an attack must be the nodes' merit: with the rule gone that stops it, it wins."""
    parameters = {"keys": 2} if fault == "eclipse" else {}
    entry = cheating(f"byzantine.{fault}", start_s=20.0, **parameters)
    sound = played(entry, users=False)
    broken_nodes = played(entry, users=False, planted=(f"consensus.{bug}",))

    assert sound.verdict.status == "pass"
    assert check in {failed.name for failed in broken_nodes.verdict.failed}
