"""First in, first out, from each sender to each receiver within one priority, as the receiver saw it.

Three ways to break it are told apart: a *gap* is a sequence number that the
receiver never saw and whose loss nobody accounts for, a *reordering* a message
that came after a later one, a *duplicate* one that came again.  Counting
begins at 1, so a first message with another number is one of the three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import breaking, neighbourhood, none_of
from alyslab.checkers.message_log import MessageLog, as_messages
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

SOURCE = "the testing guide, Phase 2, validate_fifo_ordering, counted at the receiver"


def check_fifo(source: Journal | MessageLog) -> Verdict:
    """Return whether each stream reached its receiver without gap, reordering or duplicate.

    Takes O(n log n).  A message that was dropped with a reason is no gap: the
    policy of the mailbox allowed it.
    """
    import numpy as np

    log = as_messages(source).final()
    if not len(log):
        return Verdict(
            tuple(
                none_of(name, seen=0, broken=0, source=SOURCE)
                for name in ("no gap in a stream", "no reordering in a stream", "no duplicate in a stream")
            )
        )
    stream = log.stream()
    order = np.argsort(stream, kind="stable")
    keys, sequences = stream[order], log.sequence[order]
    repeated = _repeated(keys, sequences)
    # A jump by more than any sequence at each new stream makes one running maximum serve them all.
    base = np.cumsum(np.concatenate(([0], keys[1:] != keys[:-1]))) * (int(sequences.max()) + 1)
    highest = np.maximum.accumulate(base + sequences)
    late = np.zeros(len(log), bool)
    late[1:] = (base + sequences)[1:] < highest[:-1]
    late &= ~repeated
    return Verdict(
        (
            _gaps(log, keys, sequences, order),
            breaking("no reordering in a stream", log, np.sort(order[late]), source=SOURCE),
            breaking("no duplicate in a stream", log, np.sort(order[repeated]), source=SOURCE),
        )
    )


def _repeated(keys: Any, sequences: Any) -> Any:
    """Return which entries, sorted by stream, repeat a sequence number of theirs that came before."""
    import numpy as np

    span = int(sequences.max()) + 1
    _, stream = np.unique(keys, return_inverse=True)
    _, first = np.unique(stream * span + sequences, return_index=True)
    repeated = np.ones(len(keys), bool)
    repeated[first] = False
    return repeated


def _gaps(log: MessageLog, keys: Any, sequences: Any, order: Any) -> Check:
    """Return the check that each number of a stream was seen, or dropped with a reason."""
    import numpy as np

    accounted = _dropped_by_stream(log)
    missing = 0
    earliest: tuple[int, int, int] | None = None  # journal row, place of the next message, missing number
    bounds = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1], [True])))
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        seen = sequences[begin:end]
        highest = int(seen.max())
        dropped = accounted.get(int(keys[begin]), set())
        if highest == end - begin and not dropped and highest == len(np.unique(seen)):
            continue
        lost = np.setdiff1d(np.arange(1, highest + 1), [*seen.tolist(), *dropped])
        missing += len(lost)
        if len(lost):
            following = begin + int(np.flatnonzero(seen > lost[0])[0])
            place = int(order[following])
            if earliest is None or int(log.row[place]) < earliest[0]:
                earliest = int(log.row[place]), place, int(lost[0])
    evidence: list[dict[str, Any]] = []
    note = ""
    if earliest is not None:
        _, place, number = earliest
        sender, receiver = log.names[int(log.sender[place])], log.names[int(log.receiver[place])]
        note = (
            f"earliest seen at {int(log.ended_ns[place]) / 1e9:.6f} s: {sender} → {receiver}, "
            f"sequence {number} never came"
        )
        evidence = neighbourhood(log, place)
        evidence[0]["missing_sequence"] = number
    return none_of(
        "no gap in a stream", seen=len(log), broken=missing, source=SOURCE, evidence=evidence, note=note
    )


def _dropped_by_stream(log: MessageLog) -> dict[int, set[int]]:
    """Return the sequence numbers that were dropped with a reason, by stream."""
    found: dict[int, set[int]] = {}
    if log.dropped is not None and len(log.dropped):
        streams, sequences = log.dropped.stream().tolist(), log.dropped.sequence.tolist()
        for stream, sequence in zip(streams, sequences, strict=True):
            found.setdefault(stream, set()).add(sequence)
    return found
