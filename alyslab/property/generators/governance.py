"""Governance: validators, proposals and votes, as data that any harness can be driven with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.property.case import case
from alyslab.property.generators.signatures import Committee, Forgery, committees

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

KINDS: Final = ("parameter", "membership", "pegout", "upgrade")
"""What a proposal may be about."""
PERIOD_MAX_BLOCKS: Final = 1_000


@case
@dataclass(frozen=True, slots=True)
class Validator:
    """A member with a vote."""

    number: int = 0
    weight: int = 1


@case
@dataclass(frozen=True, slots=True)
class Proposal:
    """Something to decide."""

    number: int = 0
    proposer: int = 0
    """Place of the validator who made it."""
    kind: str = KINDS[0]
    content: bytes = b""
    created_height: int = 0
    period_blocks: int = 1
    """How long votes count, from its creation."""


@case
@dataclass(frozen=True, slots=True)
class Vote:
    """One validator's word on a proposal."""

    validator: int = 0
    approve: bool = True
    height: int = 0
    """When it is cast."""
    forgery: Forgery | None = None
    """How its signature is forged; None for an honest one."""


@case
@dataclass(frozen=True, slots=True)
class Ballot:
    """A proposal with its validators and their votes."""

    validators: tuple[Validator, ...] = (Validator(),)
    proposal: Proposal = Proposal()
    votes: tuple[Vote, ...] = ()

    @property
    def counted(self) -> dict[int, bool]:
        """The honest votes that came in time, the first of each validator: what any tally must come to."""
        first: dict[int, bool] = {}
        end = self.proposal.created_height + self.proposal.period_blocks
        for vote in self.votes:
            if vote.forgery is None and self.proposal.created_height <= vote.height < end:
                first.setdefault(vote.validator, vote.approve)
        return first


def validators(*, most: int = 9) -> SearchStrategy[tuple[Validator, ...]]:
    """Draw 1 to ``most`` validators with their weights; shrinks to one of weight 1."""
    from hypothesis import strategies as st

    weights = st.lists(st.integers(1, 10), min_size=1, max_size=most)
    return weights.map(lambda drawn: tuple(Validator(number, one) for number, one in enumerate(drawn)))


def proposals(*, proposers: int = 1) -> SearchStrategy[Proposal]:
    """Draw a proposal of one of ``proposers`` validators; shrinks to an empty one at height 0."""
    from hypothesis import strategies as st

    return st.builds(
        Proposal,
        number=st.integers(0, 100),
        proposer=st.integers(0, proposers - 1),
        kind=st.sampled_from(KINDS),
        content=st.binary(max_size=32),
        created_height=st.integers(0, 1_000),
        period_blocks=st.integers(1, PERIOD_MAX_BLOCKS),
    )


def ballots(*, most: int = 9, forged_ratio: float = 0.2) -> SearchStrategy[Ballot]:
    """Draw a proposal and votes on it: late ones, repeated ones, and forged ones; shrinks to no vote."""
    from hypothesis import strategies as st

    one_in = max(1, round(1 / forged_ratio)) if forged_ratio else 0

    def of(members: tuple[Validator, ...]) -> SearchStrategy[Ballot]:
        return proposals(proposers=len(members)).flatmap(
            lambda proposal: st.builds(
                Ballot,
                validators=st.just(members),
                proposal=st.just(proposal),
                votes=st.lists(votes(proposal, members, one_in), max_size=2 * len(members)).map(tuple),
            )
        )

    return validators(most=most).flatmap(of)


def votes(proposal: Proposal, members: tuple[Validator, ...], one_in: int = 5) -> SearchStrategy[Vote]:
    """Draw a vote, about one in ``one_in`` of them forged; shrinks to an honest yes at once."""
    from hypothesis import strategies as st

    forgeries = st.integers(0, max(one_in - 1, 0)).map(
        lambda drawn: Forgery() if one_in and drawn == one_in - 1 else None
    )
    return st.builds(
        Vote,
        validator=st.integers(0, len(members) - 1),
        approve=st.sampled_from((True, False)),
        height=st.integers(proposal.created_height, proposal.created_height + proposal.period_blocks + 10),
        forgery=forgeries,
    )


__all__ = [
    "Ballot",
    "Committee",
    "Proposal",
    "Validator",
    "Vote",
    "ballots",
    "committees",
    "proposals",
    "validators",
    "votes",
]
