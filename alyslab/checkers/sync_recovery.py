"""How long a node takes to be back: from a partition's end, and from a recovery from a checkpoint.

Source: alys-system.md §3, "Success": partition recovery within 60 s,
checkpoint recovery within 30 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alyslab.checkers.sync_log import SyncLog
from alyslab.checkers.verdict import Check, Verdict

PARTITION_S: Final = 60.0
CHECKPOINT_S: Final = 30.0
SOURCE: Final = "alys-system.md §3, Success"


def partition_recoveries(log: SyncLog) -> list[float | None]:
    """Return, for each partition of a node that was behind, the seconds until it imports; None: never."""
    found: list[float | None] = []
    for fault in log.faults:
        if fault.kind != "fault.end" or fault.fields["fault"] != "partition":
            continue
        for node, rows in log.nodes.items():
            if node not in fault.fields["nodes"]:
                continue
            before = [row for row in rows if row.time_ns <= fault.time_ns and row.kind.startswith("sync.")]
            state = next((r.fields["state"] for r in reversed(before) if r.kind == "sync.state"), "")
            if state == "synced":
                continue
            after = [
                row.time_ns
                for row in rows
                if row.kind in ("sync.imported", "sync.done") and row.time_ns > fault.time_ns
            ]
            found.append((after[0] - fault.time_ns) / 1e9 if after else None)
    return found


def checkpoint_recoveries(log: SyncLog) -> list[float | None]:
    """Return, for each recovery, the seconds from the doubt to the height had before; None: never."""
    found: list[float | None] = []
    for rows in log.nodes.values():
        height, doubted_ns = 0, 0
        waiting: list[tuple[int, int]] = []
        for row in rows:
            if row.kind == "sync.refused":
                doubted_ns = row.time_ns
            elif row.kind == "sync.checkpoint_recovered":
                waiting.append((doubted_ns or row.time_ns, height))
            elif row.kind == "sync.imported":
                height = row.fields["height"]
                for since_ns, goal in [one for one in waiting if height >= one[1]]:
                    waiting.remove((since_ns, goal))
                    found.append((row.time_ns - since_ns) / 1e9)
        found += [None] * len(waiting)
    return found


def back_from_partitions(log: SyncLog, within_s: float = PARTITION_S) -> Verdict:
    """Return whether blocks flowed again in time after every partition."""
    return _verdict("blocks flow again after a partition", partition_recoveries(log), within_s, log)


def back_from_checkpoints(log: SyncLog, within_s: float = CHECKPOINT_S) -> Verdict:
    """Return whether every recovery from a checkpoint was over in time."""
    return _verdict("a recovery from a checkpoint is over", checkpoint_recoveries(log), within_s, log)


def _verdict(what: str, times: Sequence[float | None], within_s: float, log: SyncLog) -> Verdict:
    """Hold the longest against its limit; what never ended counts with the length of the run."""
    worst = max((log.end_ns / 1e9 if one is None else one for one in times), default=None)
    never = sum(one is None for one in times)
    check = Check(
        name=f"{what} within {within_s:g} s",
        observed=worst,
        comparison="<=",
        limit=within_s,
        unit="s",
        source=SOURCE,
        note=f"{never} never" if never else "" if times else "nothing of the kind was observed",
    )
    return Verdict((check,))
