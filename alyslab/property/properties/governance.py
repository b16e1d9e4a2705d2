"""Properties of votes, as far as the signatures go: the harness of a governance will be held to the same."""

from __future__ import annotations

from typing import Final

from alyslab.model.scheme import IdealScheme
from alyslab.property.generators.governance import Ballot, ballots
from alyslab.property.generators.signatures import Committee, handed_in
from alyslab.property.property import Features, Property, claim


def _features(ballot: Ballot) -> Features:
    return {
        "validators": len(ballot.validators),
        "votes": len(ballot.votes),
        "forged": sum(vote.forgery is not None for vote in ballot.votes),
        "kind": ballot.proposal.kind,
    }


def _counted(ballot: Ballot) -> None:
    """Collect signatures as a tally must, and hold what verifies against what was honestly cast in time."""
    scheme = IdealScheme()
    tally: dict[int, bool] = {}
    proposal = ballot.proposal
    for vote in ballot.votes:
        forged = () if vote.forgery is None else (vote.forgery,)
        word = proposal.content + bytes([vote.approve])
        item = handed_in(Committee(members=2, byzantine=forged, message=word), scheme)[0]
        in_time = proposal.created_height <= vote.height < proposal.created_height + proposal.period_blocks
        if in_time and scheme.verify(item.public_keys, item.message, item.signature):
            tally.setdefault(vote.validator, vote.approve)
    claim(tally == ballot.counted, f"signatures count {tally}, and {ballot.counted} were cast")


BALLOT_COUNTED: Final = Property(
    name="only honest votes count",
    claim="of late, repeated and forged votes none counts, and every honest one does",
    cases=ballots,
    check=_counted,
    source="the testing guide, Phase 4, any_governance_proposal",
    features=_features,
)
