from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from alyslab.checkers.verdict import Check
from alyslab.errors import ParameterError
from alyslab.harnesses.network.defects import DEFECTS
from alyslab.harnesses.network.workloads import WORKLOADS
from alyslab.runtime.replay import replay

FOUND_BY: dict[str, tuple[str, str]] = {
    "network.latency_one_way": ("trial", "no message is faster than its link"),
    "network.fifo_forgets": ("trial", "a FIFO link keeps its order"),
    "network.rules_spare_replies": ("trial", "the first rule that does not pass decides"),
    "network.duplicate_shares_identity": ("trial", "each copy of a message ends once"),
    "network.forget_backlog": ("trial", "no line carries more than its bandwidth"),
    "network.cut_through": ("trial", "no message arrives before it has left"),
    "network.rule_order_reversed": ("trial", "the first rule that does not pass decides"),
    "network.reconnect_keeps_stale": ("trial", "no message outlives its connection"),
    "network.drop_unsaid": ("trial", "every message is handled or said to be lost"),
    "network.crash_keeps_unread": ("trial", "no message outlives its connection"),
    "network.timeout_ignored": ("trial", "no request waits beyond its time-out"),
    "network.limit_ignored": ("trial", "no line queues more than its limit"),
    "network.latency_ignores_correlation": ("links", "correlation of neighbours"),
    "network.loss_drawn_once": ("links", "loss ratio"),
    "network.bursts_flattened": ("links", "mean run of losses"),
    "network.chances_halved": ("links", "duplicate ratio"),
}
"""For each defect the workload and the check that must find it; others may fail with them."""

SMALL: dict[str, dict[str, Any]] = {"trial": {}, "links": {"messages": 300}}
LINKS_WITH = {
    "network.latency_ignores_correlation": ["correlated"],
    "network.loss_drawn_once": ["lossy"],
    "network.bursts_flattened": ["bursty"],
    "network.chances_halved": ["doubling", "corrupting", "reordering"],
    "network.latency_one_way": ["uniform"],
}
"""The links in which a defect shows; many messages over few links are as quick as few over many."""
SEEDS = 4


def failing(workload: str, seed: int, **options: Any) -> set[str]:
    """Return the names of failed checks; those of links without the link."""
    outcome = WORKLOADS[workload].run(seed, **(SMALL[workload] | options))
    return {name_of(check) for check in outcome.verdict.failed}


def name_of(check: Check) -> str:
    return check.name.rpartition(" of ")[0] if " → " in check.name else check.name


@cache
def failing_links(defect: str) -> set[str]:
    return failing("links", 1, planted=[defect], messages=3_000, only=LINKS_WITH[defect])


def test_every_planted_defect_is_tested_here():
    """A defect in the catalogue that nothing looks for is a claim without a proof."""
    assert set(FOUND_BY) == set(DEFECTS)


@pytest.mark.parametrize("defect", FOUND_BY)
def test_a_planted_defect_is_found_by_its_check_within_a_few_seeds(defect):
    """A check that no defect can trip proves nothing."""
    workload, name = FOUND_BY[defect]
    if workload == "links":
        assert name in failing_links(defect)
        return
    assert any(name in failing(workload, seed, planted=[defect]) for seed in range(SEEDS))


def test_every_check_of_the_network_is_tripped_by_some_defect():
    """And the other way round: a check that nothing trips would be deleted."""
    names = {check.name for check in WORKLOADS["trial"].run(0).verdict.checks}
    assert names == {name for workload, name in FOUND_BY.values() if workload == "trial"}


def test_every_statistic_of_links_is_tripped_by_some_defect():
    """Each kind of statistic and the distributions, by whichever defect reaches them."""
    outcome = WORKLOADS["links"].run(0, **SMALL["links"])
    kinds = {name_of(check) for check in outcome.verdict.checks if " → " in check.name}
    assert kinds <= {name for defect in LINKS_WITH for name in failing_links(defect)}


@pytest.mark.parametrize("strategy", ["fifo", "random", "pct"])
def test_an_honest_trial_passes_in_any_order_of_steps(strategy):
    """Nothing planted, nothing found; and every check had something to see."""
    for seed in range(2):
        outcome = WORKLOADS["trial"].run(100 + seed, strategy=strategy)
        assert outcome.verdict.status == "pass", (seed, outcome.verdict.failed)


def test_honest_links_pass_their_self_test():
    """With several seeds, since statistics can be lucky."""
    for seed in range(3):
        assert failing("links", 200 + seed) == set()


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_honest_runs_give_no_alarm_on_many_seeds():
    """The limits are set for one false alarm in 100,000 statistics; some 10,000 are looked at here."""
    for seed in range(80):
        assert failing("links", 1_000 + seed) == set(), seed
        assert failing("trial", 1_000 + seed) == set(), seed


@pytest.mark.parametrize("name", ["trial", "links"])
def test_a_token_of_a_workload_replays(name):
    """Whatever a checker finds can be shown again."""
    assert replay(
        WORKLOADS[name].run(5, **({"seconds": 2} if name == "trial" else {"messages": 100})).run.token
    ).same


@pytest.mark.parametrize(
    ("name", "parameters", "keys"),
    [
        ("trial", {"peers": 5, "seconds": 0}, {"peers", "seconds"}),
        ("trial", {"peers": True}, {"peers"}),
        ("links", {"messages": 99, "interval_ms": 0}, {"messages", "interval_ms"}),
        ("links", {"interval_ms": "soon", "only": ["lossy", "loose"]}, {"interval_ms", "only"}),
    ],
)
def test_parameters_out_of_range_are_named_at_once(name, parameters, keys):
    """A user corrects all of them in one go, before a node exists."""
    with pytest.raises(ParameterError) as caught:
        WORKLOADS[name].run(1, **parameters)
    assert {problem.key for problem in caught.value.problems} == keys
