"""Every property by name; each stands in the module of its part, with the function that checks it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alyslab.property.properties.actor import ACTOR_ORDER, SUPERVISION
from alyslab.property.properties.auxpow import WORK_FINALISES
from alyslab.property.properties.candidates import CANDIDATES
from alyslab.property.properties.chain import CHAIN_VALID, CODEC_ROUND_TRIP, MUTANT_REJECTED
from alyslab.property.properties.chaos import CHAOS_PLAN, QUORUM_UNDER_CHAOS
from alyslab.property.properties.forks import HIGHER_BRANCH, INCIDENTS, REORGANISED
from alyslab.property.properties.gossip import GOSSIP
from alyslab.property.properties.governance import BALLOT_COUNTED
from alyslab.property.properties.journal import JOURNAL_DIGEST
from alyslab.property.properties.links import LINK_CHANCES
from alyslab.property.properties.network import NETWORK_DELIVERY
from alyslab.property.properties.scenes import ACTOR_SCENES
from alyslab.property.properties.signatures import (
    COMMITTEE_IDEAL,
    COMMITTEE_REAL,
    THRESHOLD_EXACT,
    TRANSACTION_SIGNED,
)
from alyslab.property.properties.sync import CHECKPOINTS, SYNC_CONVERGES
from alyslab.property.properties.traffic import TRAFFIC
from alyslab.property.property import Property

PROPERTIES: Final[Mapping[str, Property]] = MappingProxyType(
    {
        one.name: one
        for one in (
            CHAIN_VALID,
            MUTANT_REJECTED,
            CODEC_ROUND_TRIP,
            WORK_FINALISES,
            REORGANISED,
            HIGHER_BRANCH,
            INCIDENTS,
            CANDIDATES,
            COMMITTEE_IDEAL,
            COMMITTEE_REAL,
            THRESHOLD_EXACT,
            TRANSACTION_SIGNED,
            BALLOT_COUNTED,
            ACTOR_ORDER,
            SUPERVISION,
            ACTOR_SCENES,
            NETWORK_DELIVERY,
            TRAFFIC,
            LINK_CHANCES,
            GOSSIP,
            CHECKPOINTS,
            SYNC_CONVERGES,
            JOURNAL_DIGEST,
            CHAOS_PLAN,
            QUORUM_UNDER_CHAOS,
        )
    }
)
"""The properties of the laboratory's own systems."""
