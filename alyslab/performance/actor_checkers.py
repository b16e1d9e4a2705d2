"""How long the ordering checkers take for a million messages, and how many seeds a planted bug takes."""

from __future__ import annotations

import time
from typing import Any, Final

from alyslab.checkers.causal import CausalLog, check_causal
from alyslab.checkers.fifo import check_fifo
from alyslab.checkers.mailboxes import check_exclusive, check_priority
from alyslab.checkers.message_log import MessageLog
from alyslab.checkers.total_order import check_total_order
from alyslab.checkers.verdict import Check
from alyslab.harnesses.actor.defects import DEFECTS
from alyslab.harnesses.actor.message import Priority
from alyslab.harnesses.actor.tracking import Tracker
from alyslab.harnesses.actor.workloads import WORKLOADS
from alyslab.harnesses.detection import search_all
from alyslab.runtime import Journal

ISSUE: Final = "issue 3"
PARTICIPANTS: Final = 8


def checker_checks(*, messages: int = 1_000_000) -> list[Check]:
    """Judge a sound log of many messages with each checker, in CPU seconds."""
    log, causal, orders = _sound(messages)
    reading, read = _from_a_journal(messages)
    candidates: dict[str, Any] = {
        "FIFO": lambda: check_fifo(log),
        "FIFO, from a journal's rows,": lambda: check_fifo(read),
        "causal order": lambda: check_causal(causal),
        "total order": lambda: check_total_order(orders),
        "one in hand": lambda: check_exclusive(log),
        "priority": lambda: check_priority(log),
    }
    checks = []
    for name, judge in candidates.items():
        started = time.process_time()
        judge()
        seconds = time.process_time() - started
        checks.append(
            Check(
                name=f"{name} of {messages:,} messages",
                observed=seconds,
                comparison="<",
                limit=2.0,
                unit="s",
                source=ISSUE,
                note=f"CPU time, from columns; reading a journal into them {reading:.2f} s",
            )
        )
    return checks


def detection_checks(*, searches: int = 5) -> list[Check]:
    """Search for each planted bug, several times from seeds of their own."""
    return [
        Check(
            name=f"median seeds to find {found.defect}",
            observed=found.median_seeds,
            comparison="<=",
            limit=200,
            unit="seeds",
            source=ISSUE,
            note=f"searches took {found.seeds}; found by: {', '.join(found.checks)}",
        )
        for found in search_all(WORKLOADS["trial"], DEFECTS, searches=searches)
    ]


class _Stopped:
    now_ns = 0


def _from_a_journal(messages: int) -> tuple[float, MessageLog]:
    """Write rows as receivers do, and read them; returns the CPU seconds of reading, and the messages."""
    journal = Journal(_Stopped())
    write = Tracker.writer(journal)
    for place in range(messages):
        sender, sequence, at_ns = f"actor-{place % PARTICIPANTS}", place // PARTICIPANTS + 1, place * 10
        row = (place + 1, "work", sender, sequence, int(Priority.NORMAL), at_ns, at_ns, at_ns, "done")
        write(at_ns + 5, "goal", row)
    started = time.process_time()
    log = MessageLog.read(journal)
    return time.process_time() - started, log


def _sound(messages: int) -> tuple[MessageLog, CausalLog, dict[str, Any]]:
    import numpy as np

    place = np.arange(messages)
    sender = place % PARTICIPANTS
    sequence = place // PARTICIPANTS + 1
    names = tuple(f"actor-{number}" for number in range(PARTICIPANTS + 1))
    log = MessageLog.of(
        names,
        sender=sender,
        receiver=np.full(messages, PARTICIPANTS),
        sequence=sequence,
        priority=np.full(messages, 2),
        queued_ns=place * 10,
        started_ns=place * 10,
        ended_ns=place * 10 + 5,
    )
    # Everybody has heard of everything that was sent before.
    stamps = (place[:, None] - np.arange(PARTICIPANTS)[None, :]) // PARTICIPANTS + 1
    causal = CausalLog(log, stamps, stamps, [()] * messages, (*range(PARTICIPANTS), -1))
    return log, causal, {f"replica-{number}": place[number::2] for number in range(2)} | {"all": place}
