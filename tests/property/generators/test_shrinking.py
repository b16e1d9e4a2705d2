"""Every strategy shrinks to what a reader expects, discards nothing, and draws what it says."""

from __future__ import annotations

import pytest
from hypothesis import find, settings

from alyslab.harnesses.network.topology import Topology
from alyslab.model.scheme import IdealScheme
from alyslab.property import generators
from alyslab.property.examination import Tally
from alyslab.property.examine import Discards
from alyslab.property.generators.actors import ActorScenario, MessagePlan, PolicyPlan, ReceiverPlan
from alyslab.property.generators.auxpow import WorkPlan
from alyslab.property.generators.basic import addresses, amounts_sat, bitcoin_addresses, hashes, secrets
from alyslab.property.generators.chains import BlockPlan, ChainPlan
from alyslab.property.generators.chaos import ChaosPlan, FaultPlan
from alyslab.property.generators.events import Burn, Deposit, Transfer
from alyslab.property.generators.forks import ForkPlan
from alyslab.property.generators.gossip import GossipPlan
from alyslab.property.generators.governance import Ballot, Proposal, Validator, Vote
from alyslab.property.generators.journals import JournalPlan, Row
from alyslab.property.generators.links import ChancePlan
from alyslab.property.generators.mutants import MutantPlan
from alyslab.property.generators.network import CutPlan, LinkPlan, NetworkScenario, SendPlan
from alyslab.property.generators.rhythms import Rhythm
from alyslab.property.generators.scenes import ScenePlan, StagePlan
from alyslab.property.generators.signatures import Committee, Forgery
from alyslab.property.generators.sync import CheckpointPlan, SyncFault, SyncScenario
from alyslab.property.generators.traffic import TalkPlan, TrafficPlan, TroublePlan
from alyslab.property.profiles import profile

SETTINGS = settings(profile("quick"), max_examples=2_000)


def crashes(plans: tuple[MessagePlan, ...]) -> int:
    return sum(message.what == "crash" for message in plans)


# name of the strategy -> arguments, what somebody looks for, and what must be found
SHRINKS = {
    "hashes": ({}, lambda drawn: drawn[0] > 0, b"\x01" + bytes(31)),
    "addresses": ({}, lambda drawn: True, bytes(20)),
    "secrets": ({}, lambda drawn: drawn > 500, 501),
    "amounts_sat": ({"least": 546}, lambda drawn: True, 546),
    "bitcoin_addresses": (
        {},
        lambda drawn: True,
        "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202",
    ),
    "transfers": ({}, lambda drawn: drawn.to >= 3, Transfer(sender=0, to=3, gwei=1)),
    "deposits": ({}, lambda drawn: drawn.sat >= 100, Deposit(user=0, sat=100)),
    "burns": ({}, lambda drawn: drawn.through != "bridge", Burn(through="router")),
    "block_plans": ({}, lambda drawn: drawn.missed_slots > 1, BlockPlan(missed_slots=2)),
    "chain_plans": (
        {},
        lambda drawn: sum(len(block.events) for block in drawn.blocks) >= 2,
        ChainPlan(blocks=(BlockPlan(events=(Transfer(), Transfer())),)),
    ),
    "rhythms": ({"least": 5}, lambda drawn: drawn.work_interval > 2, Rhythm(blocks=5, work_interval=3)),
    "fork_plans": ({}, lambda drawn: drawn.depth > 1, ForkPlan(depth=2)),
    "mutant_plans": ({}, lambda drawn: "quorum" in drawn.breaks, MutantPlan(breaks=("quorum",))),
    "work_plans": ({}, lambda drawn: drawn.depth > 2, WorkPlan(depth=3)),
    "committees": (
        {},
        lambda drawn: len(drawn.byzantine) == 1,
        Committee(members=4, byzantine=(Forgery(),)),
    ),
    "messages": ({}, lambda drawn: drawn.what == "crash", MessagePlan(what="crash")),
    "message_sequences": (
        {},
        lambda drawn: any(message.after for message in drawn),
        (MessagePlan(), MessagePlan(after=(0,))),
    ),
    "actor_scenarios": (
        {},
        lambda drawn: crashes(drawn.messages) >= 2,
        ActorScenario(messages=(MessagePlan(what="crash"),) * 2, policy=PolicyPlan(limit=1)),
    ),
    "receiver_plans": ({}, lambda drawn: drawn.capacity < 100, ReceiverPlan(capacity=1)),
    "policy_plans": ({}, lambda drawn: not drawn.isolate, PolicyPlan(limit=1, isolate=False)),
    "scene_plans": ({}, lambda drawn: drawn.what == "flooding", ScenePlan(what="flooding")),
    "stage_plans": (
        {},
        lambda drawn: len(drawn.scenes) > 1,
        StagePlan(scenes=(ScenePlan(), ScenePlan(what="broadcasting"))),
    ),
    "trouble_plans": ({"peers": 3}, lambda drawn: drawn.what == "crash", TroublePlan(what="crash")),
    "traffic_plans": (
        {},
        lambda drawn: drawn.troubles,
        TrafficPlan(talks=(TalkPlan(),), troubles=(TroublePlan(),)),
    ),
    "chance_plans": ({}, lambda drawn: drawn.burst, ChancePlan(burst=(0.05, 0.25))),
    "gossip_plans": ({}, lambda drawn: drawn.protocol == "mesh", GossipPlan(protocol="mesh")),
    "peer_names": ({}, lambda drawn: len(drawn) > 1, ("peer-0", "peer-1")),
    "topologies": ({}, lambda drawn: drawn.peers > 2, Topology(peers=3, links=((0, 1), (0, 2)))),
    "network_conditions": ({}, lambda drawn: drawn.loss_ratio == 1, LinkPlan(loss_ratio=1.0)),
    "network_scenarios": (
        {},
        lambda drawn: len(drawn.cuts) > 0,
        NetworkScenario(peers=2, sends=(SendPlan(0, 1, 0),), cuts=(CutPlan(),)),
    ),
    "checkpoints": (
        {},
        lambda drawn: drawn.spoiled,
        CheckpointPlan(chain=Rhythm(blocks=1), interval=1, spoiled=True),
    ),
    "sync_faults": ({}, lambda drawn: drawn.what == "crash", SyncFault(what="crash")),
    "sync_scenarios": (
        {},
        lambda drawn: drawn.faults,
        SyncScenario(behaviours=("honest",) * 3, faults=(SyncFault(),)),
    ),
    "validators": ({}, lambda drawn: len(drawn) > 1, (Validator(0, 1), Validator(1, 1))),
    "proposals": ({}, lambda drawn: drawn.content != b"", Proposal(content=b"\x00")),
    "ballots": (
        {},
        lambda drawn: any(vote.forgery for vote in drawn.votes),
        Ballot(votes=(Vote(forgery=Forgery()),)),
    ),
    "journal_plans": (
        {},
        lambda drawn: drawn.change == "dropped",
        JournalPlan(rows=(Row(),), change="dropped"),
    ),
    "chaos_plans": (
        {},
        lambda drawn: drawn.faults,
        ChaosPlan(faults=(FaultPlan(fault="clock.drift", strength_percent=1),)),
    ),
}
# What stands for values that are made from plans, and shrinks as these do.
MADE_OF_PLANS = {
    "aggregates",
    "auxpow_headers",
    "blocks",
    "bls_signatures",
    "chains",
    "mutants",
    "reorganisations",
    "signed_transactions",
    "transactions",
}
# Strategies of a given size or of given others.
PARTS = {"cuts", "votes"}


