from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import pytest

from alyslab.errors import HarnessError
from alyslab.harnesses.harness import Harness
from alyslab.harnesses.interpreters import Interpreters, idle
from alyslab.runtime import simulate

IDLE = "alyslab.harnesses.interpreters:idle"


def children() -> int:
    import psutil

    return len(psutil.Process().children())


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Is set when a process has been started."""
    event = asyncio.Event()
    start = asyncio.create_subprocess_exec

    async def start_and_tell(*args: Any, **options: Any) -> asyncio.subprocess.Process:
        process = await start(*args, **options)
        event.set()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start_and_tell)
    return event


def test_a_fresh_interpreter_agrees_on_the_digest_and_not_on_hashes() -> None:
    """Agreement between processes that hash alike would show nothing."""
    here = simulate(idle, seed=5, parameters={"events": 4})

    async def main() -> None:
        harness = Interpreters()
        await harness.initialize()
        try:
            there = await harness.fingerprint(IDLE, seed=5, parameters={"events": 4}, hash_seed=3)
            ready = await harness.probe()
        finally:
            await harness.shutdown()
        assert isinstance(harness, Harness)
        assert there.digest == here.digest
        assert there.hash_seed == "3"
        assert there.text_hash != hash("alyslab")
        assert ready.status == "pass"

    asyncio.run(main())


def test_a_process_that_fails_is_a_harness_error_with_its_last_words() -> None:
    """Without them, the only trace of what went wrong ends with the process."""

    async def main() -> None:
        await Interpreters().fingerprint("alyslab.nowhere:main", seed=5, parameters={}, hash_seed=1)

    with pytest.raises(HarnessError, match=r"ended with 2: .*nowhere"):
        asyncio.run(main())


def test_a_shutdown_kills_what_still_runs(started: asyncio.Event) -> None:
    """A session that ends in the middle must leave no process behind."""

    async def main() -> None:
        harness = Interpreters()
        work = asyncio.create_task(
            harness.fingerprint(IDLE, seed=5, parameters={"events": 10**9}, hash_seed=1)
        )
        await started.wait()
        assert children() == 1
        await harness.shutdown()
        with pytest.raises(HarnessError):
            await work
        assert children() == 0

    asyncio.run(main())


def test_a_cancelled_question_kills_its_process(started: asyncio.Event) -> None:
    """A phase that takes too long is cancelled, and its processes with it."""

    async def main() -> None:
        work = asyncio.create_task(
            Interpreters().fingerprint(IDLE, seed=5, parameters={"events": 10**9}, hash_seed=1)
        )
        await started.wait()
        assert children() == 1
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert children() == 0

    asyncio.run(main())


def test_a_python_without_an_interpreter_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded Python has no executable; the error must come before the phase does."""
    monkeypatch.setattr(sys, "executable", "")

    with pytest.raises(HarnessError, match=r"sys\.executable"):
        asyncio.run(Interpreters().initialize())


def test_the_package_is_found_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """Notebooks run elsewhere than in the checkout, which need not be installed."""
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("PYTHONPATH", raising=False)

    async def main() -> str:
        seen = await Interpreters().fingerprint(IDLE, seed=5, parameters={"events": 1}, hash_seed=1)
        return seen.hash_seed

    assert asyncio.run(main()) == "1"
    assert "PYTHONPATH" not in os.environ
