from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from alyslab.harnesses.actor import ActorSpec, ActorSystem, fixed
from alyslab.harnesses.actor.adapter import ActorAdapter, RemoteActor
from alyslab.harnesses.actor.errors import ActorFailedError
from alyslab.runtime.wall import measure
from tests.harnesses.actor.actors import states

CHILD = """
import json, sys
total = json.loads(sys.stdin.readline())["saved"] or 0
for line in sys.stdin:
    asked = json.loads(line)
    if asked["kind"] == "crash":
        sys.exit(1)
    total += asked["body"]
    print(json.dumps({"answer": total, "state": total}), flush=True)
"""


class ChildProcess:
    """An actor in a process of its own: one JSON object a line, there and back."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._state: Any = None

    async def start(self, name: str, incarnation: int, saved: Any) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, stdin=pipe, stdout=pipe
        )
        self._state = saved
        await self._send({"saved": saved})

    async def handle(self, kind: str, body: Any) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        await self._send({"kind": kind, "body": body})
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the child is gone")
        said = json.loads(line)
        self._state = said["state"]
        return said["answer"]

    async def stop(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    def abandon(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def state(self) -> Any:
        return self._state

    def healthy(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _send(self, what: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        await self._process.stdin.drain()


async def with_child() -> list[Any]:
    async with ActorSystem(policy=fixed(10)) as system:
        ref = await system.spawn(ActorSpec(name="child", kind=RemoteActor, options={"connect": ChildProcess}))
        answers: list[Any] = [await ref.ask("add", 2), await ref.ask("add", 3)]
        try:
            await ref.ask("crash", 0)
        except ActorFailedError as error:
            answers.append(type(error.__cause__).__name__)
        answers.append(await ref.ask("add", 4))
    return answers


def test_an_actor_in_a_child_process_is_supervised_as_any_other() -> None:
    """Brokers and processes join later; the harness must not need to change for them."""
    run = asyncio.run(measure(with_child, seed=1))

    assert run.result == [2, 5, "ConnectionError", 9]
    assert states(run.journal, "child").count("initializing") == 1
    assert isinstance(ChildProcess(), ActorAdapter)
