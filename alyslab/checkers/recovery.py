"""Recovery as it was observed: from each failure to the first health check answered after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alyslab.checkers.evidence import none_of
from alyslab.checkers.supervision_log import SupervisionLog, as_supervision
from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.runtime import Event, Journal

NS_PER_MS = 1_000_000
BETWEEN = ("restarting", "initializing")
"""States on the way from a failure to the next life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """One failure of one actor, and what came of it."""

    actor: str
    failed_ns: int
    error: str
    cause: str
    """How it came back: ``failed``, ``with …`` or ``tree``; empty if it did not."""
    came_back: bool
    """Whether its next life got as far as running, before it failed again or was stopped."""
    recovery_ms: float | None
    """From the failure to the first answered health check, in ms; None if there was none."""
    gave_up: bool
    """Whether the supervisor stopped it instead."""


def recoveries(source: Journal | SupervisionLog) -> list[Recovery]:
    """Return every failure in the order of time."""
    log = as_supervision(source)
    found = []
    for life in log.lives.values():
        answers = [event for event in log.answered if event.subject == life.name]
        errors = [event for event in log.failed if event.subject == life.name]
        for failed in life.entered("failed"):
            after = [event for event in life.states if event.seq > failed.seq]
            began = next((event for event in after if event.fields["after"] == "initializing"), None)
            answer = next((event for event in answers if event.seq > failed.seq), None)
            error = next((e for e in reversed(errors) if e.seq < failed.seq), None)
            found.append(
                Recovery(
                    actor=life.name,
                    failed_ns=failed.time_ns,
                    error=error.fields["error"] if error else "",
                    cause=began.fields["cause"] if began else "",
                    came_back=_came_back(after),
                    recovery_ms=(answer.time_ns - failed.time_ns) / NS_PER_MS if answer and began else None,
                    gave_up=began is None and any(e.fields["after"] == "stopping" for e in after),
                )
            )
    return sorted(found, key=lambda recovery: recovery.failed_ns)


def _came_back(after: Sequence[Event]) -> bool:
    """Return whether the states after a failure come to running before anything else ends the restart."""
    following = (event.fields["after"] for event in after)
    return next((state for state in following if state not in BETWEEN), "") == "running"


def check_recovery(source: Journal | SupervisionLog) -> Verdict:
    """Return whether every actor that came back after a failure answered a health check."""
    observed = [recovery for recovery in recoveries(source) if recovery.came_back]
    silent = [recovery for recovery in observed if recovery.recovery_ms is None]
    return Verdict(
        (
            none_of(
                "every actor that came back answers again",
                seen=len(observed),
                broken=len(silent),
                unit="failures",
                source="recovery is an answered health check",
                evidence=[
                    {"actor": one.actor, "failed_ns": one.failed_ns, "error": one.error} for one in silent[:1]
                ],
            ),
        )
    )


def recovery_frame(found: Sequence[Recovery]) -> pd.DataFrame:
    """Return recoveries as a tidy table: a row each, a column for each field."""
    import pandas as pd

    columns = ["actor", "failed_ns", "error", "cause", "came_back", "recovery_ms", "gave_up"]
    return pd.DataFrame([[getattr(one, name) for name in columns] for one in found], columns=columns)
