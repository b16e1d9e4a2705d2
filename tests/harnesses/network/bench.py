"""Small networks for tests: peers on perfect or given links, connected, with nothing running on them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from alyslab.harnesses.network.endpoint import Endpoint, Message
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.runtime import Run, require_current, simulate

MS = 1_000_000


class Bench:
    """Peers a, b, c, … all connected; what each gets is kept in ``got``."""

    def __init__(self, names: str = "ab", link: Any = None, *, joined: bool = True, **options: Any) -> None:
        self.runtime = require_current()
        self.network = Network(self.runtime, link=LinkSpec(delay_ms=10) if link is None else link, **options)
        self.got: dict[str, list[Message]] = {name: [] for name in names}
        self.ends: dict[str, Endpoint] = {}
        for name in names:
            self.ends[name] = self.network.endpoint(self.runtime.node(name))
            self.listen(name)
        if joined:
            for i, one in enumerate(names):
                for other in names[i + 1 :]:
                    self.network.join(one, other)

    def listen(self, name: str) -> None:
        self.ends[name].on_message(self.got[name].append)

    def payloads(self, name: str) -> list[bytes]:
        return [message.payload for message in self.got[name]]


def run(main: Callable[[], Coroutine[Any, Any, Any]], seed: int = 1, planted: Iterable[str] = ()) -> Run:
    """Simulate a function of a test."""
    return simulate(main, seed=seed, planted=planted)


def rows(run: Run, kind: str) -> list[dict[str, Any]]:
    """Return rows of a kind with time in ms and subject among their fields."""
    return [
        {"ms": event.time_ns / MS, "subject": event.subject, **event.fields}
        for event in run.journal.select(kind=kind)
    ]


def causes(run: Run) -> list[str]:
    """Return why messages were lost, in order."""
    return [event.fields["cause"] for event in run.journal.select(kind="net.drop")]
