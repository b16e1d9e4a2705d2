"""Peers, topologies, conditions of links, and partitions that come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.topology import Topology
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

RATIOS: Final = (0.0, 0.1, 0.5, 1.0)
"""Never, now and then, often, always."""


@case
@dataclass(frozen=True, slots=True)
class LinkPlan:
    """The conditions of every link of a network."""

    delay_ms: int = 0
    jitter_ms: int = 0
    loss_ratio: float = 0.0
    duplicate_ratio: float = 0.0
    reorder_ratio: float = 0.0
    corrupt_ratio: float = 0.0
    fifo: bool = True

    @property
    def spec(self) -> LinkSpec:
        """The conditions as the network takes them."""
        return LinkSpec(
            delay_ms=float(self.delay_ms),
            jitter_ms=float(self.jitter_ms),
            distribution="uniform" if self.jitter_ms else "constant",
            loss_ratio=self.loss_ratio,
            duplicate_ratio=self.duplicate_ratio,
            reorder_ratio=self.reorder_ratio,
            corrupt_ratio=self.corrupt_ratio,
            fifo=self.fifo and self.reorder_ratio == 0,
        )


@case
@dataclass(frozen=True, slots=True)
class CutPlan:
    """A partition: some peers can't reach the others for a while."""

    side: tuple[int, ...] = (0,)
    """The peers of one side."""
    start_ms: int = 0
    length_ms: int = 100
    one_way: bool = False


@case
@dataclass(frozen=True, slots=True)
class SendPlan:
    """One message over the network."""

    sender: int = 0
    receiver: int = 1
    at_ms: int = 0


@case
@dataclass(frozen=True, slots=True)
class NetworkScenario:
    """Peers that are all connected, what they send, and what the network does to it."""

    peers: int = 2
    sends: tuple[SendPlan, ...] = (SendPlan(),)
    link: LinkPlan = LinkPlan()
    cuts: tuple[CutPlan, ...] = ()


def peer_names(*, most: int = 8) -> SearchStrategy[tuple[str, ...]]:
    """Draw the names of 1 to ``most`` peers; shrinks to ``peer-0``."""
    from hypothesis import strategies as st

    return st.integers(1, most).map(lambda count: tuple(f"peer-{number}" for number in range(count)))


def topologies(*, least: int = 2, most: int = 8) -> SearchStrategy[Topology]:
    """Draw a connected network of ``least`` to ``most`` peers; shrinks to a star around peer 0.

    Every peer is linked to an earlier one, so that none is cut off; further links are drawn.
    """
    from hypothesis import strategies as st

    def linked(peers: int) -> SearchStrategy[Topology]:
        parents = st.tuples(*(st.integers(0, peer - 1) for peer in range(1, peers)))
        pairs = st.tuples(st.integers(0, peers - 1), st.integers(0, peers - 1))
        return st.builds(
            lambda tree, more: Topology(peers=peers, links=_links(tree, more)),
            parents,
            st.lists(pairs, max_size=peers),
        )

    return st.integers(least, most).flatmap(linked)


def _links(tree: tuple[int, ...], more: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    found = {(parent, child) for child, parent in enumerate(tree, 1)}
    found |= {(min(pair), max(pair)) for pair in more if pair[0] != pair[1]}
    return tuple(sorted(found))


def network_conditions() -> SearchStrategy[LinkPlan]:
    """Draw the conditions of a link; shrinks to one that delivers everything at once."""
    from hypothesis import strategies as st

    @st.composite
    def drawn(draw: st.DrawFn) -> LinkPlan:
        delay_ms = draw(st.sampled_from((0, 1, 20, 200)))
        return LinkPlan(
            delay_ms=delay_ms,
            jitter_ms=draw(st.sampled_from((0, delay_ms // 2, delay_ms))),
            loss_ratio=draw(st.sampled_from(RATIOS)),
            duplicate_ratio=draw(st.sampled_from(RATIOS)),
            reorder_ratio=draw(st.sampled_from(RATIOS)),
            corrupt_ratio=draw(st.sampled_from(RATIOS)),
            fifo=draw(st.sampled_from((True, False))),
        )

    return drawn()


def cuts(peers: int) -> SearchStrategy[CutPlan]:
    """Draw a partition of ``peers``, 2 or more; shrinks to peer 0 alone, at once, for 100 ms."""
    from hypothesis import strategies as st

    side = st.lists(st.integers(0, peers - 1), min_size=1, max_size=peers - 1, unique=True)
    return st.builds(
        CutPlan,
        side=side.map(lambda members: tuple(sorted(members))),
        start_ms=st.sampled_from((0, 50, 200)),
        length_ms=st.sampled_from((100, 300)),
        one_way=st.booleans(),
    )


def network_scenarios(*, peers_max: int = 4, sends_max: int = 15) -> SearchStrategy[NetworkScenario]:
    """Draw peers, messages, conditions and partitions; shrinks to one message over a perfect network."""
    from hypothesis import strategies as st

    def of(peers: int) -> SearchStrategy[NetworkScenario]:
        pairs = st.tuples(
            st.integers(0, peers - 1), st.integers(1, peers - 1), st.sampled_from((0, 10, 60, 250))
        )
        sends = pairs.map(lambda p: SendPlan(sender=p[0], receiver=(p[0] + p[1]) % peers, at_ms=p[2]))
        return st.builds(
            NetworkScenario,
            peers=st.just(peers),
            sends=st.lists(sends, min_size=1, max_size=sends_max).map(tuple),
            link=network_conditions(),
            cuts=st.lists(cuts(peers), max_size=2).map(tuple),
        )

    return st.integers(2, peers_max).flatmap(of)
