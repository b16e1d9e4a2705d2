"""All workloads by name; this module alone knows them all."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, Final

from alyslab.harnesses.consensus.workloads.disks import disks
from alyslab.harnesses.consensus.workloads.gated import gated
from alyslab.harnesses.consensus.workloads.handover import handover
from alyslab.harnesses.consensus.workloads.joining import joining
from alyslab.harnesses.consensus.workloads.judging import judge, judge_observed
from alyslab.harnesses.consensus.workloads.live import live
from alyslab.harnesses.consensus.workloads.outage import outage
from alyslab.harnesses.consensus.workloads.pegs import pegs
from alyslab.harnesses.consensus.workloads.trial import trial
from alyslab.harnesses.workload import Workload

_OBSERVED: Final[Mapping[Callable[..., Coroutine[Any, Any, Any]], str]] = {
    live: "a federation writes, approves and finalises blocks, and comes together after faults",
    joining: "a member that joins late, under load, catches up and takes its turns",
    outage: "the chain halts for want of work, at the block that it must, and goes on",
    handover: "at a height another federation signs, and nobody else's blocks pass",
    gated: "a node writes in its turn if V2's rule lets it, and stays silent otherwise",
    disks: "a node whose disk fails stops, starts again, and signs nothing that it can't keep",
    pegs: "what is paid in is credited once, what is burned is paid out once",
}

WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType(
    {
        **{
            main.__name__: Workload(name=main.__name__, claim=claim, main=main, judge=judge_observed)
            for main, claim in _OBSERVED.items()
        },
        "trial": Workload(
            name="trial",
            claim="a small federation under faults of every kind, drawn by the seed",
            main=trial,
            judge=judge,
        ),
    }
)
"""Every workload by its name."""
