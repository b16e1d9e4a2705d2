"""A hunt reports what was found, what was missed, and what was not looked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from alyslab.checkers.sync import never_claimed
from alyslab.checkers.sync_log import SyncLog
from alyslab.checkers.verdict import Check, Verdict
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.metrics import MetricsCollector
from alyslab.phases.context import PhaseContext
from alyslab.phases.hunting import CLEAN_SEEDS_APART, Hunt, hunting_limits, observe_hunts
from alyslab.phases.phase import Phase
from alyslab.phases.validator import judge
from alyslab.runtime.replay import replay

TRIAL = WORKLOADS["trial"]
EASY = "sync.production_while_behind"
OTHER = "sync.checkpoint_not_verified"
LIMITS = hunting_limits("a test")
PASSING = Verdict((Check(name="all is well", observed=True, comparison="==", limit=True),))


def hunted(*hunts: Hunt, seed: int = 5_000) -> PhaseContext:
    context = PhaseContext(
        phase=Phase.SYNC_IMPROVEMENT, seed=seed, parameters={}, harnesses={}, metrics=MetricsCollector()
    )
    asyncio.run(observe_hunts(context, hunts))
    return context


def seen(context: PhaseContext) -> dict[str, object]:
    return {name: observation.value for name, observation in context.observations.items()}


def hunt(*defects: str, seeds: int = 3, clean_seeds: int = 0) -> Hunt:
    return Hunt(trial=TRIAL, defects=defects, seeds=seeds, clean_seeds=clean_seeds, sites=True)


def test_a_bug_that_is_found_counts_with_its_seeds() -> None:
    """How soon is what the limit is about."""
    context = hunted(hunt(EASY))

    assert seen(context)["planted_bugs_missed"] == 0
    assert seen(context)["planted_bug_seeds_max"] == seen(context)["planted_bug_seeds_p50"] == 1


def test_a_bug_that_is_missed_fails_by_name() -> None:
    """The limit of seeds came first; that must not count as a find."""
    blind = replace(TRIAL, judge=lambda _: PASSING)
    context = hunted(hunt(EASY), Hunt(trial=blind, defects=(OTHER,), seeds=1, clean_seeds=0))

    assert seen(context)["planted_bugs_missed"] == 1
    assert context.observations["planted_bugs_missed"].evidence == ({"missed": OTHER},)
    assert judge(LIMITS, context.observations, {}).status == "fail"


def test_nothing_hunted_is_nothing_seen() -> None:
    """Zero seeds find nothing, which is no success."""
    context = hunted(hunt(EASY, seeds=0))

    assert seen(context) == dict.fromkeys(
        ("planted_bugs_missed", "planted_bug_seeds_p50", "planted_bug_seeds_max", "false_alarms")
    )
    assert context.observations["planted_bugs_missed"].note == "nothing was hunted"


def test_hunts_with_nothing_planted_raise_no_alarm() -> None:
    """The second trial of each two has fault sites active."""
    context = hunted(hunt(seeds=0, clean_seeds=2))

    assert seen(context)["false_alarms"] == 0
    assert context.observations["false_alarms"].note == "in 2 trials"


def test_an_alarm_is_counted_with_the_token_that_repeats_it() -> None:
    """Whoever gets one must be able to look at it."""
    alarming = replace(TRIAL, judge=lambda journal: never_claimed(SyncLog.read(journal)))
    context = hunted(Hunt(trial=alarming, defects=(), seeds=0, clean_seeds=1))
    [evidence] = context.observations["false_alarms"].evidence

    assert seen(context)["false_alarms"] == 1
    assert evidence["seed"] == 5_000 + CLEAN_SEEDS_APART
    assert replay(evidence["token"]).same
