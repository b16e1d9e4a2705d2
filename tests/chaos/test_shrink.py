"""A failing run is made small, and fails in the same way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from alyslab.chaos.cases import Case
from alyslab.chaos.conduct import CONVERGES
from alyslab.chaos.plan import Entry
from alyslab.chaos.shrink import Shrunk, shrink
from alyslab.chaos.trial import again, attempt
from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Verdict
from alyslab.errors import BadInputError
from alyslab.runtime import Journal, require_current, simulate
from alyslab.runtime.token import Token

from .plans import entry, outcome

NOISE = ("network.jitter", "network.duplicate", "clock.offset", "storage.lost_writes", "network.latency")


def noisy(cause: Entry, entries: int) -> tuple[Entry, ...]:
    """The cause among harmless faults."""
    harmless = [
        entry(NOISE[number % len(NOISE)], "one", start_s=0.2 * number, end_s=0.2 * number + 1, intensity=0.2)
        for number in range(entries - 1)
    ]
    return (*harmless[: entries // 2], cause, *harmless[entries // 2 :])


async def racing(*, rounds: int = 9) -> None:
    """In each round two tasks say who they are."""
    journal = require_current().journal

    async def say(number: int, who: int) -> None:
        journal.record("said", "task", round=number, who=who)

    for number in range(rounds):
        await asyncio.gather(say(number, 1), say(number, 2))


def in_order(journal: Journal) -> Verdict:
    said = [(event.fields["round"], event.fields["who"]) for event in journal.select(kind="said")]
    broken = sum(one > other for one, other in pairwise(said))
    return Verdict((none_of("tasks speak in turn", seen=len(said), broken=broken, source="this test"),))


def failing(entries: int) -> str:
    pause = entry("process.pause", "all", start_s=0.5, end_s=5.0)
    done = outcome(*noisy(pause, entries), options={"nodes": 3}, planted=("quorum.timer_lost_on_pause",))
    assert CONVERGES in [check.name for check in done.verdict.failed]
    return done.run.token


@pytest.fixture(scope="module")
def small() -> Shrunk:
    return shrink(failing(4), check=CONVERGES, limit_s=20.0)


def test_the_cause_is_what_is_left(small: Shrunk) -> None:
    """Three harmless faults go, the pause that matters stays."""
    assert small.plan is not None
    assert [one.fault for one in small.plan.entries] == ["process.pause"]
    assert (small.before.entries, small.after.entries) == (4, 1)
    assert small.after.faulty_s < small.before.faulty_s


def test_the_small_run_repeats_and_fails_in_the_same_way(small: Shrunk) -> None:
    """Its token goes into the report of the bug."""
    assert small.check in again(Token.parse(small.token)).checks


def test_time_is_bounded_and_what_was_gained_is_kept() -> None:
    """Shrinking must not take longer than the search that it serves."""
    small = shrink(failing(2), limit_s=0.0)

    assert not small.complete
    assert small.after.entries == small.before.entries


@pytest.mark.parametrize("limit_s", [-1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(limit_s: float) -> None:
    """Not a number is less than nothing and more than nothing: it would never be over."""
    with pytest.raises(BadInputError, match="not a time limit"):
        shrink("alys1-x", limit_s=limit_s)


def test_a_token_of_another_python_says_so_where_its_run_holds() -> None:
    """asyncio takes other steps there: the run is another one."""
    token = Token.parse(outcome(entry("process.pause", end_s=1.0)).run.token)

    with pytest.raises(BadInputError, match=r"made under Python 3\.99, run under"):
        shrink(str(replace(token, python="3.99")))


def test_a_token_whose_run_keeps_its_promises_can_t_be_shrunk() -> None:
    """There is nothing to hold fixed."""
    good = outcome(entry("process.pause", end_s=1.0)).run.token

    with pytest.raises(BadInputError, match="nothing is broken"):
        shrink(good)


def test_a_workload_without_a_plan_gets_fewer_peers_and_blocks() -> None:
    """A search finds violations in workloads too: their counts and fault sites are what can go."""
    trial = attempt("network:flood", 0, ("gossip.forget_relay",))
    assert trial.violates
    small = shrink(trial.token, limit_s=20.0)

    assert small.plan is None
    assert small.after.options["peers"] < small.before.options["peers"]
    assert small.after.events < small.before.events / 2
    assert (small.after.choices, small.after.sites_fired) == (0, 0)
    assert small.check in again(Token.parse(small.token)).checks


@pytest.mark.parametrize(
    ("case", "bug"),
    [
        ("actor:trial", "actor.restart_forgets_mailbox"),
        pytest.param("consensus:trial", "consensus.vote_counted_twice", marks=pytest.mark.slow),
    ],
)
def test_a_trial_gets_fewer_scenes(case: str, bug: str) -> None:
    """Everything at once finds most; what a reader wants to see is the one scene that matters."""
    trial = attempt(case, 0, (bug,))
    assert trial.violates
    small = shrink(trial.token, limit_s=20.0)

    assert small.after.options["scenes"] < small.before.options["scenes"]
    assert small.check in again(Token.parse(small.token)).checks


def test_a_schedule_that_is_part_of_the_cause_is_thinned_to_the_step_that_matters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the order of their making the tasks keep the promise; one step out of turn is enough to break it."""
    case = Case(name="test:racing", main=racing, judge=in_order, parameters=dict)
    for module in ("shrink", "trial"):
        monkeypatch.setattr(f"alyslab.chaos.{module}.case_of", lambda _: case)
    run = simulate(racing, seed=2, strategy="random")
    assert in_order(run.journal).status == "fail"
    small = shrink(run.token, limit_s=20.0)

    assert Token.parse(small.token).strategy == "recorded"
    assert small.after.options["rounds"] < small.before.options["rounds"] == 9
    assert small.after.choices == 1 < small.before.choices
    assert small.complete


def test_a_token_that_no_case_runs_is_refused() -> None:
    """Without a case there is nobody to judge what is left."""

    async def alone() -> None: ...

    token = simulate(alone, seed=1).token
    with pytest.raises(BadInputError, match="no case runs"):
        shrink(token)


def test_a_check_that_did_not_fail_can_t_be_held_fixed() -> None:
    """It would be another violation."""
    with pytest.raises(BadInputError, match="its run ends with fail"):
        shrink(failing(2), check="blocks are blue")


@pytest.mark.slow
def test_twenty_four_faults_are_brought_to_three_or_fewer() -> None:
    """Issue 7: a plan of 20 or more entries, a cause of one or two faults, 60 s (given ten times as much)."""
    small = shrink(failing(24), check=CONVERGES, limit_s=600.0)

    assert small.before.entries == 24
    assert small.after.entries <= 3
