"""Alys's formulas and tables, held against values computed by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import ParameterError
from alyslab.harnesses.sync.batch import batch_size
from alyslab.harnesses.sync.errors import TransitionError
from alyslab.harnesses.sync.policy import POLICIES, SyncPolicy, policy_named
from alyslab.harnesses.sync.production import RULES
from alyslab.harnesses.sync.scores import Peer, PeerBook
from alyslab.harnesses.sync.states import TRANSITIONS, SyncState, require_transition

ACTOR = POLICIES["actor"]


@pytest.mark.parametrize(
    ("latency_ms", "bandwidth_mbps", "peers", "expected"),
    [
        (100, 10, 5, 128),
        (200, 10, 5, 64),
        (25, 10, 5, 512),
        (100, 40, 5, 512),
        (100, 20, 5, 256),
        (100, 10, 1, 64),
        (400, 1, 1, 32),
        (1, 1_000, 100, 512),
    ],
)
def test_batches_follow_the_formula(
    latency_ms: float, bandwidth_mbps: float, peers: int, expected: int
) -> None:
    """128·clamp(100/ms, .5, 4)·clamp(Mbit/s/10, 1, 8)·clamp(peers/5, .5, 2), within 32 to 512."""
    size = batch_size(ACTOR, latency_ms=latency_ms, bandwidth_mbps=bandwidth_mbps, peers=peers)

    assert size == expected


@given(st.floats(0, 1e5), st.floats(0, 1e6), st.integers(0, 1_000))
def test_no_batch_leaves_its_bounds(latency_ms: float, bandwidth_mbps: float, peers: int) -> None:
    """Whatever was measured."""
    size = batch_size(ACTOR, latency_ms=latency_ms, bandwidth_mbps=bandwidth_mbps, peers=peers)

    assert ACTOR.batch_least <= size <= ACTOR.batch_most


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        (Peer("new"), 60.0),
        (Peer("good", attempts=10, successes=10, blocks_per_s=500, latency_ms=100, blocks=2_000), 83.0),
        (Peer("member", federation=True, attempts=4, successes=2, latency_ms=1_000), 40.0),
        (Peer("bad", attempts=4, latency_ms=5_000), 0.0),
    ],
)
def test_scores_follow_the_code(peer: Peer, expected: float) -> None:
    """40·success + 30·blocks/s/1000 + 20·(1000 - ms)/1000 + 10 above 1000 blocks + 20 for members."""
    assert peer.score() == pytest.approx(expected)


def test_the_reputation_of_issue_10_weighs_four_parts() -> None:
    """.25 trust, .35 reliability, .25 performance, .15 behaviour."""
    perfect = Peer("a", federation=True, attempts=1, successes=1, blocks_per_s=1_000)

    assert perfect.score("issue_10") == pytest.approx(100.0)
    assert Peer("b", attempts=2, successes=1, faults=1, latency_ms=1_000).score("issue_10") == pytest.approx(
        100 * (0.25 * 0.5 + 0.35 * 0.5 + 0 + 0.15 * 0.5)
    )


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def book(policy: SyncPolicy = ACTOR) -> tuple[PeerBook, Clock, list[str]]:
    clock, told = Clock(), list[str]()
    return PeerBook(policy, clock, lambda kind, **_: told.append(kind)), clock, told


@pytest.mark.parametrize(("policy", "failures"), [("actor", 3), ("issue_10", 5)])
def test_failures_in_a_row_blacklist_for_300_s(policy: str, failures: int) -> None:
    """Two documents, two limits; both are kept."""
    peers, clock, told = book(POLICIES[policy])
    for _ in range(failures - 1):
        peers.failed("p", "/eth2/chain/req/status/1", "timeout")
    assert not peers.blacklisted("p")

    peers.failed("p", "/eth2/chain/req/status/1", "timeout")

    assert peers.blacklisted("p")
    assert told.count("sync.blacklisted") == 1
    clock.now_ns = 300 * 10**9
    assert not peers.blacklisted("p")


def test_a_success_begins_the_count_again() -> None:
    """In a row means in a row."""
    peers, _, _ = book()
    for _ in range(5):
        peers.failed("p", "/eth2/chain/req/status/1", "timeout")
        peers.failed("p", "/eth2/chain/req/status/1", "timeout")
        peers.succeeded("p", "/eth2/chain/req/status/1", took_ns=10**6)

    assert not peers.blacklisted("p")


def test_back_off_doubles_up_to_thirty_seconds() -> None:
    """1, 2, 4, … 30 s."""
    peers, clock, _ = book(policy_named("actor", blacklist_failures=100))
    waits = []
    for _ in range(7):
        peers.failed("p", "/eth2/chain/req/status/1", "empty")
        waits.append((peers["p"].retry_ns - clock.now_ns) / 1e9)

    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_only_silence_is_pardoned() -> None:
    """A partition excuses who could not answer, not who lied."""
    peers, _, _ = book()
    for name, cause in (("far", "timeout"), ("liar", "invalid_block")):
        for _ in range(3):
            peers.failed(name, "/eth2/chain/req/blocks_by_range/1", cause)

    peers.pardon(["far", "liar"], "partition")

    assert not peers.blacklisted("far")
    assert peers.blacklisted("liar")


def test_an_answer_ends_the_back_off_of_silence_and_no_other() -> None:
    """Who answers again need not be waited for; who sent something false must wait all the same."""
    for cause, usable in (("timeout", True), ("unreadable", False)):
        peers, _, _ = book()
        peers.failed("p", "/eth2/chain/req/status/1", cause)
        assert not peers.usable("p")
        peers.succeeded("p", "/eth2/chain/req/blocks_by_range/1", took_ns=10**6, blocks=3)
        assert peers.usable("p") is usable


def test_two_signs_of_three_make_a_partition() -> None:
    """No success for 60 s, more than 70 % failed, latency above 10 s."""
    peers, clock, _ = book()
    names = ["a", "b", "c"]
    for name in names:
        peers.failed(name, "/eth2/chain/req/status/1", "timeout")
    assert not peers.partitioned(names)

    clock.now_ns = 61 * 10**9

    assert peers.partitioned(names)
    assert not peers.partitioned([])


@pytest.mark.parametrize("present", SyncState)
@pytest.mark.parametrize("following", SyncState)
def test_a_transition_is_in_the_table_or_an_error(present: SyncState, following: SyncState) -> None:
    """A machine that can go anywhere proves nothing by where it is."""
    if following in TRANSITIONS[present]:
        require_transition(present, following)
    else:
        with pytest.raises(TransitionError, match=f"to {following} is not allowed in state {present}"):
            require_transition(present, following)


def test_synced_is_reached_only_from_catching_up() -> None:
    """Nothing may jump to done."""
    assert [state for state, after in TRANSITIONS.items() if SyncState.SYNCED in after] == [
        SyncState.CATCHING_UP
    ]


@pytest.mark.parametrize(
    ("rule", "height", "target", "health", "allowed"),
    [
        ("issue_10", 1_990, 2_000, 1.0, True),
        ("issue_10", 1_989, 2_000, 1.0, False),
        ("issue_10", 99, 100, 1.0, False),
        ("code", 1_058_872, 1_064_192, 1.0, True),
        ("code", 1_058_870, 1_064_192, 1.0, False),
        ("code", 1_064_192, 1_064_192, 0.6, False),
        ("federation", 990, 1_000, 0.8, True),
        ("federation", 989, 1_000, 0.8, False),
    ],
)
def test_the_gate_has_three_readings(
    rule: str, height: int, target: int, health: float, allowed: bool
) -> None:
    """The code's lets a node produce 5,320 blocks behind; issue_10's second condition is what it dropped."""
    assert RULES[rule].allows(SyncState.CATCHING_UP, height, target, health=health) is allowed


def test_the_code_asks_others_too() -> None:
    """Federation and, as an option, the governance stream; issue_10 asks neither."""
    states = {"federation_healthy": False, "governance_error_ratio": 0.5}

    assert RULES["issue_10"].allows(SyncState.SYNCED, 1, 1, **states)
    assert not RULES["code"].allows(SyncState.SYNCED, 1, 1, federation_healthy=False)
    assert RULES["code"].allows(SyncState.SYNCED, 1, 1, governance_error_ratio=0.5)
    assert not RULES["code_with_governance"].allows(SyncState.SYNCED, 1, 1, governance_error_ratio=0.1)


@pytest.mark.parametrize("state", [s for s in SyncState if s is not SyncState.CATCHING_UP])
def test_only_synced_nodes_produce_otherwise(state: SyncState) -> None:
    """Fetching blocks is no time to make some."""
    assert RULES["issue_10"].allows(state, 100, 100) is (state is SyncState.SYNCED)


def test_a_policy_that_makes_no_sense_is_refused_with_every_problem() -> None:
    """Before anything starts."""
    with pytest.raises(ParameterError) as caught:
        policy_named("actor", downloads=0, batch_least=600, scoring="stars")

    assert [problem.key for problem in caught.value.problems] == ["downloads", "batch_base", "scoring"]
    with pytest.raises(ParameterError, match="no policy is named"):
        policy_named("best", speed=3)


def test_contradicting_documents_stay_visible() -> None:
    """Each reading is a policy of its own."""
    assert {name: policy.checkpoint_interval for name, policy in POLICIES.items()}["network"] == 100
    assert POLICIES["actor"].checkpoint_interval == 1_000
    assert (POLICIES["federation"].production.ratio_least, ACTOR.production.ratio_least) == (0.990, 0.995)
    assert POLICIES["code"].production.behind_most is None
    assert POLICIES["plan"].peers_least == POLICIES["plan"].downloads
