from __future__ import annotations

from typing import Any

import pytest

from alyslab.checkers.conservation import money_conserved
from alyslab.errors import ParameterError
from alyslab.harnesses.consensus.defects import DEFECTS
from alyslab.harnesses.consensus.workloads import WORKLOADS
from alyslab.harnesses.consensus.workloads.disks import FAILURES
from alyslab.harnesses.detection import false_alarms, search
from alyslab.harnesses.sync.production import RULES
from alyslab.runtime import Journal
from alyslab.runtime.replay import replay

TRIAL = WORKLOADS["trial"]
SMALL: dict[str, dict[str, Any]] = {
    "live": {"nodes": 4, "slots": 6},
    "joining": {"nodes": 4, "slots": 10},
    "outage": {"nodes": 3, "gap_blocks": 5, "lasts_s": 90.0},
    "pegs": {"nodes": 3, "slots": 16},
    "handover": {"leave": 1, "join": 1, "untold": 1, "height": 6},
    "gated": {"rounds": 1},
    "disks": {"nodes": 4, "rounds": 1, "fault": "rot"},
}
SLOW = pytest.mark.slow
OTHER_RULES = sorted(RULES.keys() - {"code_with_governance"})
OTHER_FAILURES = sorted(FAILURES.keys() - {"full", "misdirected"})
MODEL = "model.state_root_not_compared"
# What decides one bug each; a reader sees which check would miss it.
CHECK_OF = {
    "candidate_replaced": "candidates that gave way to an earlier slot",
    "early_approvals_misfiled": "candidates that lost approvals which came early",
    "pegout_signatures_skipped": "own blocks that a node rejects",
    "quorum_of_connected": "blocks imported with fewer than ⌈2n/3⌉ approvals",
    "quorum_of_former": "blocks imported with fewer than ⌈2n/3⌉ approvals",
    "federation_read_once": "time from the end of faults until every node imports a block",
    "lost_votes_unnoticed": "restarts that have lost votes which were sent",
    "vote_sent_before_written": "restarts that have lost votes which were sent",
    "gate_not_asked": "turns taken or left against the gate",
    "vote_counted_twice": "blocks imported with fewer than ⌈2n/3⌉ approvals",
    "finality_ignored": "rollbacks below a final block",
    "rival_taken_on_trust": "blocks imported with a signature that nobody gave",
    "votes_not_consulted": "slots in which an authority approved two blocks",
    "vote_not_synced": "restarts that have lost votes which were sent",
    "future_block_accepted": "approvals of blocks from the future, by the authority's own clock",
    "batch_checks_first_only": "approvals counted that nobody gave",
    "duplicate_taken_again": "blocks taken as a candidate twice",
    "timer_lost_on_pause": "slots of authors that are up, without a block or a reason",
    "produces_out_of_turn": "blocks written out of turn",
    "produces_while_syncing": "blocks written while catching up",
    "orphan_ignored": "time from the end of faults until every node imports a block",
    "queued_work_forgotten": "time from the end of faults until every node finalises a block",
    "pegin_offered_again": "minted beyond peg-ins and fees",
    "halt_ignored": "greatest gap above the finalised height",
}
# What trips the checks that are not the first to see a bug: workload, bug, first seed of the search.
TRIPPED_BY = {
    "blocks that claim another state root": ("trial", MODEL, 40_000),
    "heights at which two blocks are final": ("trial", "consensus.quorum_of_connected", 40_000),
    "depth at which two nodes ever differ": ("trial", "consensus.quorum_of_connected", 30_000),
    "time from the end of faults until all nodes stand on one chain": (
        "trial",
        "consensus.orphan_ignored",
        30_000,
    ),
    "approvals of an earlier slot after a later": ("trial", "consensus.votes_not_consulted", 30_000),
    "second blocks of an author for a slot that a node got without a word": (
        "trial",
        "consensus.equivocation_unnoticed",
        30_000,
    ),
    "slots in which an author wrote two blocks": ("trial", "consensus.votes_not_consulted", 30_000),
    "blocks at every node, at least": ("trial", "consensus.vote_counted_twice", 30_000),
    "finalised blocks at every node, at least": ("trial", "consensus.queued_work_forgotten", 30_000),
    "wei in accounts beyond what was minted": ("trial", "consensus.quorum_of_connected", 30_000),
    "wei in circulation that the wallet does not cover": ("trial", "consensus.pegin_offered_again", 30_000),
    "satoshi in the wallet beyond what was paid in and out": (
        "trial",
        "consensus.pegin_offered_again",
        30_000,
    ),
    "decisions of the gate that its rule does not give": ("gated", "sync.production_while_behind", 3),
    "turns asked of the gate, at least": ("gated", "consensus.gate_not_asked", 3),
    "federations that signed blocks, at least": ("handover", "consensus.federation_read_once", 3),
    "blocks of former members refused, at least": ("handover", "consensus.federation_read_once", 3),
    "halts, at least": ("outage", "consensus.halt_ignored", 3),
    "peg-ins credited, at least": ("pegs", "consensus.produces_out_of_turn", 3),
    "peg-outs proposed, at least": ("pegs", "consensus.produces_out_of_turn", 3),
    "peg-outs finalised, at least": ("pegs", "consensus.queued_work_forgotten", 3),
}


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_sound_federation_keeps_every_promise(name: str) -> None:
    """A workload that fails without a bug would teach people to ignore it."""
    verdict = WORKLOADS[name].run(3, **SMALL[name]).verdict

    assert verdict.failed == ()
    assert verdict.status == "pass"


