"""What fault sites did over runs, and what was never seen."""

from __future__ import annotations

from alyslab.chaos.conduct import run_plan
from alyslab.chaos.coverage import SiteTally, site_rows, tally
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import system_named
from alyslab.runtime.sites import SiteCoverage


def covered(name: str, *, active: bool, visits: int, fired: int) -> SiteCoverage:
    return SiteCoverage(name=name, active=active, visits=visits, fired=fired)


def test_runs_are_added_up_by_site() -> None:
    """One run says little: each arms a quarter of its sites."""
    first = (covered("b", active=True, visits=4, fired=0), covered("a", active=False, visits=1, fired=0))
    second = (covered("b", active=True, visits=6, fired=2),)

    assert tally([first, second]) == [
        SiteTally(name="a", armed=0, visits=1, fired=0),
        SiteTally(name="b", armed=2, visits=10, fired=2),
    ]


def test_a_gap_says_why_nothing_was_seen() -> None:
    """Armed and never fired is what the search has to be told; so is a site that no run came by."""
    sites = [(3, 9, 1), (3, 9, 0), (0, 9, 0), (0, 0, 0)]

    assert [SiteTally(name="a", armed=one, visits=two, fired=three).gap for one, two, three in sites] == [
        "",
        "armed, never fired",
        "never armed",
        "no run came by",
    ]


def test_a_run_of_a_plan_has_its_sites_and_the_table_has_them_all() -> None:
    """Sites that were never met are rows too, or the table would look complete."""
    plan = draw_plan(system_named("network"), 3)
    run = run_plan(plan, seed=3, activation_ratio=1.0).run
    rows = {name: (armed, visits, fired) for name, _, armed, visits, fired, _ in site_rows([run.sites])}

    assert rows["network.slow_link"][0] == 1
    assert rows["network.slow_link"][2] > 0
    assert set(rows) >= {one.name for one in run.sites}


def test_without_activation_no_site_is_armed() -> None:
    """A plan alone must do what it says and nothing else."""
    run = run_plan(draw_plan(system_named("network"), 3), seed=3).run

    assert not any(one.active or one.fired for one in run.sites)
