"""Rows of a sync as a test wants them."""

from __future__ import annotations

from typing import Any

from alyslab.checkers.sync_log import SyncLog
from alyslab.checkers.verdict import Verdict
from alyslab.runtime.event import Event

NODE = "node-0"


def at(seconds: float, kind: str, subject: str = NODE, **fields: Any) -> Event:
    return Event(seq=0, time_ns=round(seconds * 1e9), kind=kind, subject=subject, fields=fields)


def truth(height: int) -> Event:
    return at(0, "sync.truth", "source", height=height, root=f"r{height}", state_root=f"s{height}")


WORLD = (
    at(0, "sync.member", "peer-0", role="source", behaviour="honest"),
    at(0, "sync.member", "peer-1", role="source", behaviour="honest"),
    at(0, "sync.member", NODE, role="syncing", behaviour="honest"),
    at(0, "sync.source", "source", height=100, root="r100"),
    *(truth(height) for height in range(10, 101, 10)),
    at(0, "sync.policy", batch_most=512, blacklist=3, checkpoints=10),
)


def log(*rows: Event) -> SyncLog:
    return SyncLog.read([*WORLD, *rows])


def failed(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.failed]


def imported(seconds: float, height: int, peer: str = "peer-0", count: int = 10) -> Event:
    return at(seconds, "sync.imported", peer=peer, count=count, height=height)


def done(seconds: float, height: int = 100, state_root: str = "") -> Event:
    roots = {"root": f"r{height}", "state_root": state_root or f"s{height}"}
    return at(seconds, "sync.done", height=height, **roots)


def result(seconds: float, failures: int, outcome: str = "timeout", peer: str = "peer-0") -> Event:
    return at(seconds, "sync.result", peer=peer, topic="status", outcome=outcome, failures=failures)


def blacklisted(seconds: float, peer: str = "peer-0") -> Event:
    return at(seconds, "sync.blacklisted", peer=peer, until_ns=round((seconds + 300) * 1e9))


def fault(seconds: float, kind: str) -> Event:
    return at(seconds, f"fault.{kind}", "world", fault="partition", nodes=(NODE,))
