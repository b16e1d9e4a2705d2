"""All workloads of mining by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alyslab.checkers.mining import check_mining
from alyslab.harnesses.mining.miner import mine
from alyslab.harnesses.workload import Workload

WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType(
    {
        "mine": Workload(
            name="mine",
            claim="miners extend the longest chain that they know; a selfish one keeps no lost lead back",
            main=mine,
            judge=check_mining,
            strategy="fifo",
        )
    }
)
"""Every workload by its name."""
