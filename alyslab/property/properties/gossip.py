"""Properties of gossip: every block reaches every peer, at the price that the protocol names."""

from __future__ import annotations

from typing import Final

from alyslab.checkers.gossip import check_mesh
from alyslab.checkers.network import check_network
from alyslab.harnesses.network.gossip import spread
from alyslab.harnesses.network.workloads.registry import judge_spread
from alyslab.property.generators.gossip import GossipPlan, gossip_plans
from alyslab.property.properties.actor import refuse_failed
from alyslab.property.property import Features, Property
from alyslab.runtime import require_current

RATE_BPS: Final = 20e6


def _features(plan: GossipPlan) -> Features:
    return {
        "protocol": plan.protocol,
        "peers": plan.peers,
        "shape": f"{plan.degree} links each" if plan.degree else "star",
        "blocks": plan.blocks,
        "block_bytes": plan.block_bytes,
    }


async def _spread(plan: GossipPlan) -> None:
    await spread(
        kind=plan.protocol,
        peers=plan.peers,
        blocks=plan.blocks,
        topology=plan.topology,
        block_bytes=plan.block_bytes,
        authorities=plan.authorities,
        link={"delay_ms": plan.delay_ms, "rate_bps": RATE_BPS},
    )
    journal = require_current().journal
    if plan.protocol == "mesh" and not plan.degree:
        # The hub of a star tells only some of those whom it prunes, so that a block may pass one by.
        refuse_failed(check_mesh(journal), check_network(journal))
    else:
        refuse_failed(judge_spread(journal))


GOSSIP: Final = Property(
    name="gossip reaches everybody",
    claim="each block comes to every peer at the protocol's own price, and no mesh outgrows its bounds",
    cases=gossip_plans,
    check=_spread,
    weight=4,
    weight_reason="a network of peers for minutes of virtual time: some 20 ms a case",
    source="issue 5, gossip; BIP 152 for compact blocks; libp2p gossipsub v1.1 for the mesh",
    features=_features,
)
