"""The chain as V1 ran it reproduces its incidents; a sound one does not."""

from __future__ import annotations

from random import Random

import pytest

from alyslab.model.deviations import CATALOGUE, V1_DEVIATIONS
from alyslab.model.incidents import SCENES
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme

AS_V1_RAN = {
    "two_candidates": "lower slot, lower_slot_dropped",
    "import_again": "8, 7, 6",
    "changed_federation": "signature",
    "lost_receipt": "pegout_due",
    "unsigned_pegout": "pegouts_count",
    "submitted_twice": "work_refused, work_unknown",
    "ignored_head": "ignored",
    "unproved_key": "admitted",
}
CAUSE = {
    "two_candidates": "latest_candidate_wins",
    "import_again": "rollback_keeps_wallet",
    "changed_federation": "history_under_present_authorities",
    "lost_receipt": "failed_receipts_skipped",
    "unsigned_pegout": "missing_signatures_skipped",
    "submitted_twice": "miner_state_consumed",
    "ignored_head": "heights_bypassed",
    "unproved_key": "possession_not_asked",
}


@pytest.mark.parametrize("scheme", [IdealScheme, RealScheme], ids=["ideal", "real"])
@pytest.mark.parametrize("name", SCENES)
def test_a_sound_node_avoids_the_incident(name: str, scheme: type[SignatureScheme]) -> None:
    """The rule that would have prevented it is the default."""
    outcome = SCENES[name](Random(3), scheme(), frozenset())
    assert outcome.observed == outcome.expected


@pytest.mark.parametrize("name", SCENES)
def test_v1_as_it_ran_meets_the_incident(name: str) -> None:
    """With all of its deviations at once, as the real node has them: 9 and 16 among them."""
    outcome = SCENES[name](Random(3), IdealScheme(), V1_DEVIATIONS)
    assert outcome.observed == AS_V1_RAN[name] != outcome.expected


@pytest.mark.parametrize("name", SCENES)
def test_one_deviation_is_the_cause(name: str) -> None:
    """Taking away every other one changes nothing; taking away this one avoids the incident."""
    alone = SCENES[name](Random(3), IdealScheme(), frozenset({CAUSE[name]}))
    without = SCENES[name](Random(3), IdealScheme(), V1_DEVIATIONS - {CAUSE[name]})
    assert alone.observed != alone.expected
    assert without.observed == without.expected
    assert CAUSE[name] in CATALOGUE


def test_a_scene_repeats() -> None:
    """One seed, one outcome."""
    for scene in SCENES.values():
        assert scene(Random(5), IdealScheme()) == scene(Random(5), IdealScheme())
