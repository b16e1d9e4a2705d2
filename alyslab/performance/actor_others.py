"""The same work on Pykka and xoscar, to stand beside the actor system; nothing here is promised.

Both are measured in elapsed time, since Pykka works in threads and xoscar may
work in processes; so is the bare queue that they are held against.  Memory is
what the whole process grows by, since neither keeps all of it in Python objects.

The extra ``bench`` installs both; a note says of one that is missing how to get it.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import time
from typing import Any, Final

from alyslab.performance.actor_programs import BODY, CAPACITY, apart

MISSING: Final = "not installed (pip install 'alyslab[bench]')"
PYKKA_ACTORS: Final = 500
"""An actor of Pykka is a thread; ten thousand are more than most machines let a process have."""


def beside(*, messages: int = 20_000) -> str:
    """Return how Pykka's ``tell`` and xoscar's awaited call stand to a bare queue, as words for a note."""
    bare = messages / _elapsed_queue(messages)
    rates = {"Pykka's tell": _pykka(messages), "xoscar's awaited call": _xoscar(messages // 10)}
    said = [f"{name} {f'{rate / bare:.3f} of it' if rate else MISSING}" for name, rate in rates.items()]
    return f"beside, to a bare queue in elapsed time: {', '.join(said)}"


def memory_beside(*, actors: int = 10_000) -> str:
    """Return the bytes of an idle actor of each, as growth of this process's resident memory."""
    threads = min(actors, PYKKA_ACTORS)
    sizes = {
        f"Pykka, of {threads:,} since each is a thread,": _pykka_bytes(threads),
        f"xoscar, of {actors:,},": _xoscar_bytes(actors),
    }
    said = [f"{name} {MISSING if size is None else f'{size:,.0f} bytes'}" for name, size in sizes.items()]
    return f"beside, resident memory of an idle actor: {'; '.join(said)}"


def _elapsed_queue(messages: int) -> float:
    async def work() -> float:
        queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(CAPACITY)

        async def produce() -> None:
            for number in range(messages):
                await queue.put((number, BODY))

        async def consume() -> None:
            for _ in range(messages):
                await queue.get()

        started = time.perf_counter()
        await asyncio.gather(produce(), consume())
        return time.perf_counter() - started

    gc.collect()
    return apart(work)


def _pykka(messages: int) -> float | None:
    if importlib.util.find_spec("pykka") is None:
        return None
    pykka: Any = importlib.import_module("pykka")

    class Sink(pykka.ThreadingActor):  # type: ignore[misc]
        def on_receive(self, message: Any) -> Any:
            return message

    ref = Sink.start()
    try:
        started = time.perf_counter()
        for _ in range(messages):
            ref.tell(BODY)
        ref.ask(BODY)
        return messages / (time.perf_counter() - started)
    finally:
        ref.stop()


def _xoscar(messages: int) -> float | None:
    if importlib.util.find_spec("xoscar") is None:
        return None
    xoscar: Any = importlib.import_module("xoscar")

    class Sink(xoscar.Actor):  # type: ignore[misc]
        async def take(self, body: bytes) -> int:
            return len(body)

    async def work() -> float:
        pool = await xoscar.create_actor_pool("127.0.0.1", n_process=0)
        async with pool:
            ref = await xoscar.create_actor(Sink, address=pool.external_address, uid="sink")
            started = time.perf_counter()
            for _ in range(messages):
                await ref.take(BODY)
            return time.perf_counter() - started

    return messages / apart(work)


def _resident() -> int:
    import psutil

    gc.collect()
    return int(psutil.Process().memory_info().rss)


def _pykka_bytes(actors: int) -> float | None:
    if importlib.util.find_spec("pykka") is None:
        return None
    pykka: Any = importlib.import_module("pykka")
    before = _resident()
    refs = [pykka.ThreadingActor.start() for _ in range(actors)]
    grown = (_resident() - before) / actors
    for ref in refs:
        ref.stop()
    return grown


def _xoscar_bytes(actors: int) -> float | None:
    if importlib.util.find_spec("xoscar") is None:
        return None
    xoscar: Any = importlib.import_module("xoscar")

    async def work() -> float:
        pool = await xoscar.create_actor_pool("127.0.0.1", n_process=0)
        async with pool:
            before = _resident()
            address = pool.external_address
            refs = [
                await xoscar.create_actor(xoscar.Actor, address=address, uid=f"idle-{n}")
                for n in range(actors)
            ]
            return (_resident() - before) / len(refs)

    return apart(work)
