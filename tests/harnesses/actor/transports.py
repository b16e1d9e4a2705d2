"""Actors elsewhere: one in a child process over pipes, one behind a broker that publishes to topics."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from alyslab.harnesses.actor.conformance import tally
from alyslab.runtime import require_current

# Knows nothing of the laboratory: what it does with a message is what `tally` does.
CHILD = """
import json, sys
total = json.loads(sys.stdin.readline())["saved"] or 0
print(json.dumps({"up": True}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    kind = asked["kind"]
    if kind == "crash":
        sys.exit(1)
    if kind == "hang":
        continue
    total += (asked["body"] or 0) * (kind == "add")
    said = {"error": "told to fail"} if kind == "fail" else {"answer": total, "state": total}
    print(json.dumps(said), flush=True)
"""


class ChildProcess:
    """An actor in a process of its own: one JSON object a line, there and back."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._state: Any = None
        self._up = False

    async def start(self, name: str, incarnation: int, saved: Any) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, stdin=pipe, stdout=pipe
        )
        self._state = saved
        await self._ask({"saved": saved})
        self._up = True

    async def handle(self, kind: str, body: Any) -> Any:
        said = await self._ask({"kind": kind, "body": body})
        if "error" in said:
            raise RuntimeError(said["error"])
        self._state = said["state"]
        return said["answer"]

    async def stop(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._up = False
        self._process.stdin.close()
        await self._process.wait()

    def abandon(self) -> None:
        self._up = False
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def state(self) -> Any:
        return self._state

    def healthy(self) -> bool:
        return self._up

    async def _ask(self, what: Any) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the child is gone")
        return json.loads(line)


class Broker:
    """Carries payloads to whoever subscribed to their topic, each after a while, as an MQTT broker does."""

    def __init__(self) -> None:
        self._subscribers: dict[str, Callable[[bytes], None]] = {}

    def subscribe(self, topic: str, take: Callable[[bytes], None]) -> None:
        self._subscribers[topic] = take

    def unsubscribe(self, topic: str) -> None:
        self._subscribers.pop(topic, None)

    def publish(self, topic: str, payload: bytes) -> None:
        asyncio.get_running_loop().call_later(0.002, self._deliver, topic, payload)

    def _deliver(self, topic: str, payload: bytes) -> None:
        if topic in self._subscribers:
            self._subscribers[topic](payload)


class Behind:
    """An actor behind a broker; requests and answers find each other by a number."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._topic = ""
        self._state: Any = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._asked = 0

    async def start(self, name: str, incarnation: int, saved: Any) -> None:
        self._topic, self._state = f"actors/{name}/{incarnation}", saved
        self._broker.subscribe(f"{self._topic}/out", self._take)
        distant_counter(self._broker, self._topic, saved or 0)
        await self._ask("add", 0)

    async def handle(self, kind: str, body: Any) -> Any:
        said = await self._ask(kind, body)
        if "error" in said:
            raise RuntimeError(said["error"])
        self._state = said["answer"]
        return said["answer"]

    async def stop(self) -> None:
        self.abandon()

    def abandon(self) -> None:
        for way in ("in", "out"):
            self._broker.unsubscribe(f"{self._topic}/{way}")
        self._topic = ""

    def state(self) -> Any:
        return self._state

    def healthy(self) -> bool:
        return bool(self._topic)

    async def _ask(self, kind: str, body: Any) -> Any:
        self._asked = number = self._asked + 1
        self._waiting[number] = asyncio.get_running_loop().create_future()
        payload = {"number": number, "kind": kind, "body": body}
        self._broker.publish(f"{self._topic}/in", json.dumps(payload).encode())
        return await self._waiting[number]

    def _take(self, payload: bytes) -> None:
        said = json.loads(payload)
        answer = self._waiting.pop(said["number"])
        if not answer.done():
            answer.set_result(said)


def distant_counter(broker: Broker, topic: str, total: int) -> None:
    """Bring the far side of a topic up, which knows nothing but the broker."""
    totals = [total]

    def take(payload: bytes) -> None:
        asked = json.loads(payload)
        said: dict[str, Any] = {"number": asked["number"]}
        if asked["kind"] == "crash":
            broker.unsubscribe(f"{topic}/in")  # the broker says that it is gone, as a last will does
            said["error"] = "gone"
        elif asked["kind"] == "hang":
            return
        else:
            try:
                totals[0] = said["answer"] = tally(totals[0], asked["kind"], asked["body"])
            except ValueError as error:
                said["error"] = str(error)
        broker.publish(f"{topic}/out", json.dumps(said).encode())

    broker.subscribe(f"{topic}/in", take)
    require_current().journal.record("distant.up", topic, total=total)
