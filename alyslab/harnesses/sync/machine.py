"""The state that a syncer is in, and what the journal is told of each change."""

from __future__ import annotations

from alyslab.harnesses.sync.claims import Claims
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.scores import Tell
from alyslab.harnesses.sync.states import SyncState, require_transition


class Machine:
    """The present state of one syncer, idle at first.

    Parameters
    ----------
    ledger, claims
        What is told with each change: the own head, and what peers claim.
    tell
        Records a row of the journal.
    """

    def __init__(self, ledger: Ledger, claims: Claims, tell: Tell) -> None:
        self.state = SyncState.IDLE
        self._ledger = ledger
        self._claims = claims
        self._tell = tell

    @property
    def target(self) -> int:
        """The highest height that is known to exist."""
        return max(self._claims.target(), self._ledger.height)

    def enter(self, state: SyncState, reason: str) -> None:
        """Change the state and say why; raises :class:`TransitionError` for a change that may not be."""
        require_transition(self.state, state)
        previous, self.state = self.state, state
        ledger = self._ledger
        height = ledger.height
        self._tell(
            "sync.state",
            state=str(state),
            previous=str(previous),
            reason=reason,
            height=height,
            target=self.target,
        )
        if state is SyncState.SYNCED:
            self._tell(
                "sync.done",
                height=height,
                root=ledger.store.head_root.hex(),
                state_root=ledger.state_root.hex(),
                answered=len(self._claims.answered()),
                known=len(self._claims.known),
            )
