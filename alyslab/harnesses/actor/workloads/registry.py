"""All workloads by name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, Final

from alyslab.harnesses.actor.workloads.communication import (
    breaking,
    broadcast,
    chain,
    direct,
    discovery,
    guarantees,
    request_response,
    workflow,
)
from alyslab.harnesses.actor.workloads.judging import judge_all, judge_observed
from alyslab.harnesses.actor.workloads.lifecycle import family, lifecycle
from alyslab.harnesses.actor.workloads.ordering import causality, ordering, replication
from alyslab.harnesses.actor.workloads.overflow import overflow
from alyslab.harnesses.actor.workloads.recovery import cascade, isolation, recovery
from alyslab.harnesses.actor.workloads.trial import trial
from alyslab.harnesses.workload import Workload

_OBSERVED: Final[Mapping[Callable[..., Coroutine[Any, Any, Any]], str]] = {
    lifecycle: "actors start, work, and stop in the order of their dependencies",
    family: "children end with their parents, in each life",
    recovery: "an actor that fails comes back with its state, or is passed on",
    isolation: "siblings of a failed actor go on, or pause, as its policy says",
    cascade: "failures spread as the strategy says, and no further",
    ordering: "per-sender order holds under load, within one priority",
    causality: "no message overtakes its causes",
    replication: "replicas apply broadcasts in one order",
    overflow: "a full mailbox does what its policy says, and accounts for it",
    direct: "every message told is handled once",
    broadcast: "every actor of a type gets every broadcast",
    request_response: "every answer goes to who asked, in time or not at all",
    chain: "a request goes along a chain and back",
    workflow: "stages of concurrent work end one after the other",
    discovery: "actors are found by name and type while they live",
    guarantees: "a request repeated until confirmed takes effect once",
    breaking: "a circuit breaker opens, tries, and closes",
}

WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType(
    {
        **{
            main.__name__: Workload(name=main.__name__, claim=claim, main=main, judge=judge_observed)
            for main, claim in _OBSERVED.items()
        },
        "trial": Workload(
            name="trial", claim="everything at once, drawn by the seed", main=trial, judge=judge_all
        ),
    }
)
"""Every workload by its name."""
