"""Fault sites and planted defects, answered by the simulation that runs."""

from __future__ import annotations

import threading

import pytest

from alyslab.errors import BadInputError
from alyslab.runtime import planted, register_planted, register_site, simulate, site
from alyslab.runtime.randomness import Streams
from alyslab.runtime.sites import Sites, catalogue, planting

DEFECT = register_planted("tests.defect", "a defect for these tests")
OTHER = register_planted("tests.other", "another")
SITE = register_site("tests.site", "a site for these tests")


async def visiting(*, names: list[str], visits: int = 40) -> dict[str, list[bool]]:
    """Return which visits of which sites fired."""
    fired: dict[str, list[bool]] = {name: [] for name in names}
    for _ in range(visits):
        for name in names:
            fired[name].append(site(name))
    return fired


def visit(seed, ratio, *names):
    return simulate(visiting, seed=seed, activation_ratio=ratio, parameters={"names": list(names)})


def test_everything_is_off_outside_a_simulation():
    """Production code calls these; it must not misbehave because a test runs somewhere."""
    assert site(SITE) is False
    assert planted(DEFECT) is False


def test_planted_defect_is_on_for_its_run_only():
    """A defect that leaked into the next run would condemn innocent code."""

    async def main():
        return planted(DEFECT), planted(OTHER)

    assert simulate(main, seed=1, planted=[DEFECT]).result == (True, False)
    assert simulate(main, seed=1).result == (False, False)
    assert planted(DEFECT) is False


def test_other_threads_see_nothing():
    """A background thread of a notebook is not under test."""
    seen = []
    go, gone = threading.Event(), threading.Event()

    def other():
        go.wait(10)
        seen.extend([planted(DEFECT), site(SITE)])
        gone.set()

    thread = threading.Thread(target=other)
    thread.start()

    async def main():
        go.set()
        gone.wait(10)
        return planted(DEFECT), site(SITE)

    simulate(main, seed=1, planted=[DEFECT], activation_ratio=1)
    thread.join()
    assert seen == [False, False]


@pytest.mark.parametrize("names", [["tests.defcet"], ["nothing like it"], [SITE], [DEFECT, "tests.othre"]])
def test_unknown_defect_is_bad_input_with_the_nearest_name(names):
    """A mistyped defect that is silently off proves that the lab finds nothing."""

    async def main():
        pass

    with pytest.raises(BadInputError) as caught:
        simulate(main, seed=1, planted=names)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].allowed


def test_every_unknown_defect_is_named_at_once():
    """One message with every problem."""
    with pytest.raises(BadInputError) as caught:
        Sites(Streams(1), ["tests.defcet", "tests.othre"])
    assert ["tests.defect" in str(caught.value), "tests.other" in str(caught.value)] == [True, True]


@pytest.mark.parametrize("names", ["tests.defect", [1], [None, "a"], [[]], 5])
def test_defects_are_a_collection_of_names(names):
    """A string is a collection of letters, which nobody means."""

    async def main():
        pass

    with pytest.raises(BadInputError):
        simulate(main, seed=1, planted=names)


def test_sites_are_off_unless_asked_for():
    """A plain run meets no faults that nobody asked for."""
    run = visit(1, 0.0, SITE)
    assert not any(run.result[SITE])
    assert [(entry.name, entry.active, entry.visits, entry.fired) for entry in run.sites] == [
        (SITE, False, 40, 0)
    ]


def test_active_site_fires_sometimes_and_is_counted():
    """A site that always fires tests one path; coverage must say what was really met."""
    run = visit(1, 1.0, SITE)
    fired = sum(run.result[SITE])
    assert 0 < fired < 40
    assert [(entry.active, entry.visits, entry.fired) for entry in run.sites] == [(True, 40, fired)]


def test_share_of_active_sites_is_the_ratio():
    """Few kinds of fault in one run, but those often."""
    active = [visit(seed, 0.25, SITE).sites[0].active for seed in range(200)]
    assert 30 <= sum(active) <= 70


def test_visits_of_one_site_shift_no_other():
    """A new site in the code must not change what the old ones do."""
    names = [f"tests.{index}" for index in range(6)]
    alone = {name: visit(3, 0.5, name).result[name] for name in names}
    together = visit(3, 0.5, *names).result
    assert together == alone
    assert len({tuple(fired) for fired in alone.values()}) > 1


def test_sites_at_rest_fire_no_more_and_are_visited_all_the_same():
    """What must come right once faults are over can't while they go on."""
    sites = Sites(Streams(1), activation_ratio=1.0)
    before = sum(sites.site(SITE) for _ in range(40))
    sites.rest()
    after = sum(sites.site(SITE) for _ in range(40))

    assert (before > 0, after) == (True, 0)
    assert (sites.coverage()[0].visits, sites.coverage()[0].fired) == (80, before)

    sites.wake()
    assert any(sites.site(SITE) for _ in range(40))


def test_sites_rest_within_a_block_and_are_then_as_they_were():
    """What the laboratory prepares with code under test must not be struck, and must not wake what rests."""
    sites = Sites(Streams(1), activation_ratio=1.0)
    with sites.resting():
        assert not any(sites.site(SITE) for _ in range(40))
    assert any(sites.site(SITE) for _ in range(40))

    sites.rest()
    with sites.resting():
        pass
    assert not any(sites.site(SITE) for _ in range(40))


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan"), "x", None, 10**400])
def test_ratio_that_is_none_is_bad_input(ratio):
    """Percent for a share is the usual mistake."""
    with pytest.raises(BadInputError):
        visit(1, ratio, SITE)


def test_catalogue_lists_what_was_registered_by_name():
    """It is the list of everything that can go wrong on purpose."""
    names = [entry.name for entry in catalogue()]
    assert names == sorted(names)
    found = {entry.name: (entry.kind, entry.summary) for entry in catalogue()}
    assert found[DEFECT] == ("planted", "a defect for these tests")
    assert found[SITE] == ("site", "a site for these tests")


def test_name_has_one_meaning():
    """Two modules with one name would switch each other's defects on."""
    assert register_planted(DEFECT, "a defect for these tests") == DEFECT
    with pytest.raises(ValueError, match="registered already"):
        register_planted(DEFECT, "something else")
    with pytest.raises(ValueError, match="registered already"):
        register_site(DEFECT, "a defect for these tests")


def test_defects_can_be_planted_for_plain_code_and_are_off_after():
    """Pure model code is tested without a loop."""
    with planting(DEFECT) as entries:
        assert planted(DEFECT)
        assert not planted(OTHER)
        assert entries[DEFECT].summary == "a defect for these tests"
        with planting(OTHER):
            assert not planted(DEFECT)
        assert planted(DEFECT)
    assert not planted(DEFECT)
    with pytest.raises(BadInputError), planting("tests.defcet"):
        pass
