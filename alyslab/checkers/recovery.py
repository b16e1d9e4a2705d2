"""Recovery as it was observed: from each failure to the first health check answered after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alyslab.checkers.evidence import none_of
from alyslab.checkers.supervision_log import SupervisionLog, as_supervision
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.runtime import Journal

NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """One failure of one actor, and what came of it."""

    actor: str
    failed_ns: int
    error: str
    cause: str
    """How it came back: ``failed``, ``with …`` or ``tree``; empty if it did not."""
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
                    recovery_ms=(answer.time_ns - failed.time_ns) / NS_PER_MS if answer and began else None,
                    gave_up=began is None and any(e.fields["after"] == "stopping" for e in after),
                )
            )
    return sorted(found, key=lambda recovery: recovery.failed_ns)


def check_recovery(source: Journal | SupervisionLog, *, limit_ms: float, limit_source: str) -> Verdict:
    """Return whether every actor that failed and was not given up answered again within ``limit_ms``."""
    observed = [recovery for recovery in recoveries(source) if not recovery.gave_up]
    silent = [recovery for recovery in observed if recovery.recovery_ms is None]
    answered = [recovery.recovery_ms for recovery in observed if recovery.recovery_ms is not None]
    slowest = Check(
        name="a failed actor answers again in time",
        observed=max(answered) if answered else None,
        comparison="<=",
        limit=limit_ms,
        unit="ms",
        source=limit_source,
        note="" if answered else "no failed actor answered a health check",
    )
    back = none_of(
        "every actor that failed answers again",
        seen=len(observed),
        broken=len(silent),
        unit="failures",
        source="recovery is an answered health check",
        evidence=[{"actor": one.actor, "failed_ns": one.failed_ns, "error": one.error} for one in silent[:1]],
    )
    return Verdict((back, slowest))


def recovery_frame(found: Sequence[Recovery]) -> pd.DataFrame:
    """Return recoveries as a tidy table: a row each, a column for each field."""
    import pandas as pd

    columns = ["actor", "failed_ns", "error", "cause", "recovery_ms", "gave_up"]
    return pd.DataFrame([[getattr(one, name) for name in columns] for one in found], columns=columns)
