"""Traffic on a network in trouble: what peers say and ask while connections break and peers die."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.property.case import case
from alyslab.property.generators.network import LinkPlan, network_conditions

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from alyslab.harnesses.network.link import LinkSpec

TROUBLES: Final = ("cut", "rules", "reset", "crash", "reshape")
"""What may go wrong: two sides are cut off; two rules contradict each other; a connection is reset and opened
again; a peer hangs, dies and comes back; all links become faster."""
WAYS: Final = ("said", "asked", "ignored")
"""A message that wants no answer, a question, and a question that its receiver does not answer."""
NARROW: Final = {"rate_bps": 2e6, "limit_messages": 4}
"""A line on which a message takes some ms and more than a few do not wait."""
MOMENTS_MS: Final = (0, 30, 45, 60, 100, 300)

CLEAR: Final = LinkPlan()


@case
@dataclass(frozen=True, slots=True)
class TalkPlan:
    """What one peer sends to another one."""

    sender: int = 0
    receiver: int = 1
    at_ms: int = 0
    times: int = 1
    """How many messages, at one moment."""
    way: str = WAYS[0]


@case
@dataclass(frozen=True, slots=True)
class TroublePlan:
    """One thing that goes wrong, for a while."""

    what: str = TROUBLES[0]
    peer: int = 0
    at_ms: int = 50
    length_ms: int = 100


@case
@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """Peers that are all connected, what they say, and what goes wrong meanwhile."""

    peers: int = 2
    talks: tuple[TalkPlan, ...] = (TalkPlan(),)
    link: LinkPlan = CLEAR
    narrow: bool = False
    """Whether lines have little bandwidth and short queues."""
    troubles: tuple[TroublePlan, ...] = ()

    @property
    def spec(self) -> LinkSpec:
        """The conditions of every link."""
        return self.link.spec.changed(**NARROW) if self.narrow else self.link.spec


def trouble_plans(peers: int) -> SearchStrategy[TroublePlan]:
    """Draw one trouble of ``peers``; shrinks to peer 0 cut off after 50 ms."""
    from hypothesis import strategies as st

    return st.builds(
        TroublePlan,
        what=st.sampled_from(TROUBLES),
        peer=st.integers(0, peers - 1),
        at_ms=st.sampled_from((50, 10, 110, 250)),
        length_ms=st.sampled_from((100, 20, 400)),
    )


def traffic_plans(*, peers_max: int = 4, most: int = 12) -> SearchStrategy[TrafficPlan]:
    """Draw peers, up to ``most`` talks and three troubles; shrinks to one message and no trouble."""
    from hypothesis import strategies as st

    # Half of the links do nothing but delay: where chances are many, order and ends show less.
    clear = st.sampled_from((0, 20, 200)).map(lambda delay_ms: LinkPlan(delay_ms=delay_ms))

    def of(peers: int) -> SearchStrategy[TrafficPlan]:
        pairs = [(one, other) for one in range(peers) for other in range(peers) if one != other]
        talk = st.builds(
            lambda pair, at_ms, times, way: TalkPlan(pair[0], pair[1], at_ms, times, way),
            st.sampled_from(pairs),
            st.sampled_from(MOMENTS_MS),
            st.sampled_from((1, 3, 8)),
            st.sampled_from(WAYS),
        )
        return st.builds(
            TrafficPlan,
            peers=st.just(peers),
            talks=st.lists(talk, min_size=1, max_size=most).map(tuple),
            link=st.one_of(clear, network_conditions()),
            narrow=st.booleans(),
            troubles=st.lists(trouble_plans(peers), max_size=3).map(tuple),
        )

    return st.integers(2, peers_max).flatmap(of)