def test_a_federation_recovers_from_faults() -> None:
    """Loss, a partition and a crash, and after them one chain."""
    verdict = WORKLOADS["live"].run(5, nodes=4, slots=14, trouble=True).verdict

    assert verdict.failed == ()


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [3, 15])
def test_the_smallest_and_the_largest_federation_recover_too(nodes: int) -> None:
    """Three bear no liar and fifteen have the longest round of turns; both come to one chain again."""
    verdict = WORKLOADS["live"].run(5, nodes=nodes, slots=12, trouble=True).verdict

    assert verdict.status == "pass"


def test_a_late_member_takes_its_turns() -> None:
    """Catching up is not enough: the federation counts on its blocks."""
    run = WORKLOADS["joining"].run(3, **SMALL["joining"]).run

    late = [event for event in run.journal.select(kind="consensus.produced") if event.subject == "node-3"]
    assert late


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"join": 2}, marks=SLOW),
        pytest.param({"leave": 2, "join": 1, "nodes": 5}, marks=SLOW),
        {"join": 1, "untold": 1},
    ],
)
def test_a_federation_hands_over_at_its_height(change: dict[str, Any]) -> None:
    """From that block on others write and sign, and as many of them as they need."""
    parameters: dict[str, Any] = {"nodes": 4, "leave": 1, "height": 8, **change}
    outcome = WORKLOADS["handover"].run(3, **parameters)

    assert outcome.verdict.failed == ()
    authors: dict[bool, set[str]] = {False: set(), True: set()}
    for event in outcome.run.journal.select(kind="consensus.produced"):
        authors[event.fields["height"] >= 8].add(event.subject)
    later = range(parameters["leave"], parameters["nodes"] + parameters["join"])
    assert authors[False] <= {f"node-{number}" for number in range(parameters["nodes"])}
    assert authors[True] - {"node-0"} == {f"node-{number}" for number in later}
    assert ("node-0" in authors[True]) is bool(parameters.get("untold"))


@pytest.mark.parametrize(
    "rule", ["code_with_governance", *(pytest.param(r, marks=SLOW) for r in OTHER_RULES)]
)
def test_every_rule_of_production_lets_a_federation_live(rule: str) -> None:
    """A gate that nobody passes is no gate; each stated variant says when a turn is left."""
    outcome = WORKLOADS["gated"].run(3, rule=rule, rounds=1)

    assert outcome.verdict.failed == ()
    reasons = [event.fields["reason"] for event in outcome.run.journal.select(kind="consensus.skipped")]
    assert "gate" in reasons  # the node that came back a moment before its turn
    governed = rule == "code_with_governance"
    assert (reasons.count("gate") >= 4) is governed  # three slots of governance errors, besides


@pytest.mark.parametrize(
    "fault", ["full", "misdirected", *(pytest.param(f, marks=SLOW) for f in OTHER_FAILURES)]
)
def test_a_federation_bears_a_disk_that_fails(fault: str) -> None:
    """The node stops or abstains; nobody signs twice, and all meet again."""
    outcome = WORKLOADS["disks"].run(3, nodes=4, rounds=1, fault=fault)

    assert outcome.verdict.failed == ()
    stops = list(outcome.run.journal.select(kind="consensus.stopped"))
    assert bool(stops) is (fault in ("full", "io_errors", "read_errors"))


def test_the_chain_halts_and_goes_on() -> None:
    """The halt is written once for a height, by whoever meets it."""
    journal: Journal = WORKLOADS["outage"].run(3, **SMALL["outage"]).run.journal

    halted = list(journal.select(kind="consensus.halted"))
    after = [e for e in journal.select(kind="block.imported") if e.time_ns > halted[-1].time_ns]
    assert after
    assert len({(event.subject, event.fields["height"]) for event in halted}) == len(halted)