# Seconds each: much to draw in one case.
SLOW = {
    "actor_scenarios",
    "ballots",
    "block_plans",
    "chain_plans",
    "chaos_plans",
    "checkpoints",
    "committees",
    "fork_plans",
    "journal_plans",
    "message_sequences",
    "mutant_plans",
    "network_scenarios",
    "policy_plans",
    "proposals",
    "rhythms",
    "stage_plans",
    "sync_scenarios",
    "topologies",
    "traffic_plans",
    "work_plans",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in SHRINKS]
)
def test_the_smallest_case_is_the_expected_one(name):
    """What a reader sees of a failure is the smallest case; noise in it would cost an hour."""
    arguments, wanted, expected = SHRINKS[name]

    assert find(getattr(generators, name)(**arguments), wanted, settings=SETTINGS) == expected


def test_every_strategy_is_held_to_its_smallest_case():
    """A strategy that is added without one may shrink to anything."""
    assert set(generators.__all__) == SHRINKS.keys() | MADE_OF_PLANS | PARTS


def strategy_of(name: str):
    if name == "cuts":
        return generators.cuts(3)
    if name == "trouble_plans":
        return generators.trouble_plans(3)
    if name == "votes":
        return generators.votes(Proposal(), (Validator(), Validator(1)))
    return getattr(generators, name)()


@pytest.mark.parametrize("name", generators.__all__)
def test_no_strategy_discards_more_than_a_twentieth(name):
    """A discarded case costs time and finds nothing.  Source: issue 8, Numbers."""
    from hypothesis import given
    from hypothesis import strategies as st

    tally = Tally()
    strategy = strategy_of(name)
    cases = 20 if name in MADE_OF_PLANS else 50

    @settings(profile("quick"), max_examples=cases)
    @given(st.data())
    def draw(data):
        with Discards(tally, data):
            data.draw(strategy)
        tally.count({})

    draw()

    assert tally.cases > 0
    assert tally.discarded <= 0.05 * (tally.cases + tally.discarded)


@pytest.mark.slow
def test_what_is_made_of_plans_is_what_it_says():
    """A signature that does not verify, or a chain that does not link, would make every property vacuous."""
    scheme = IdealScheme()
    builder = find(generators.chains(), lambda drawn: len(drawn.blocks) == 3, settings=SETTINGS)
    roots = [record.root for record in builder.chain.records]
    one = find(generators.aggregates(scheme=scheme), lambda drawn: True, settings=SETTINGS)
    signed = find(generators.signed_transactions(), lambda drawn: True, settings=SETTINGS)
    single = find(generators.bls_signatures(scheme=scheme), lambda drawn: True, settings=SETTINGS)

    assert [block.block.parent_root for block in builder.blocks] == roots[:-1]
    assert scheme.verify(one.public_keys, one.message, one.signature)
    assert scheme.verify(single.public_keys, single.message, single.signature)
    assert signed.verifies
    assert find(generators.transactions(), lambda drawn: True, settings=SETTINGS).value_wei == 0


def test_equal_plans_give_equal_bytes():
    """Otherwise what Hypothesis replays is not what failed."""
    plan = ChainPlan(blocks=(BlockPlan(events=(Burn(), Deposit()), work=True), BlockPlan()))
    from alyslab.property.generators.building import built

    assert [block.encode() for block in built(plan).blocks] == [
        block.encode() for block in built(plan).blocks
    ]


def test_the_basic_strategies_draw_what_they_say():
    """Everything else is made of them."""
    for strategy, length in ((hashes(), 32), (addresses(), 20)):
        assert len(find(strategy, any, settings=SETTINGS)) == length
    assert find(amounts_sat(1, 10), lambda drawn: drawn == 10, settings=SETTINGS) == 10
    assert find(secrets(), lambda drawn: True, settings=SETTINGS) == 1
    assert find(bitcoin_addresses(), lambda drawn: drawn[:6] == "bcrt1p", settings=SETTINGS)
