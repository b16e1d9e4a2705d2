"""All workloads by name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, Final

from alyslab.harnesses.actor.workloads import (
    communication,
    lifecycle,
    ordering,
    overflow,
    recovery,
    trial,
)
from alyslab.harnesses.actor.workloads.judging import judge_all, judge_observed
from alyslab.harnesses.actor.workloads.workload import Workload

_OBSERVED: Final[Mapping[Callable[..., Coroutine[Any, Any, Any]], str]] = {
    lifecycle.lifecycle: "actors start, work, and stop in the order of their dependencies",
    lifecycle.family: "children end with their parents, in each life",
    recovery.recovery: "an actor that fails comes back with its state, or is passed on",
    recovery.isolation: "siblings of a failed actor go on, or pause, as its policy says",
    recovery.cascade: "failures spread as the strategy says, and no further",
    ordering.ordering: "per-sender order holds under load, within one priority",
    ordering.causality: "no message overtakes its causes",
    ordering.replication: "replicas apply broadcasts in one order",
    overflow.overflow: "a full mailbox does what its policy says, and accounts for it",
    communication.direct: "every message told is handled once",
    communication.broadcast: "every actor of a type gets every broadcast",
    communication.request_response: "every answer goes to who asked, in time or not at all",
    communication.chain: "a request goes along a chain and back",
    communication.workflow: "stages of concurrent work end one after the other",
    communication.discovery: "actors are found by name and type while they live",
    communication.guarantees: "a request repeated until confirmed takes effect once",
    communication.breaking: "a circuit breaker opens, tries, and closes",
}

WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType(
    {
        **{
            main.__name__: Workload(name=main.__name__, claim=claim, main=main, judge=judge_observed)
            for main, claim in _OBSERVED.items()
        },
        "trial": Workload(
            name="trial", claim="everything at once, drawn by the seed", main=trial.trial, judge=judge_all
        ),
    }
)
"""Every workload by its name."""
