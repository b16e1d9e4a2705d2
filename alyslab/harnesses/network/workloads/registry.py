"""All workloads of the network by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from alyslab.checkers.broadcast import check_broadcast
from alyslab.checkers.gossip import check_compact, check_mesh
from alyslab.checkers.links import check_links
from alyslab.checkers.network import check_network
from alyslab.checkers.propagation import check_propagation
from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.network.gossip.study import flood, spread
from alyslab.harnesses.network.validation.maelstrom import TOPIC, broadcast
from alyslab.harnesses.network.validation.stable_latency import LATENCY_MS
from alyslab.harnesses.network.workloads.links import links
from alyslab.harnesses.network.workloads.trial import trial
from alyslab.harnesses.workload import Workload

if TYPE_CHECKING:
    from alyslab.runtime import Journal


def judge_links(journal: Journal) -> Verdict:
    """Hold the links' statistics against their closed forms, and what all networks promise."""
    return Verdict.of((check_links(journal).verdict, observed(check_network(journal))))


def judge_spread(journal: Journal) -> Verdict:
    """Hold gossip against its promises, with those of its protocol, and the network against its own."""
    verdicts = [check_propagation(journal).verdict, observed(check_network(journal))]
    protocol = next((event.fields["protocol"] for event in journal.select(kind="gossip.started")), None)
    if protocol == "mesh":
        verdicts.append(check_mesh(journal))
    elif protocol == "compact":
        verdicts.append(check_compact(journal))
    return Verdict.of(verdicts)


def judge_broadcast(journal: Journal) -> Verdict:
    """Hold Maelstrom's broadcast, whose links all take the same, against its closed forms."""
    return check_broadcast(journal, topic=TOPIC, latency_ms=LATENCY_MS)


def observed(verdict: Verdict) -> Verdict:
    """Keep the checks that had something to see: not every workload does everything."""
    return Verdict(tuple(check for check in verdict.checks if check.passed is not None))


WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType(
    {
        workload.name: workload
        for workload in (
            Workload(
                name="links",
                claim="links lose, delay, double, reorder and corrupt as their conditions say",
                main=links,
                judge=judge_links,
                strategy="fifo",
            ),
            Workload(
                name="trial",
                claim="rules, partitions, resets, crashes and changing links, all at once",
                main=trial,
                judge=check_network,
                strategy="fifo",
            ),
            Workload(
                name="flood",
                claim="a flood brings every block to every peer, at a known price",
                main=flood,
                judge=judge_spread,
                strategy="fifo",
            ),
            Workload(
                name="spread",
                claim="each kind of gossip brings every block to every peer",
                main=spread,
                judge=judge_spread,
                strategy="fifo",
            ),
            Workload(
                name="broadcast",
                claim="Maelstrom's broadcast brings every value to every node, at its exact price",
                main=broadcast,
                judge=judge_broadcast,
                strategy="fifo",
            ),
        )
    }
)
"""Every workload by its name."""
