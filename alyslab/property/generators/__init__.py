"""Strategies for everything that the laboratory tests with; import them from here.

Each takes sizes as parameters, discards nothing by construction, and shrinks
to something that a reader takes in at a glance.  What carries no choice (keys,
addresses of users, noise) is the same in every draw, and nothing is drawn
outside Hypothesis.
"""

from alyslab.property.generators.actors import (
    actor_scenarios,
    message_sequences,
    messages,
    policy_plans,
    receiver_plans,
)
from alyslab.property.generators.auxpow import auxpow_headers, work_plans
from alyslab.property.generators.basic import addresses, amounts_sat, bitcoin_addresses, hashes, secrets
from alyslab.property.generators.building import blocks, chains
from alyslab.property.generators.chains import block_plans, chain_plans
from alyslab.property.generators.chaos import chaos_plans
from alyslab.property.generators.events import burns, deposits, transfers
from alyslab.property.generators.forks import fork_plans, reorganisations
from alyslab.property.generators.gossip import gossip_plans
from alyslab.property.generators.governance import ballots, proposals, validators, votes
from alyslab.property.generators.journals import journal_plans
from alyslab.property.generators.links import chance_plans
from alyslab.property.generators.mutants import mutant_plans, mutants
from alyslab.property.generators.network import (
    cuts,
    network_conditions,
    network_scenarios,
    peer_names,
    topologies,
)
from alyslab.property.generators.rhythms import rhythms
from alyslab.property.generators.scenes import scene_plans, stage_plans
from alyslab.property.generators.signatures import aggregates, bls_signatures, committees
from alyslab.property.generators.sync import checkpoints, sync_faults, sync_scenarios
from alyslab.property.generators.traffic import traffic_plans, trouble_plans
from alyslab.property.generators.transactions import signed_transactions, transactions

__all__ = [
    "actor_scenarios",
    "addresses",
    "aggregates",
    "amounts_sat",
    "auxpow_headers",
    "ballots",
    "bitcoin_addresses",
    "block_plans",
    "blocks",
    "bls_signatures",
    "burns",
    "chain_plans",
    "chains",
    "chance_plans",
    "chaos_plans",
    "checkpoints",
    "committees",
    "cuts",
    "deposits",
    "fork_plans",
    "gossip_plans",
    "hashes",
    "journal_plans",
    "message_sequences",
    "messages",
    "mutant_plans",
    "mutants",
    "network_conditions",
    "network_scenarios",
    "peer_names",
    "policy_plans",
    "proposals",
    "receiver_plans",
    "reorganisations",
    "rhythms",
    "scene_plans",
    "secrets",
    "signed_transactions",
    "stage_plans",
    "sync_faults",
    "sync_scenarios",
    "topologies",
    "traffic_plans",
    "transactions",
    "transfers",
    "trouble_plans",
    "validators",
    "votes",
    "work_plans",
]
