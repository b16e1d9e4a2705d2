"""The real world stays out of a run, and the run out of the real world."""

# Tasks left behind, and time passed on purpose.
# ruff: noqa: ASYNC110, RUF006

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import threading
import time
import types
import uuid
from contextlib import suppress

import numpy as np
import pytest

from alyslab.errors import IsolationError, StateError
from alyslab.runtime import current, simulate
from alyslab.runtime.virtual_time import EPOCH_S


def result(main, **options):
    return simulate(main, seed=options.pop("seed", 1), **options).result


# --- refused -------------------------------------------------------------------------------------


def _popen():
    subprocess.Popen(["true"])


def _spawned_process():
    multiprocessing.get_context("spawn").Process(target=print).start()


def _forked_process():
    multiprocessing.get_context("fork").Process(target=print).start()


def _fork():
    if os.fork() == 0:
        os._exit(0)


THREAD = "asyncio.create_task()"
NETWORK = "the node's network handle"
PROCESS = "a node, or the wall clock"


@pytest.mark.parametrize(
    ("reach", "use"),
    [
        (lambda: threading.Thread(target=print).start(), THREAD),
        (lambda: threading.Timer(0, print).start(), THREAD),
        (lambda: __import__("_thread").start_new_thread(print, ()), THREAD),
        (lambda: __import__("concurrent.futures").futures.ThreadPoolExecutor(1).submit(print), THREAD),
        (socket.socket, NETWORK),
        (lambda: socket.create_connection(("127.0.0.1", 9)), NETWORK),
        (lambda: socket.getaddrinfo("localhost", 1), NETWORK),
        (lambda: socket.gethostbyname("localhost"), NETWORK),
        (lambda: socket.gethostbyaddr("127.0.0.1"), NETWORK),
        (_popen, PROCESS),
        (lambda: os.system("true"), PROCESS),
        (lambda: os.popen("true").close(), PROCESS),
        (_fork, PROCESS),
        (lambda: os.posix_spawn("/bin/true", ["true"], {}), PROCESS),
        (_forked_process, PROCESS),
        (_spawned_process, PROCESS),
        (lambda: time.sleep(0.001), "await asyncio.sleep()"),
    ],
)
def test_real_world_is_refused_with_the_name_of_what_to_use(reach, use):
    """What slips through makes a run that can't be repeated; what is refused must say the way out."""

    async def main():
        reach()

    with pytest.raises(IsolationError) as caught:
        simulate(main, seed=1)
    assert use in caught.value.use
    assert caught.value.what in str(caught.value)
    # And it works again afterwards.
    threading.Thread(target=int).start()
    socket.socket().close()
    time.sleep(0)


# --- time ----------------------------------------------------------------------------------------


def test_functions_of_time_follow_virtual_time():
    """Library code that reads the time must see the run's."""

    async def main():
        await asyncio.sleep(90_061.5)
        return {
            "time": time.time() - EPOCH_S,
            "time_ns": (time.time_ns() - EPOCH_S * 10**9) / 1e9,
            "monotonic": time.monotonic(),
            "monotonic_ns": time.monotonic_ns() / 1e9,
            "perf_counter": time.perf_counter(),
            "perf_counter_ns": time.perf_counter_ns() / 1e9,
            "now_ns": current().now_ns / 1e9,
        }, (time.gmtime()[:6], time.gmtime(0)[:1], time.strftime("%Y-%m-%d", time.gmtime()))

    times, dates = result(main)
    assert times == dict.fromkeys(times, pytest.approx(90_061.5))
    assert dates == ((2026, 1, 2, 1, 1, 1), (1970,), "2026-01-02")


@pytest.mark.parametrize(
    "read",
    [
        lambda: time.ctime()[-4:],
        lambda: time.asctime()[-4:],
        lambda: time.strftime("%Y"),
        lambda: str(time.localtime()[0]),
    ],
)
def test_dates_are_virtual_too(read):
    """A report that prints today's date differs tomorrow."""

    async def main():
        await asyncio.sleep(400 * 86_400)
        return read()

    assert result(main) == "2027"


def test_system_clocks_are_virtual_or_refused():
    """``clock_gettime`` is how C-minded code reads the time."""

    async def main():
        return time.clock_gettime(time.CLOCK_REALTIME), time.clock_gettime_ns(time.CLOCK_MONOTONIC)

    with suppress(IsolationError):
        assert result(main) == (EPOCH_S, 0)


def test_time_of_other_threads_stays_real():
    """A kernel's heartbeat thread must not stop because a cell simulates."""
    readings, started = [], threading.Event()
    stop = threading.Event()

    def other():
        while not stop.is_set():
            readings.append(time.time())
            time.sleep(0.001)
            inner = threading.Thread(target=started.set)
            inner.start()
            inner.join()

    thread = threading.Thread(target=other)
    thread.start()

    async def main():
        before = len(readings)
        assert started.wait(10)
        await asyncio.sleep(1)
        while len(readings) < before + 3:
            await asyncio.sleep(1)
        return time.time()

    virtual = result(main)
    stop.set()
    thread.join()
    assert virtual > EPOCH_S
    assert abs(readings[-1] - time.time()) < 60
    assert readings == sorted(readings)


def test_names_imported_during_a_run_are_real_again_after_it():
    """A module first imported inside a run keeps what it found for the rest of the process."""
    module = types.ModuleType("imported_during_a_run")

    async def main():
        exec("from time import time, monotonic, perf_counter, sleep\nfrom os import urandom", vars(module))
        exec("from _thread import start_new_thread\nfrom asyncio import as_completed", vars(module))
        assert module.time() == EPOCH_S

    simulate(main, seed=1)
    assert abs(module.time() - time.time()) < 10
    assert module.perf_counter() != module.perf_counter()
    module.sleep(0)
    assert module.urandom(16) != module.urandom(16)
    ran = threading.Event()
    module.start_new_thread(ran.set, ())
    assert ran.wait(10)

    async def use():
        return [await each for each in module.as_completed([asyncio.sleep(0, 1)])]

    assert asyncio.run(use()) == [1]


