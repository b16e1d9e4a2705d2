"""What a simulated loop refuses because it would need the real world."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest

from alyslab.errors import IsolationError
from alyslab.runtime import simulate


def result(main, **options):
    return simulate(main, seed=options.pop("seed", 1), **options).result


def now() -> float:
    return asyncio.get_running_loop().time()


# --- what the real world would be needed for --------------------------------------------------------


async def _to_thread():
    await asyncio.to_thread(print)


async def _executor():
    await asyncio.get_running_loop().run_in_executor(None, print)


async def _connection():
    await asyncio.open_connection("localhost", 1)


async def _server():
    await asyncio.start_server(lambda *_: None, "localhost", 0)


async def _subprocess():
    await asyncio.create_subprocess_exec("true")


async def _shell():
    await asyncio.create_subprocess_shell("true")


async def _signal():
    asyncio.get_running_loop().add_signal_handler(2, print)


async def _name():
    await asyncio.get_running_loop().getaddrinfo("localhost", 1)


async def _threadsafe():
    asyncio.get_running_loop().call_soon_threadsafe(print)


async def _task_factory():
    asyncio.get_running_loop().set_task_factory(None)


async def _stop():
    asyncio.get_running_loop().stop()


@pytest.mark.parametrize(
    ("reach", "use"),
    [
        (_to_thread, "a coroutine in a task"),
        (_executor, "a coroutine in a task"),
        (_connection, "network handle"),
        (_server, "network handle"),
        (_name, "network handle"),
        (_subprocess, "the wall clock"),
        (_shell, "the wall clock"),
        (_signal, "the wall clock"),
        (_threadsafe, "a coroutine in a task"),
        (_task_factory, "create_task()"),
        (_stop, "simulate()"),
    ],
)
def test_what_needs_the_real_world_is_refused_with_what_to_use(reach, use):
    """A refusal must tell the way out."""
    with pytest.raises(IsolationError) as caught:
        simulate(reach, seed=1)
    assert use in caught.value.use
    assert use in str(caught.value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_event_loop_of_another_kind_is_refused():
    """It would need sockets to wake up; asyncio leaves the half-made one to the collector."""

    async def main():
        asyncio.new_event_loop()

    with pytest.raises(IsolationError, match="network handle"):
        simulate(main, seed=1)
    gc.collect()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_task_factory_is_refused():
    """Eager steps would run outside the schedule."""

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)

    with pytest.raises(IsolationError):
        simulate(main, seed=1)


def test_asyncio_run_within_a_run_is_refused_by_asyncio():
    """The simulated loop is a running loop like any other."""

    async def main():
        coroutine = asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="running event loop"):
            asyncio.run(coroutine)
        coroutine.close()
        loop = asyncio.get_running_loop()
        return loop.is_running(), loop.is_closed(), loop.get_debug()

    assert result(main) == (True, False, False)
