"""Series of runs that show one thing: shapes side by side, kinds of gossip, the search for planted bugs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from alyslab.checkers.verdict import Check, Verdict
from alyslab.harnesses.network.defects import DEFECTS
from alyslab.harnesses.network.gossip import KINDS
from alyslab.harnesses.network.shapes import build
from alyslab.harnesses.network.topology import Topology
from alyslab.harnesses.network.workloads.registry import WORKLOADS
from alyslab.harnesses.workload import Outcome
from alyslab.runtime.randomness import Streams

GALLERY: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "full_mesh": {},
        "ring": {},
        "star": {"hubs": 3},
        "line": {},
        "grid": {},
        "tree": {},
        "random_regular": {"degree": 4},
        "erdos_renyi": {"link_ratio": 0.2},
        "small_world": {"degree": 4, "rewire_ratio": 0.15},
        "scale_free": {"links_each": 2},
        "regional": {"outbound": 2},
    }
)
"""A graph of each shape, dense enough to be connected."""

LINKS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "network.latency_ignores_correlation": ("correlated",),
        "network.loss_drawn_once": ("lossy",),
        "network.bursts_flattened": ("bursty",),
        "network.chances_halved": ("doubling", "corrupting", "reordering"),
    }
)
"""Defects that only a statistic can show, and the links in which it does; the trial shows the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """The search for one planted bug."""

    defect: str
    workload: str
    """Where it was looked for."""
    seeds_tried: int
    found_by: tuple[str, ...]
    """The checks that failed; empty if none did."""
    token: str
    """Replays the last run."""


def gallery(seed: int, *, peers: int = 25) -> dict[str, Topology]:
    """Return a graph of each shape, drawn from the seed."""
    streams = Streams(seed)
    return {
        shape: build(shape, peers=peers, random=streams.stream(f"gallery:{shape}"), **parameters)
        for shape, parameters in GALLERY.items()
    }


def by_kind(seed: int, **parameters: Any) -> dict[str, Outcome]:
    """Run the same blocks on the same network with each kind of gossip."""
    return {kind: WORKLOADS["spread"].run(seed, kind=kind, **parameters) for kind in KINDS}


def hunt(seed: int, *, seeds: int, seconds: int = 2, messages: int = 2_000) -> list[Hunt]:
    """Look for each planted bug of the network, each on up to ``seeds`` seeds."""
    return [_hunt(defect, seed, seeds=seeds, seconds=seconds, messages=messages) for defect in DEFECTS]


def clean(seed: int, *, seeds: int, seconds: int = 2) -> list[Outcome]:
    """Run trials with nothing planted: every alarm is a false one."""
    return [WORKLOADS["trial"].run((seed + number) % 2**63, seconds=seconds) for number in range(seeds)]


def summary(
    *,
    graphs: Mapping[str, Topology],
    links: Outcome,
    kinds: Mapping[str, Outcome],
    trials: Sequence[Outcome],
    hunts: Sequence[Hunt],
) -> Verdict:
    """Return one check for each claim about the network, with the first violations as evidence."""
    cut_off = [name for name, graph in graphs.items() if graph.unreachable()]
    missed = [each.defect for each in hunts if not each.found_by]
    alarms = [check for outcome in trials for check in outcome.verdict.failed]
    return Verdict(
        (
            _claim("every shape drawn is connected", cut_off, len(graphs), "graphs"),
            _claim(
                "links do what their conditions say",
                links.verdict.failed,
                len(links.verdict.checks),
                "statistics",
            ),
            *(
                _claim(
                    f"gossip by {kind} keeps its promises",
                    outcome.verdict.failed,
                    len(outcome.verdict.checks),
                    "promises",
                )
                for kind, outcome in kinds.items()
            ),
            _claim("nothing is found where nothing is planted", alarms, len(trials), "alarms"),
            _claim("every planted bug is found", missed, len(hunts), "bugs"),
        )
    )


def _claim(name: str, broken: Sequence[Check | str], seen: int, unit: str) -> Check:
    return Check(
        name=name,
        observed=len(broken) if seen else None,
        comparison="==",
        limit=0,
        unit=unit,
        source="issue 5; design.md, principle 6",
        evidence=tuple(each.as_dict() if isinstance(each, Check) else {"name": each} for each in broken[:3]),
        note=f"of {seen}" if seen else "nothing was looked at",
    )


def _hunt(defect: str, seed: int, *, seeds: int, seconds: int, messages: int) -> Hunt:
    workload: str = "trial"
    parameters: dict[str, Any] = {"seconds": seconds}
    if defect in LINKS_OF:
        workload, parameters = "links", {"messages": messages, "only": list(LINKS_OF[defect])}
    for number in range(seeds):
        outcome = WORKLOADS[workload].run((seed + number) % 2**63, planted=[defect], **parameters)
        found = tuple(check.name for check in outcome.verdict.failed)
        if found or number == seeds - 1:
            break
    return Hunt(
        defect=defect,
        workload=workload,
        seeds_tried=number + 1,
        found_by=found,
        token=outcome.run.token,
    )