# --- randomness ----------------------------------------------------------------------------------


def test_global_randomness_is_the_runs_and_is_given_back():
    """A run must neither depend on the process's generators nor disturb them."""

    async def main():
        random.shuffle(numbers := list(range(20)))
        return random.random(), numbers, float(np.random.random()), str(uuid.uuid4()), os.urandom(8)

    random.seed(3)
    np.random.seed(3)
    first = result(main)
    random.random(), np.random.random()
    states = random.getstate(), str(np.random.get_state())
    assert result(main) == first
    assert (random.getstate(), str(np.random.get_state())) == states
    assert result(main, seed=2) != first


def test_randomness_is_given_back_after_a_failure():
    """An exception is no excuse for changed numbers in the rest of a test session."""

    async def main():
        random.seed(0)
        np.random.seed(0)
        raise ValueError("on the way")

    states = random.getstate(), str(np.random.get_state())
    with pytest.raises(ValueError, match="on the way"):
        simulate(main, seed=1)
    assert (random.getstate(), str(np.random.get_state())) == states


# --- leaving no trace ----------------------------------------------------------------------------

WATCHED = [
    (
        time,
        (
            "time",
            "time_ns",
            "monotonic",
            "monotonic_ns",
            "perf_counter",
            "perf_counter_ns",
            "sleep",
            "localtime",
        ),
    ),
    (asyncio, ("as_completed", "all_tasks", "wait")),
    (asyncio.tasks, ("as_completed", "all_tasks", "wait")),
    (os, ("urandom",)),
    (threading, ("_start_new_thread", "_start_joinable_thread")),
    (__import__("_thread"), ("start_new_thread",)),
]


def _traces():
    functions = [getattr(module, name, None) for module, names in WATCHED for name in names]
    return (
        functions,
        asyncio._get_running_loop(),
        sys.get_asyncgen_hooks(),
        gc.isenabled(),
        gc.get_freeze_count(),
        current(),
    )


@pytest.mark.parametrize(
    "ending", [None, ValueError, KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit]
)
def test_process_is_as_before_whatever_ended_the_run(ending):
    """An interrupted cell must leave a kernel in which everything else works."""

    async def main():
        await asyncio.sleep(1)
        if ending is not None:
            raise ending

    before = _traces()
    if ending is None:
        simulate(main, seed=1)
    else:
        with pytest.raises(ending):
            simulate(main, seed=1)
    assert _traces() == before
    time.sleep(0)
    socket.socket().close()
    assert asyncio.run(asyncio.sleep(0, "works")) == "works"


@pytest.mark.parametrize("enabled", [True, False])
def test_collector_is_given_back_as_it_was(enabled):
    """Also when main plays with it."""

    async def main():
        assert not gc.isenabled()
        gc.enable()

    try:
        (gc.enable if enabled else gc.disable)()
        simulate(main, seed=1)
        assert gc.isenabled() == enabled
    finally:
        gc.enable()


def test_interrupt_in_main_still_lets_others_clean_up():
    """Ctrl-C in the middle of a run: ``finally`` blocks have files to close."""
    log = []

    async def work():
        try:
            await asyncio.sleep(100)
        finally:
            log.append(asyncio.get_running_loop().time())

    async def main():
        asyncio.create_task(work())
        await asyncio.sleep(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        simulate(main, seed=1)
    assert log == [1]
    assert not any("closing the simulation failed" in note for note in getattr(caught.value, "__notes__", ()))


# --- several at once -----------------------------------------------------------------------------


def test_second_thread_is_refused_while_a_simulation_runs():
    """Two at once would put each other's clocks and generators in place for good."""
    before = _traces()
    entered, leave, outcome = threading.Event(), threading.Event(), []

    async def holding():
        entered.set()
        leave.wait(10)

    async def quick():
        return 1

    def other():
        entered.wait(10)
        try:
            outcome.append(simulate(quick, seed=1).result)
        except StateError as error:
            outcome.append(str(error))
        finally:
            leave.set()

    thread = threading.Thread(target=other)
    thread.start()
    simulate(holding, seed=1)
    thread.join()
    assert outcome == [1] or "thread" in outcome[0]
    assert _traces() == before
    assert simulate(quick, seed=1).result == 1


def test_simulations_nest_and_keep_apart():
    """A checker inside a run may simulate a small model of its own."""

    async def inner():
        await asyncio.sleep(1)
        return current().now_ns, current().seed, time.time(), random.random()

    async def outer(nested):
        await asyncio.sleep(5)
        before = time.time()
        run = simulate(inner, seed=2) if nested else None
        await asyncio.sleep(1)
        tasks = {asyncio.create_task(asyncio.sleep(0)) for _ in range(5)}
        await asyncio.wait(tasks)
        return run and run.result, before, time.time(), current().seed, current().now_ns, random.random()

    async def plain():
        return await outer(nested=False)

    async def nesting():
        return await outer(nested=True)

    nested, alone = simulate(nesting, seed=1), simulate(plain, seed=1)
    assert nested.result[0] == simulate(inner, seed=2).result
    assert nested.result[0][:3] == (10**9, 2, EPOCH_S + 1)
    assert nested.result[1:] == alone.result[1:] == (EPOCH_S + 5, EPOCH_S + 6, 1, 6 * 10**9, alone.result[5])
    assert nested.choices_digest == alone.choices_digest
