"""The chain checkers see what they are made for, and say so when they saw nothing."""

from __future__ import annotations

import pytest

from alyslab.checkers.chain import (
    candidates_kept,
    chain_growth,
    chain_quality,
    chains_of,
    common_prefix,
    incidents_avoided,
    rules_enforced,
    state_roots,
)
from tests.checkers.events import event, imported, rolled_back


def test_an_empty_journal_is_inconclusive_everywhere() -> None:
    """What was not observed is not a success."""
    verdicts = [
        rules_enforced([]),
        candidates_kept([]),
        incidents_avoided([]),
        state_roots([]),
        common_prefix([], depth_blocks=1),
        chain_growth([], blocks_per_slot_least=0.1),
        chain_quality([], window_blocks=3, share_most=0.5),
    ]
    assert {verdict.status for verdict in verdicts} == {"inconclusive"}


def test_rules_are_enforced_both_ways() -> None:
    """Rejecting the good is as wrong as accepting the bad, or rejecting it for another reason."""
    good = [
        event("block.judged", "n", expected="accepted", observed="accepted"),
        event("block.judged", "n", expected="quorum", observed="quorum"),
    ]
    assert rules_enforced(good).status == "pass"
    for expected, observed in (("accepted", "quorum"), ("quorum", "accepted"), ("quorum", "author")):
        bad = event("block.judged", "n", expected=expected, observed=observed)
        verdict = rules_enforced([*good, bad])
        assert verdict.status == "fail"
        assert verdict.failed[0].evidence == (bad.as_dict(),)


def test_state_roots_are_compared_with_claims_and_from_nothing() -> None:
    """Two ways to be wrong, two checks."""
    fine = [imported("n", 1), event("state.recomputed", "n", height=1, root="s")]
    assert state_roots(fine).status == "pass"
    assert state_roots([*fine, imported("n", 2, claimed_state_root="t")]).status == "fail"
    assert (
        state_roots([imported("n", 1), event("state.recomputed", "n", height=1, root="t")]).status == "fail"
    )
    assert state_roots([imported("n", 1)]).status == "inconclusive"


def test_rolled_back_blocks_leave_the_chain() -> None:
    """Properties are of chains, not of everything that was ever imported."""
    journal = [imported("n", 1), imported("n", 2, "x"), rolled_back("n", 1), imported("n", 2, "y")]
    assert [block.fields["root"] for block in chains_of(journal)["n"]] == ["r1", "y"]


@pytest.mark.parametrize(("limit", "status"), [(1, "fail"), (2, "pass")])
def test_common_prefix_counts_how_deep_chains_differ(limit: int, status: str) -> None:
    """Two blocks differ below the lower head; the block above it does not count."""
    one = [imported("a", h, f"a{h}" if h > 2 else None) for h in range(1, 5)]
    other = [imported("b", h, f"b{h}" if h > 2 else None) for h in range(1, 6)]
    verdict = common_prefix([*one, *other], depth_blocks=limit)
    assert verdict.checks[0].observed == 2
    assert verdict.status == status


def test_growth_is_blocks_over_slots() -> None:
    """Half of the slots filled is a growth of a half; the slowest node counts."""
    fast = [imported("a", h, slot=h) for h in range(1, 6)]
    slow = [imported("b", h, slot=2 * h) for h in range(1, 6)]
    assert chain_growth([*fast, *slow], blocks_per_slot_least=0.5).status == "pass"
    assert chain_growth([*fast, *slow], blocks_per_slot_least=0.6).status == "fail"


def test_quality_is_the_largest_share_in_any_window() -> None:
    """An authority that writes everything for a while is hidden by an average."""
    authors = [0, 1, 2, 0, 0, 0, 1, 2]
    journal = [imported("a", h, author=author) for h, author in enumerate(authors, start=1)]
    assert chain_quality(journal, window_blocks=3, share_most=0.9).status == "fail"
    assert chain_quality(journal, window_blocks=8, share_most=0.5).status == "pass"


def test_candidates_are_compared() -> None:
    """A lost approval and a wrong candidate are both findings."""
    same = {"expected_slot": 2, "observed_slot": 2, "expected_approvals": 1, "observed_approvals": 1}
    assert candidates_kept([event("candidate.judged", "n", **same)]).status == "pass"
    for name in ("observed_slot", "observed_approvals"):
        assert candidates_kept([event("candidate.judged", "n", **{**same, name: 0})]).status == "fail"


def test_an_incident_that_happens_again_is_named() -> None:
    """Which scene it was stands in the note, what was expected in the evidence."""
    good = event("incident.judged", "import_again", expected="9, 9", observed="9, 9")
    bad = event("incident.judged", "two_candidates", expected="higher slot", observed="lower slot")
    assert incidents_avoided([good]).status == "pass"
    verdict = incidents_avoided([good, bad])
    assert verdict.status == "fail"
    assert verdict.checks[0].note == "two_candidates"
    assert verdict.checks[0].evidence == (bad.as_dict(),)
