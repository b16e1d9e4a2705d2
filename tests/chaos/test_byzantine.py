"""Members that misbehave really do, are borne, and are noticed by honest nodes from what they received."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from alyslab.chaos.attacks import Account, accounts
from alyslab.chaos.byzantine import BYZANTINE
from alyslab.chaos.conduct import Outcome, run_plan
from alyslab.chaos.noticing import NOTICING, signs_of
from alyslab.chaos.plan import Entry, PlanError
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target

from .plans import plan

CONSENSUS = system_named("consensus")
LONG = {"byzantine.selfish_mining": 240.0}
"""Work comes every quarter of a minute, so a miner needs time to show what it does."""
NAMES = [
    pytest.param(fault.name, marks=pytest.mark.slow) if fault.name in LONG else fault.name
    for fault in BYZANTINE
]
CHEAT = "node-1"
STEADY_S = 16.0
FINAL_S = 45.0
"""By then every node has a final block, below which no false branch may reach."""


def cheating(
    fault: str, *members: str, start_s: float = 1.0, faults_s: float = 75.0, **parameters: Any
) -> Entry:
    """An entry in which these members misbehave as much as they can until the faults end."""
    return Entry(
        fault=fault,
        target=Target(select="named", names=members or (CHEAT,)),
        start_s=start_s,
        end_s=faults_s - 1,
        intensity=1.0,
        parameters=parameters,
    )


def played(
    *entries: Entry, faults_s: float = 75.0, seed: int = 4, planted: tuple[str, ...] = (), **options: Any
) -> Outcome:
    """The run of a federation under these entries."""
    phases = CONSENSUS.phases.model_copy(update={"steady_s": STEADY_S, "faults_s": faults_s})
    wanted = plan(*entries, system="consensus", phases=phases, options=options)
    return run_plan(wanted, seed=seed, planted=planted)


@cache
def cheated(fault: str | None, **parameters: Any) -> Outcome:
    """The run of a federation of four in which one misbehaves; nobody, for None."""
    if fault is None:
        return played()
    faults_s = LONG.get(fault, 75.0)
    start_s = FINAL_S if fault == "byzantine.eclipse" else 1.0
    return played(cheating(fault, start_s=start_s, faults_s=faults_s, **parameters), faults_s=faults_s)


def account(outcome: Outcome) -> Account:
    (one,) = accounts(outcome.run.journal)
    return one


def acts(fault: str, **parameters: Any) -> int:
    return account(cheated(fault, **parameters)).acts


@pytest.mark.parametrize("fault", NAMES)
def test_a_federation_bears_one_cheat_who_really_cheats(fault: str) -> None:
    """One of four is what finality is promised to bear; what it does must be seen on the wire."""
    one = account(cheated(fault))

    assert one.acts > 0
    assert one.delivered + one.kept_back > 0
    assert one.safe
    assert one.alive
    assert cheated(fault).verdict.status == "pass"


@pytest.mark.parametrize("fault", NAMES)
def test_honest_nodes_notice_from_what_they_received_and_only_then(fault: str) -> None:
    """Detection must not read the attacker's label; rows that are always there would show nothing."""
    one = account(cheated(fault))

    assert one.noticed_by
    assert one.noticed_after_s is not None
    assert one.bound_s is None or one.noticed_after_s <= one.bound_s
    assert not list(signs_of(cheated(None).run.journal, fault, 0))


def test_no_detection_reads_the_attackers_own_rows() -> None:
    """Those are for who looks on; a detector that knew them would detect whatever happens."""
    kinds = {kind for one in NOTICING.values() for kind, _, _ in one.signs}

    assert all(kind.startswith(("consensus.", "mining.")) for kind in kinds)


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ("withhold_votes", "votes_missed"),
        ("delay_votes", "votes_late"),
        ("flip_votes", "votes_stray"),
        ("withhold_blocks", "turns_missed"),
        ("delay_blocks", "blocks_late"),
        ("replay", "repeats"),
    ],
)
def test_suspicion_falls_on_the_cheat_and_on_nobody_else(fault: str, what: str) -> None:
    """An operator who acts on it must not shut out an honest member."""
    rows = cheated(f"byzantine.{fault}").run.journal.select(kind="consensus.suspected")
    suspected = {row.fields["peer"] for row in rows if row.subject != CHEAT}

    assert suspected == {CHEAT}
    rows = cheated(f"byzantine.{fault}").run.journal.select(kind="consensus.suspected")
    assert what in {row.fields["what"] for row in rows}


def test_an_eclipsed_node_hears_no_member_and_is_shown_a_false_chain_by_the_enemy() -> None:
    """Isolation alone would be network.isolate; the victim must be lied to, and see through it."""
    journal = cheated("byzantine.eclipse").run.journal
    began_ns = next(event.time_ns for event in journal.select(kind="chaos.injected"))
    healed_ns = next(event.time_ns for event in journal.select(kind="chaos.healed"))
    settled_ns = began_ns + 2_000_000_000  # what was on its way still arrives
    shown = [
        event.fields["sender"]
        for event in journal.select(kind="consensus.received", subject=CHEAT, after_ns=settled_ns)
        if event.time_ns < healed_ns
    ]
    offenders = {event.fields["peer"] for event in journal.select(kind="consensus.offence", subject=CHEAT)}

    assert "hostile" in shown
    assert not {name for name in shown if name.startswith("node-")} - {CHEAT}
    assert offenders == {"hostile"}


