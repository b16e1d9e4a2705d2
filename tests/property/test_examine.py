"""The search finds what is wrong, shrinks it to what a reader expects, and says how to see it again."""

from __future__ import annotations

import pytest

from alyslab.errors import BadInputError, ParameterError
from alyslab.property import Falsified, examine
from alyslab.property.profiles import CASES, DATABASE, profile
from alyslab.property.property import check_case, run_case, run_in_simulation
from alyslab.property.search import Search
from alyslab.runtime import simulate
from alyslab.runtime.replay import replay
from tests.property import systems
from tests.property.systems import BROKEN, RACE, SMALL, STALLS, SUM, Numbers

WRAPS, UNSAFE = "property_test.sum_wraps", "property_test.race"


def test_a_claim_that_holds_is_held_for_as_many_cases_as_asked():
    """A search that tries fewer cases than it says finds less than it promises."""
    seen = examine(SUM, cases=70)

    assert (seen.status, seen.held, seen.cases, seen.counterexample) == ("held", True, 70, None)
    assert sum(seen.distribution["length"].values()) == 70


def test_a_planted_defect_is_falsified_with_the_smallest_case():
    """The minimal failing example of a known property is the expected one: the sum must reach 100."""
    found = examine(SUM, planted=(WRAPS,), seed=3).counterexample

    assert found is not None
    assert found.case == "Numbers(values=(100,))"
    assert found.seen == "the sum is 0"
    assert found.data == {"case": {"Numbers": {"values": [100]}}, "schedule": 0}
    assert 1 <= found.found_after <= found.runs


def test_the_token_of_a_pure_property_replays_its_smallest_case():
    """A failure that can't be run again can't be mended."""
    found = examine(SUM, planted=(WRAPS,), seed=3).counterexample
    assert found is not None

    again = replay(found.token)

    assert again.same
    assert "the sum is 0" in (again.error or "")
    assert again.token.parameters["case"] == {"Numbers": {"values": [100]}}


def test_a_replay_that_meets_another_end_is_not_the_same(monkeypatch):
    """A pure property writes no journal: its end must be in it, or any replay would be called the same."""
    found = examine(SUM, planted=(WRAPS,), seed=3).counterexample
    assert found is not None
    monkeypatch.setattr(systems, "added", lambda values: -1)

    again = replay(found.token)

    assert not again.same
    assert "the sum is -1" in (again.error or "")


def test_interleavings_are_searched_and_shrink_to_first_in_first_out():
    """Here any order loses a deposit, so no luck must remain in the smallest case."""
    seen = examine(RACE, planted=(UNSAFE,), seed=1)
    found = seen.counterexample

    assert found is not None
    assert found.case == "Numbers(values=(1, 1))"
    assert found.data["schedule"] == 0
    assert replay(found.token).same
    assert examine(RACE, cases=50, seed=1).held


def test_a_run_that_stalls_falsifies():
    """What is tested may not come to a stand for any case; the token must still be there."""
    found = examine(STALLS, seed=1, cases=50).counterexample

    assert found is not None
    assert found.case == "Numbers(values=(0,))"
    assert "stalled" in found.seen
    assert replay(found.token).same


def test_a_property_that_is_wrong_itself_is_no_finding():
    """A broken harness is an exception; called falsified it would blame the system."""
    with pytest.raises(ZeroDivisionError):
        examine(BROKEN, cases=10)


def test_discarded_cases_are_counted_apart():
    """A strategy that refuses its cases tests nothing; the share must be seen."""
    seen = examine(SMALL, cases=60, seed=5, shrink=False)

    assert seen.discarded > 0
    assert seen.discarded_ratio == seen.discarded / (seen.discarded + seen.cases)


def test_a_costly_property_has_fewer_cases_under_quick_only():
    """The weight is for who waits; CI and soak try as many as the issue asks for."""
    import dataclasses

    heavy = dataclasses.replace(SUM, weight=10)

    quick = examine(heavy, profile_name="quick")

    assert (quick.cases, quick.weight) == (10, 10)
    assert Search(weight=10, profile_name="ci").settings.max_examples == CASES["ci"]


def test_one_seed_gives_one_search():
    """Two people who examine with one seed must talk of one search."""
    first, second = (examine(SUM, planted=(WRAPS,), seed=9, shrink=False) for _ in range(2))

    assert first.counterexample == second.counterexample
    assert first.distribution == second.distribution


def test_unknown_defects_are_refused_before_anything_runs():
    """A mistyped defect would be hunted in vain."""
    with pytest.raises(BadInputError, match="no defect is named"):
        examine(SUM, planted=("property_test.nothing",))


def test_rows_hold_the_counts_and_the_counterexample():
    """Tables and scraps are made of rows."""
    row = examine(SUM, planted=(WRAPS,), seed=3).row()

    assert row["status"] == "falsified"
    assert row["minimal"] == "Numbers(values=(100,))"
    assert row["token"].startswith("alys1-")
    assert row["found_after"] == row["cases"]


def test_a_case_runs_alone():
    """The shrunk case is the first thing that somebody wants to run by hand."""
    run_case(SUM, Numbers((60, 40)))
    with pytest.raises(Falsified, match="the sum is 0"):
        run_case(SUM, Numbers((60, 40)), planted=(WRAPS,))
    assert len(run_in_simulation(RACE, Numbers((1, 2))).journal) == 2


@pytest.mark.parametrize("place", ["tests.property.systems:Numbers", "tests.property.systems:NOTHING"])
def test_a_token_can_name_nothing_but_properties(place):
    """A token names what is run; it must not reach for anything else."""
    with pytest.raises(BadInputError, match="no property of that name"):
        simulate(check_case, seed=0, parameters={"place": place, "case": None})


def test_a_property_without_a_name_has_no_place():
    """A token could not find it again."""
    import dataclasses

    with pytest.raises(LookupError, match="bound to no name"):
        _ = dataclasses.replace(SUM, name="another").place


def test_profiles_search_as_long_as_they_promise(monkeypatch):
    """CI and a reader's machine must mean the same by quick."""
    assert dict(CASES) == {"quick": 100, "ci": 1_000, "soak": 10_000}
    for name, cases in CASES.items():
        assert profile(name).max_examples == cases
        assert profile(name).deadline is None
        assert profile(name).derandomize == (name != "soak")
        assert profile(name).suppress_health_check == ()
        assert profile(name, weight=10).max_examples == (10 if name == "quick" else cases)
    assert profile("soak").database.path == DATABASE
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "ci")
    assert profile().max_examples == 1_000
    with pytest.raises(ParameterError, match="quick, ci, soak"):
        profile("fast")
