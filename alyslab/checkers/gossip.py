"""What single protocols of gossip promise beside what all do: the mesh, and compact blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.checkers.link_statistic import SIGMAS, share_score
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

D_HIGH: Final = 12
"""Largest mesh of a peer; gossipsub v1.0, D_high."""
FAILURE_RATIOS: Final = {True: 0.27, False: 0.13}
"""How often something is missing, by whether a peer comes and goes; SimBlock, CBR_FAILURE_RATE_FOR_*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GossipCost:
    """What gossip costs, for each block."""

    messages: float
    """Messages that were handled, those that only announce or ask included."""
    bodies: float
    """Of these, messages that carried a block or what of it was missing."""
    megabytes: float
    """Bytes that senders' lines had to carry, in units of 10^6."""
    duplicates: float
    """Receipts of a block by peers that had it."""


def gossip_cost(journal: Journal) -> GossipCost | None:
    """Count what gossip cost in a journal; None where no block was produced."""
    blocks = sum(1 for _ in journal.select(kind="gossip.produced"))
    if not blocks:
        return None
    sent = [
        event for event in journal.select(kind="net.message") if event.fields["topic"].startswith("gossip.")
    ]
    received = list(journal.select(kind="gossip.received"))
    bodies = sum(event.fields["topic"] in ("gossip.block", "gossip.compact") for event in sent)
    return GossipCost(
        messages=len(sent) / blocks,
        bodies=bodies / blocks,
        megabytes=sum(event.fields["bytes"] for event in sent) / 1e6 / blocks,
        duplicates=sum(event.fields["duplicate"] for event in received) / blocks,
    )


def check_mesh(journal: Journal) -> Verdict:
    """Hold the meshes of a run against gossipsub's promises: not too large, and others hear of blocks too."""
    meshes = list(journal.select(kind="gossip.mesh"))
    told = sum(event.fields["topic"] == "gossip.have" for event in journal.select(kind="net.message"))
    outside = any(event.fields["neighbours"] > event.fields["size"] for event in meshes)
    largest = max(meshes, key=lambda event: int(event.fields["size"]), default=None)
    return Verdict(
        (
            Check(
                name="no mesh is larger than D_high",
                observed=None if largest is None else largest.fields["size"],
                comparison="<=",
                limit=D_HIGH,
                unit="peers",
                source="gossipsub v1.0, mesh maintenance",
                evidence=() if largest is None or largest.fields["size"] <= D_HIGH else (largest.as_dict(),),
            ),
            Check(
                name="peers outside a mesh are told of blocks",
                observed=told if outside else None,
                comparison=">",
                limit=0,
                unit="messages",
                source="gossipsub v1.0, gossip emission",
                note="" if outside else "every neighbour was in every mesh",
            ),
        )
    )


def check_compact(journal: Journal) -> Verdict:
    """Hold how often compact blocks were whole against the measured ratios."""
    peers = {event.subject: event for event in journal.select(kind="gossip.compact_peer")}
    rebuilt = list(journal.select(kind="gossip.rebuilt"))
    return Verdict(tuple(_failures(peers, rebuilt, churn) for churn in (True, False)))


def _failures(peers: dict[str, Event], rebuilt: list[Event], churn: bool) -> Check:
    seen = [event for event in rebuilt if peers[event.subject].fields["churn"] == churn]
    failed = sum(not event.fields["whole"] for event in seen)
    who = "that come and go" if churn else "that stay"
    return _near(f"compact blocks incomplete at peers {who}", failed, len(seen), FAILURE_RATIOS[churn])


def _near(name: str, hits: int, n: int, ratio: float) -> Check:
    """Hold a share against its expectation, by its likelihood, in standard deviations."""
    return Check(
        name=name,
        observed=round(abs(share_score(hits / n, ratio, n)), 3) if n else None,
        comparison="<=",
        limit=SIGMAS,
        unit="standard deviations",
        source="SimBlock, commit 5fc7f9f, SimulationConfiguration.java",
        note=f"observed {hits} of {n}, expected {ratio:.1%}" if n else "there were none",
    )
