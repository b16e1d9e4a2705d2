"""The programs that are timed: actors, and the plainest asyncio that does the same.

Each returns the CPU seconds of what it measures, its set-up left out, or bytes.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from alyslab.harnesses.actor import Actor, ActorSpec, ActorSystem, MailboxPolicy

T = TypeVar("T")
CAPACITY: Final = 1_000
"""Of every queue and mailbox here; Alys's default."""
BODY: Final = b"x" * 1_024


def apart(program: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a program on an event loop in a thread of its own: a notebook's loop runs in this one already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(program())).result()


class Sink(Actor):
    """Takes what comes."""

    async def receive(self, kind: str, body: Any) -> None:
        """Do nothing."""


class Echo(Actor):
    """Answers what it is asked."""

    async def receive(self, kind: str, body: Any) -> Any:  # noqa: ARG002
        """Return the body."""
        return body


async def queue(messages: int) -> float:
    """Hand messages through a bare bounded queue."""
    queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(CAPACITY)

    async def produce() -> None:
        for number in range(messages):
            await queue.put((number, BODY))

    async def consume() -> None:
        for _ in range(messages):
            await queue.get()

    started = time.process_time()
    await asyncio.gather(produce(), consume())
    return time.process_time() - started


async def tell(messages: int, recording: Any) -> float:
    """Tell one actor so many messages and wait until it has handled them."""
    async with ActorSystem(recording=recording) as system:
        mailbox = MailboxPolicy(capacity=CAPACITY)
        ref = await system.spawn(ActorSpec(name="sink", kind=Sink, mailbox=mailbox))
        started = time.process_time()
        for _ in range(messages):
            await ref.tell("work", BODY)
        await system.stop("sink")
        return time.process_time() - started


async def tell_many(actors: int, messages: int) -> float:
    """Tell so many actors at once, each from a sender of its own."""
    async with ActorSystem() as system:
        refs = [await system.spawn(ActorSpec(name=f"sink-{n}", kind=Sink)) for n in range(actors)]

        async def produce(ref: Any) -> None:
            for _ in range(messages):
                await ref.tell("work", BODY)

        started = time.process_time()
        await asyncio.gather(*(produce(ref) for ref in refs))
        for number in range(actors):
            await system.stop(f"sink-{number}")
        return time.process_time() - started


async def future(asks: int) -> float:
    """Hand a bare future through a bare queue and await it, again and again."""
    queue: asyncio.Queue[tuple[Any, asyncio.Future[Any]]] = asyncio.Queue(CAPACITY)
    loop = asyncio.get_running_loop()

    async def serve() -> None:
        while True:
            body, future = await queue.get()
            future.set_result(body)

    server = asyncio.create_task(serve())
    started = time.process_time()
    for number in range(asks):
        future: asyncio.Future[Any] = loop.create_future()
        await queue.put((number, future))
        await future
    seconds = time.process_time() - started
    server.cancel()
    return seconds


async def ask(asks: int, recording: Any) -> float:
    """Ask one actor again and again."""
    async with ActorSystem(recording=recording) as system:
        ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
        started = time.process_time()
        for number in range(asks):
            await ref.ask("echo", number)
        return time.process_time() - started


async def bare_bytes(actors: int) -> float:
    """Return the bytes of a bare idle task with its queue."""

    async def idle(queue: asyncio.Queue[Any]) -> None:
        while True:
            await queue.get()

    async def start() -> list[Any]:
        queues = [asyncio.Queue[Any](CAPACITY) for _ in range(actors)]
        tasks = [asyncio.create_task(idle(queue)) for queue in queues]
        await asyncio.sleep(0)
        return [queues, tasks]

    held, size = await _bytes_of(start)
    for task in held[1]:
        task.cancel()
    await asyncio.gather(*held[1], return_exceptions=True)
    return size / actors


async def actor_bytes(actors: int) -> float:
    """Return the bytes of an idle actor, as Python counts its memory."""
    async with ActorSystem(recording="sequences") as system:

        async def start() -> list[Any]:
            for number in range(actors):
                await system.spawn(ActorSpec(name=f"idle-{number}", kind=Sink))
            return []

        _, size = await _bytes_of(start)
        return size / actors


async def _bytes_of(start: Callable[[], Awaitable[list[Any]]]) -> tuple[list[Any], int]:
    import tracemalloc

    gc.collect()
    tracemalloc.start()
    try:
        held = await start()
        gc.collect()
        return held, tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
