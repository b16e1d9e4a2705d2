"""The lab is tested by planted bugs: each is found, and nothing is found when none is on."""

from __future__ import annotations

import pytest

from alyslab import simulate
from alyslab.checkers.chain import candidates_kept, chain_quality, rules_enforced, state_roots
from alyslab.checkers.conservation import money_conserved
from alyslab.checkers.finality import finality_holds, halts
from alyslab.checkers.verdict import Verdict
from alyslab.model.deviations import CATALOGUE
from alyslab.model.validation import rule_names
from alyslab.model.workload import validation
from alyslab.runtime import Run


def _judge(run: Run) -> Verdict:
    journal = list(run.journal)
    return Verdict.of(
        [
            rules_enforced(journal),
            candidates_kept(journal),
            state_roots(journal),
            finality_holds(journal),
            halts(journal, max_blocks_without_pow=20),
            money_conserved(journal),
            chain_quality(journal, window_blocks=20, share_most=0.6),
        ]
    )


@pytest.mark.parametrize("scheme", ["ideal", "real"])
def test_nothing_is_found_when_nothing_is_planted(scheme: str) -> None:
    """A lab that cries wolf is switched off."""
    run = simulate(validation, seed=7, parameters={"scheme": scheme})
    assert _judge(run).status == "pass"
    assert run.result["rejected"] == run.result["rules"] == len(rule_names())


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_planted_defect_is_found(name: str) -> None:
    """Design principle 6: a defect that nobody notices is a hole in the lab."""
    verdict = _judge(simulate(validation, seed=7, planted=(f"model.{name}",)))
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
    ],
)
def test_a_defect_is_found_by_the_checker_made_for_it(name: str, check: str) -> None:
    """Being found by luck, through a consequence, says nothing about the checker."""
    failed = {found.name for found in _judge(simulate(validation, seed=3, planted=(f"model.{name}",))).failed}
    assert check in failed


def test_the_workload_repeats_bit_for_bit() -> None:
    """A token of this workload must replay."""
    assert simulate(validation, seed=1).digest == simulate(validation, seed=1).digest


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_sound_nodes_pass_for_every_seed(seed: int) -> None:
    """The verdict may not depend on a lucky seed."""
    assert _judge(simulate(validation, seed=seed)).status == "pass"
