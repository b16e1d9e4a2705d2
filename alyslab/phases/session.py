"""Who a session is: identities and wall time, which stand beside every journal and never in one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One use of the framework, from its making to its last shutdown."""

    id: str
    """What every log line of the session carries; new for each framework."""
    started_at: datetime
    """When the framework was made, in UTC."""
    seed: int
    """What all chance in the session's workloads comes from."""

    @classmethod
    def begin(cls, seed: int) -> Session:
        """Return a session that begins now, under an id that no other has."""
        return cls(id=uuid.uuid4().hex, started_at=datetime.now(UTC), seed=seed)

    def correlation(self, number: int) -> str:
        """Return the correlation id of the session's ``number``-th call."""
        return f"{self.id[:8]}-{number}"