def test_a_flipped_vote_takes_the_place_of_the_true_one() -> None:
    """For every vote that is not given a false one is, to everybody."""
    journal = cheated("byzantine.flip_votes").run.journal
    held = list(journal.select(kind="adversary.held"))
    signed = list(journal.select(kind="adversary.signed"))
    sent = list(journal.select(kind="adversary.sent"))

    assert len(held) == len(signed) == acts("byzantine.flip_votes")
    assert not {row.fields["root"] for row in signed} & {row.fields["root"] for row in held}
    assert {row.fields["receiver"] for row in sent} == {"node-0", "node-2", "node-3"}


def test_a_manipulator_asks_where_all_stand_before_it_divides_them() -> None:
    """Gathering is real requests that real nodes answer, and what they answered is what is written."""
    journal = cheated("byzantine.manipulate").run.journal
    gathered = list(journal.select(kind="adversary.gathered"))
    (sides,) = journal.select(kind="adversary.sides")
    asked = [row for row in journal.select(kind="net.request") if row.fields["topic"].endswith("/status/1")]
    cut = [row for row in journal.select(kind="net.drop") if row.fields["cause"].endswith(("/cut", "/back"))]

    assert {row.fields["peer"] for row in gathered} == {"node-0", "node-2", "node-3"}
    assert all(row.seq < sides.seq for row in gathered)
    assert len([row for row in asked if row.subject == CHEAT and row.time_ns <= sides.time_ns]) >= 3
    assert cut, "the network was to be manipulated too"


def test_a_manipulator_that_may_not_touch_the_network_leaves_it_alone() -> None:
    """The plan says whether it may."""
    journal = cheated("byzantine.manipulate", network="left_alone").run.journal

    assert not [row for row in journal.select(kind="net.drop") if row.fields["cause"].endswith("/cut")]
    assert account(cheated("byzantine.manipulate", network="left_alone")).acts > 0


@pytest.mark.slow
def test_a_selfish_miner_takes_the_place_of_the_honest_ones_work() -> None:
    """It must cost another's work, and hand in what it kept, not merely mine."""
    journal = cheated("byzantine.selfish_mining").run.journal
    (revenue,) = journal.select(kind="adversary.revenue")
    kept = list(journal.select(kind="miner.kept"))
    handed_in = [row for row in journal.select(kind="miner.submitted") if row.subject == "selfish-e1"]

    assert kept
    assert len(handed_in) == acts("byzantine.selfish_mining")
    assert 0 < revenue.fields["won"] <= revenue.fields["works"]


@pytest.mark.slow
def test_a_miner_with_all_the_power_halts_the_chain_and_with_half_of_it_does_not() -> None:
    """Finality needs work: who has all of it and keeps it back stops everybody, at the spec's gap."""
    runs = [
        played(
            cheating("byzantine.selfish_mining", faults_s=160.0, share_ratio=share), faults_s=160.0
        ).run.journal
        for share in (0.5, 1.0)
    ]

    assert [any(run.select(kind="consensus.halted")) for run in runs] == [False, True]


def test_more_members_than_exist_are_refused_with_every_problem() -> None:
    """The framework that this one replaces sliced the list, and attacked with fewer."""
    entries = (
        Entry(fault="byzantine.manipulate", target=Target(select="random", count=9)),
        cheating("byzantine.double_spend", "node-0", "node-9"),
        cheating("byzantine.sybil", "follower-0"),
        cheating("byzantine.eclipse", "node-0", keys=4),
        cheating("byzantine.flip_votes", evasion="invisible"),
    )
    with pytest.raises(PlanError) as refused:
        played(*entries, followers=1)

    assert "there are 5 members" in str(refused.value)
    assert "9 members are to misbehave, and 4 exist" in str(refused.value)
    assert "no member is named 'node-9'" in str(refused.value)
    assert "follower-0 has no role" in str(refused.value)
    assert "4 keys besides 1 victims" in str(refused.value)
    assert "none, random_delay, mimicry, adaptive" in str(refused.value)


def test_a_member_that_only_follows_is_never_drawn_to_misbehave() -> None:
    """It has no key; an attack by it would be none, and count as borne."""
    for seed in range(12):
        target = Target(select="one", seed=seed)
        entry = Entry(fault="byzantine.withhold_votes", target=target, start_s=1.0, end_s=2.0)
        phases = CONSENSUS.phases.model_copy(
            update={"steady_s": STEADY_S, "faults_s": 3.0, "converge_s": 1.0}
        )
        wanted = plan(entry, system="consensus", phases=phases, options={"authorities": 1, "followers": 3})
        (row,) = run_plan(wanted, seed=1).run.journal.select(kind="chaos.injected")
        assert row.fields["targets"] == "node-0"
