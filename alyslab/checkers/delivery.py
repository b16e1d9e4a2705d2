"""Message loss and repetition: which messages were lost, by whom it is admitted, and which came twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from alyslab.checkers.evidence import breaking, none_of
from alyslab.checkers.message_log import DONE, FAILED, MessageLog, as_messages
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

Guarantee = Literal["at_most_once", "at_least_once", "exactly_once"]
SOURCE = "delivery as senders count it and receivers see it"


def check_delivery(source: Journal | MessageLog, guarantee: Guarantee) -> Verdict:
    """Return whether every message was handled as often as the guarantee says.

    *Handled* means that its handler came to its end at the receiver.  At most
    once: no message was handled again.  At least once: every message that was
    sent was handled, and no drop excuses a loss.  Exactly once: both.
    """
    log = as_messages(source)
    checks = []
    if guarantee != "at_least_once":
        checks.append(_handled_once(log))
    if guarantee != "at_most_once":
        checks.append(_handled(log))
    return Verdict(tuple(checks))


def check_accounted(source: Journal | MessageLog) -> Verdict:
    """Return whether every message that was sent is accounted for: handled, failed, abandoned or dropped.

    A journal in which senders did not get to say how many they sent is
    inconclusive, because a message that vanishes leaves no other trace.
    """
    log = as_messages(source)
    vanished = lost_messages(log, excuse_drops=True)
    return Verdict(
        (
            none_of(
                "every message is accounted for by its receiver",
                seen=sum(log.sent.values()),
                broken=len(vanished),
                source=SOURCE,
                evidence=[_with_neighbours(log, lost) for lost in vanished[:1]],
                note=_which(vanished),
            ),
        )
    )


def check_attempts(journal: Journal, log: MessageLog | None = None) -> Verdict:
    """Return whether failed messages were handed over again as often as their actor's attempts say."""
    messages = log if log is not None else as_messages(journal)
    attempts = {event.subject: event.fields["attempts"] for event in journal.select(kind="actor.created")}
    tried: Counter[int] = Counter(messages.number.tolist())
    failed = (messages.outcome == FAILED).nonzero()[0].tolist()
    broken = [
        place
        for place in failed
        if tried[int(messages.number[place])] < attempts.get(messages.names[int(messages.receiver[place])], 1)
    ]
    name = "a message is given up only after its attempts"
    return Verdict((breaking(name, messages, broken, source=SOURCE, seen=len(failed)),))


def lost_messages(log: MessageLog, *, excuse_drops: bool) -> list[dict[str, Any]]:
    """Return exactly which messages were sent and not handled.

    With ``excuse_drops`` only those that vanished: neither handled, nor
    failed, nor dropped with a reason.
    """
    final = log.final()
    seen: dict[int, set[int]] = {}
    kept = final if excuse_drops else final.where(final.outcome == DONE)
    sources = [kept, *([log.dropped] if excuse_drops and log.dropped is not None else [])]
    for part in sources:
        for stream, sequence in zip(part.stream().tolist(), part.sequence.tolist(), strict=True):
            seen.setdefault(stream, set()).add(sequence)
    lost = []
    for (sender, receiver, priority), sent in sorted(log.sent.items()):
        stream = (sender * len(log.names) + receiver) * 8 + priority
        arrived = seen.get(stream, set())
        if len(arrived) < sent:
            names = {"sender": log.names[sender], "receiver": log.names[receiver], "priority": priority}
            lost += [
                {**names, "sequence": sequence} for sequence in range(1, sent + 1) if sequence not in arrived
            ]
    return lost


def _handled_once(log: MessageLog) -> Check:
    import numpy as np

    done = log.where(log.outcome == DONE) if len(log) else log
    repeated = np.ones(len(done), bool)
    if len(done):
        repeated[np.unique(done.number, return_index=True)[1]] = False
    return breaking("no message is handled twice", done, np.flatnonzero(repeated), source=SOURCE)


def _handled(log: MessageLog) -> Check:
    lost = lost_messages(log, excuse_drops=False)
    return none_of(
        "every message is handled",
        seen=sum(log.sent.values()),
        broken=len(lost),
        source=SOURCE,
        evidence=[_with_neighbours(log, message) for message in lost[:1]],
        note=_which(lost),
    )


def _with_neighbours(log: MessageLog, lost: dict[str, Any]) -> dict[str, Any]:
    """Return a lost message with when the one before it was sent: it was sent later."""
    codes = {name: code for code, name in enumerate(log.names)}
    stream = (codes[lost["sender"]] * len(codes) + codes[lost["receiver"]]) * 8 + lost["priority"]
    mask = (log.stream() == stream) & (log.sequence < lost["sequence"])
    before = [int(place) for place in mask.nonzero()[0]]
    return {**lost, "sent_after_ns": int(log.sent_ns[before[-1]]) if before else 0}


def _which(lost: list[dict[str, Any]]) -> str:
    shown = ", ".join(f"{one['sender']} → {one['receiver']} sequence {one['sequence']}" for one in lost[:10])
    return f"lost: {shown}{f' and {len(lost) - 10} more' if len(lost) > 10 else ''}" if lost else ""
