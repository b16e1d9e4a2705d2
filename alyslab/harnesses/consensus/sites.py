"""Places in a consensus node where a fault may plausibly fire; a sound node bears each of them."""

from __future__ import annotations

from typing import Final

from alyslab.runtime.sites import register_site

SLOT_LATE: Final = register_site("consensus.slot_late", "a slot's timer fires late, as on a busy machine")
SLOT_LATE_S: Final = 0.7
VOTE_LATE: Final = register_site(
    "consensus.vote_late", "a while passes between a vote's write and its sending"
)
VOTE_LATE_S: Final = 0.4
IMPORT_LATE: Final = register_site(
    "consensus.import_late", "the import of a block that has its quorum begins late"
)
IMPORT_LATE_S: Final = 0.3
BRANCH_NOT_FETCHED: Final = register_site(
    "consensus.branch_not_fetched", "a node gives up asking for a rival branch before it begins"
)
DIAL_LEFT_OUT: Final = register_site("consensus.dial_left_out", "a peer that is due is not dialled this time")
VOTES_UNREADABLE: Final = register_site(
    "consensus.votes_unreadable", "the disk refuses to read the votes at a start"
)
SITES: Final = (SLOT_LATE, VOTE_LATE, IMPORT_LATE, BRANCH_NOT_FETCHED, DIAL_LEFT_OUT, VOTES_UNREADABLE)
