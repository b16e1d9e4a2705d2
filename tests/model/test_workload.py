"""The lab is tested by planted bugs: each is found, and nothing is found when none is on."""

from __future__ import annotations

from functools import cache

import pytest

from alyslab import simulate
from alyslab.checkers.model import judge
from alyslab.checkers.verdict import Verdict
from alyslab.model.deviations import CATALOGUE
from alyslab.model.incidents import SCENES
from alyslab.model.mutate import CASES
from alyslab.model.validation import rule_names
from alyslab.model.workload import validation
from alyslab.runtime import Run


def _judge(run: Run) -> Verdict:
    return judge(run.journal)


@cache
def _broken(name: str) -> Verdict:
    """Judge the run with one defect planted; it is looked at from two sides."""
    return _judge(simulate(validation, seed=7, planted=(f"model.{name}",)))


@pytest.mark.parametrize("scheme", ["ideal", "real"])
def test_nothing_is_found_when_nothing_is_planted(scheme: str) -> None:
    """A lab that cries wolf is switched off."""
    run = simulate(validation, seed=7, parameters={"scheme": scheme})
    assert _judge(run).status == "pass"
    assert run.result["rejected"] == run.result["cases"] == len(CASES)
    assert run.result["rules"] == len(rule_names())
    assert run.result["incidents"] == len(SCENES)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_planted_defect_is_found(name: str) -> None:
    """Design principle 6: a defect that nobody notices is a hole in the lab."""
    verdict = _broken(name)
    assert verdict.status == "fail"
    assert all(check.evidence for check in verdict.failed if check.unit == "")


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("pegin_counted_twice", "minted beyond peg-ins and fees"),
        ("extra_withdrawals_accepted", "wei in circulation that the wallet does not cover"),
        ("state_root_not_compared", "blocks that claim another state root"),
        ("halt_gap_off_by_one", "greatest gap above the finalised height"),
        ("finality_moves_backwards", "finality moved backwards"),
        ("rollback_forgets_pow_pointer", "valid blocks rejected"),
        ("retarget_rounding", "valid blocks rejected"),
        ("lowest_slot_wins", "candidates or approvals lost"),
        ("early_approvals_lost", "candidates or approvals lost"),
        ("branch_never_taken", "depth at which two nodes' chains differ"),
        ("duplicate_pegin_in_block_accepted", "minted beyond peg-ins and fees"),
        ("contract_minimum_zero", "valid blocks rejected"),
        ("pegout_minimum_in_wei", "valid blocks rejected"),
        ("heights_bypassed", "blocks that break a rule, judged otherwise"),
        ("former_address_accepted", "blocks that break a rule, judged otherwise"),
        ("majority_of_one", "blocks that break a rule, judged otherwise"),
        ("latest_candidate_wins", "incidents that happen again"),
        ("rollback_keeps_wallet", "incidents that happen again"),
        ("history_under_present_authorities", "incidents that happen again"),
        ("failed_receipts_skipped", "incidents that happen again"),
        ("missing_signatures_skipped", "incidents that happen again"),
        ("miner_state_consumed", "incidents that happen again"),
        ("possession_not_asked", "incidents that happen again"),
    ],
)
def test_a_defect_is_found_by_the_checker_made_for_it(name: str, check: str) -> None:
    """Being found by luck, through a consequence, says nothing about the checker."""
    assert check in {found.name for found in _broken(name).failed}


def test_the_workload_repeats_bit_for_bit() -> None:
    """A token of this workload must replay."""
    assert simulate(validation, seed=1).digest == simulate(validation, seed=1).digest


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_sound_nodes_pass_for_every_seed(seed: int) -> None:
    """The verdict may not depend on a lucky seed."""
    assert _judge(simulate(validation, seed=seed)).status == "pass"
