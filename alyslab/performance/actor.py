"""What the actor system costs, as ratios to the plainest asyncio that does the same, in one run.

Everything is measured in CPU time of this process, candidates in turns, so
that a busy machine disturbs the ratios little.  Pykka and xoscar are measured
beside it where they are installed.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final

from alyslab.checkers.verdict import Check
from alyslab.harnesses.actor import Actor, ActorSpec, ActorSystem, MailboxPolicy
from alyslab.performance.actor_others import beside, memory_beside
from alyslab.performance.measure import Ratio, Timings
from alyslab.runtime import simulate
from alyslab.runtime.wall import measure

CAPACITY: Final = 1_000
"""Of every queue and mailbox here; Alys's default."""
BODY: Final = b"x" * 1_024
SEED: Final = 1
ISSUE: Final = "issue 3, numbers"

Program = Callable[..., Coroutine[Any, Any, float]]
"""Async function that returns the CPU seconds of what it measures, its set-up left out."""


class Sink(Actor):
    """Takes what comes."""

    async def receive(self, kind: str, body: Any) -> None:
        """Do nothing."""


class Echo(Actor):
    """Answers what it is asked."""

    async def receive(self, kind: str, body: Any) -> Any:  # noqa: ARG002
        """Return the body."""
        return body


def throughput_checks(*, messages: int = 100_000, rounds: int = 5) -> list[Check]:
    """Measure one actor against a bounded asyncio.Queue, on stock asyncio and in virtual time."""
    checks = []
    others = beside(messages=max(messages // 5, 1_000))
    for where, run in _PLACES.items():
        timings = _turns(
            {
                "queue": partial(run, _queue, messages=messages),
                "sequences": partial(run, _tell, messages=messages, recording="sequences"),
                "journal": partial(run, _tell, messages=messages, recording="messages"),
            },
            rounds,
        )
        for candidate, limit, what in (
            ("sequences", 1.0, "sequences tracked at the receiver"),
            ("journal", 1 / 3, "a row for each message"),
        ):
            ratio = timings.ratio(candidate, "queue")
            rate = messages / timings.median_s(candidate)
            note = f"{ratio}; {rate:,.0f} messages of 1 KiB a second, one core; {others}"
            checks.append(
                _ratio(f"one actor, {what}, to a bare queue, {where}", ratio, limit=limit, note=note)
            )
    return checks


def scaling_checks(
    *, messages_each: int = 1_000, actors: tuple[int, ...] = (1, 2, 4, 8, 16, 1_000)
) -> list[Check]:
    """Measure how the cost of one message changes with more actors at once; no limit was asked for."""
    seconds = {
        count: simulate_seconds(_tell_many, actors=count, messages=_share(messages_each, count))
        for count in actors
    }
    first = seconds[actors[0]] / messages_each
    checks = []
    for count in actors[1:]:
        total = count * _share(messages_each, count)
        ratio = first / (seconds[count] / total)
        point = Ratio(median=ratio, low=ratio, high=ratio)
        note = f"{total / seconds[count]:,.0f} messages a second in all, {total:,} messages"
        checks.append(
            _ratio(
                f"{count} actors at once, cost of a message to that of one actor's",
                point,
                limit=0.0,
                note=note,
            )
        )
    return checks


def ask_checks(*, asks: int = 20_000, rounds: int = 5) -> list[Check]:
    """Measure round trips against a bare future that is handed through an asyncio.Queue."""
    checks = []
    for where, run in _PLACES.items():
        timings = _turns(
            {
                "future": partial(run, _future, asks=asks),
                "ask": partial(run, _ask, asks=asks, recording="sequences"),
                "journal": partial(run, _ask, asks=asks, recording="messages"),
            },
            rounds,
        )
        ratio, full = timings.ratio("ask", "future"), timings.ratio("journal", "future")
        note = (
            f"{ratio}; {asks / timings.median_s('ask'):,.0f} round trips a second; with a full journal {full}"
        )
        checks.append(_ratio(f"ask, to a bare future through a queue, {where}", ratio, limit=0.6, note=note))
    return checks


def memory_checks(*, actors: int = 10_000) -> list[Check]:
    """Measure what an idle actor holds against a bare task with its queue, as Python counts its memory."""
    bare = asyncio.run(_bare_bytes(actors))
    ours = asyncio.run(measure(_actor_bytes, seed=SEED, actors=actors)).result
    return [
        Check(
            name=f"memory of an idle actor, of {actors:,}, to a bare task with its queue",
            observed=ours / bare,
            comparison="<=",
            limit=2.0,
            unit="ratio",
            source=ISSUE,
            note=f"{ours:,.0f} bytes, bare {bare:,.0f} bytes; {memory_beside()}",
        )
    ]


def all_checks() -> list[Check]:
    """Return every check of this file, in the size that the issue names."""
    return [*throughput_checks(), *scaling_checks(), *ask_checks(), *memory_checks()]


# --- programs ----------------------------------------------------------------------------------------


async def _queue(messages: int) -> float:
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


async def _tell(messages: int, recording: Any) -> float:
    async with ActorSystem(recording=recording) as system:
        mailbox = MailboxPolicy(capacity=CAPACITY)
        ref = await system.spawn(ActorSpec(name="sink", kind=Sink, mailbox=mailbox))
        started = time.process_time()
        for _ in range(messages):
            await ref.tell("work", BODY)
        await system.stop("sink")
        return time.process_time() - started


async def _tell_many(actors: int, messages: int) -> float:
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


async def _future(asks: int) -> float:
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


async def _ask(asks: int, recording: Any) -> float:
    async with ActorSystem(recording=recording) as system:
        ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
        started = time.process_time()
        for number in range(asks):
            await ref.ask("echo", number)
        return time.process_time() - started


async def _bare_bytes(actors: int) -> float:
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


async def _actor_bytes(actors: int) -> float:
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


# --- measuring ---------------------------------------------------------------------------------------


def simulate_seconds(program: Program, **parameters: Any) -> float:
    """Return what the program measures in virtual time, in which the CPU clock goes on as ever."""
    return float(simulate(program, seed=SEED, parameters=parameters).result)


def wall_seconds(program: Program, **parameters: Any) -> float:
    """Return what the program measures on stock asyncio."""
    return float(asyncio.run(measure(program, seed=SEED, **parameters)).result)


_PLACES: Final[Mapping[str, Callable[..., float]]] = {
    "on the wall clock": wall_seconds,
    "in virtual time": simulate_seconds,
}


def _turns(candidates: Mapping[str, Callable[[], float]], rounds: int) -> Timings:
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for counted in [False, *[True] * rounds]:
        for name, candidate in candidates.items():
            gc.collect()
            taken = candidate()
            if counted:
                seconds[name].append(taken)
    return Timings(seconds={name: tuple(values) for name, values in seconds.items()})


def _share(messages_each: int, actors: int) -> int:
    return messages_each if actors <= 16 else max(1, 16 * messages_each // actors)


def _ratio(name: str, ratio: Ratio, *, limit: float, note: str) -> Check:
    return Check(
        name=name, observed=ratio.median, comparison=">=", limit=limit, unit="ratio", source=ISSUE, note=note
    )