def test_real_signatures_give_the_same_verdict() -> None:
    """The ideal scheme stands in for them in every search."""
    verdict = WORKLOADS["live"].run(1, nodes=3, slots=4, scheme="real").verdict

    assert verdict.failed == ()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("live", {"nodes": 2}),
        ("live", {"loss_ratio": 0.9}),
        ("live", {"topics": "v7"}),
        ("joining", {"nodes": 3}),
        ("outage", {"lasts_s": 0}),
        ("pegs", {"slots": 1}),
        ("handover", {"height": 1}),
        ("handover", {"leave": 4}),
        ("handover", {"untold": 1, "join": 2}),
        ("gated", {"rule": "none"}),
        ("disks", {"fault": "fire"}),
        ("disks", {"nodes": 3}),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(name: str, wrong: dict[str, Any]) -> None:
    """Three of four members are a quorum, two of three are not to be waited for in vain."""
    with pytest.raises(ParameterError):
        WORKLOADS[name].run(1, **wrong)


def test_nothing_is_found_without_a_planted_bug() -> None:
    """The fast lane of the promise about 2,000 seeds."""
    assert false_alarms(TRIAL, range(100, 101)) == []


@pytest.mark.parametrize("defect", ["vote_counted_twice", "timer_lost_on_pause"])
def test_a_planted_bug_is_found(defect: str) -> None:
    """A check that no bug can trip proves nothing."""
    found = search(TRIAL, f"consensus.{defect}", first_seed=500, limit=8)

    assert found.found
    assert CHECK_OF[defect] in found.checks


def test_a_bug_that_was_found_replays_from_its_token() -> None:
    """A finding that can't be repeated can't be mended."""
    assert replay(search(TRIAL, "consensus.timer_lost_on_pause", limit=3).token).same


def test_a_search_that_fails_says_so() -> None:
    """The limit must not count as a find."""
    found = search(TRIAL, "consensus.finality_ignored", first_seed=100, limit=1)

    assert found.seeds in ((None,), (1,))
    assert found.found is (found.seeds == (1,))


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("defect", [*DEFECTS, MODEL])
def test_each_planted_bug_is_found_again_and_again(defect: str) -> None:
    """Within 200 seeds from wherever the search begins."""
    found = search(TRIAL, defect, first_seed=10_000, searches=3, limit=200)

    assert found.found


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("defect", sorted(CHECK_OF))
def test_the_check_that_is_meant_finds_it(defect: str) -> None:
    """What is found by a side effect only is found by luck."""
    for seed in range(20_000, 20_200):
        verdict = WORKLOADS["trial"].run(seed, planted=[f"consensus.{defect}"]).verdict
        if CHECK_OF[defect] in {check.name for check in verdict.failed}:
            return
    pytest.fail(f"{CHECK_OF[defect]} never failed")


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("check", sorted(TRIPPED_BY))
def test_the_other_checks_can_fail_too(check: str) -> None:
    """Each of them is tripped by some bug."""
    name, defect, first = TRIPPED_BY[check]
    for seed in range(first, first + (200 if name == "trial" else 1)):
        verdict = WORKLOADS[name].run(seed, planted=[defect], **SMALL.get(name, {})).verdict
        if check in {each.name for each in verdict.failed}:
            return
    pytest.fail(f"{check} never failed")


PAID_TOO_MUCH = "satoshi paid out beyond what was burned"
"""No planted bug makes a federation pay too much; a journal that says so is judged below."""


@pytest.mark.slow
def test_payments_that_nobody_burned_for_would_be_seen() -> None:
    """The federation's own journal keeps the promise; with each payment five times over it does not."""
    rows = list(WORKLOADS["pegs"].run(3, **SMALL["pegs"]).run.journal)
    more = [row for row in rows for _ in range(5 if row.kind == "bridge.pegout" else 1)]

    assert PAID_TOO_MUCH not in {check.name for check in money_conserved(rows).failed}
    assert PAID_TOO_MUCH in {check.name for check in money_conserved(more).failed}


@pytest.mark.slow
def test_no_check_is_without_a_bug_that_trips_it() -> None:
    """A check that no bug can trip is deleted, or shown to bite above."""
    made = {
        check.name
        for name in WORKLOADS
        for check in WORKLOADS[name].run(3, **SMALL.get(name, {})).verdict.checks
    }

    assert made - set(TRIPPED_BY) - set(CHECK_OF.values()) == {PAID_TOO_MUCH}


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_nothing_is_found_in_a_hundred_seeds() -> None:
    """A sample of the promise below that fits CI."""
    assert false_alarms(TRIAL, range(100)) == []


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_nothing_is_found_in_two_thousand_seeds() -> None:
    """One false alarm in a night of searching costs a morning."""
    assert false_alarms(TRIAL, range(2_000)) == []
