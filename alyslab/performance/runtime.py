"""What the runtime costs: its loop against stock asyncio and detangle, a journal's row, an import.

The three programs of the loop are those that asyncio programs are made of: two
tasks that hand a value back and forth, a hundred that sleep, a thousand in a
ring.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from alyslab.checkers.verdict import Check
from alyslab.performance.measure import take_turns
from alyslab.runtime import Journal, simulate

Program = Callable[..., Coroutine[Any, Any, None]]


async def ping_pong(rounds: int = 20_000) -> None:
    """Hand a value back and forth between two tasks over two queues; two steps a round."""
    there: asyncio.Queue[int] = asyncio.Queue()
    back: asyncio.Queue[int] = asyncio.Queue()

    async def ping() -> None:
        for number in range(rounds):
            await there.put(number)
            await back.get()

    async def pong() -> None:
        for _ in range(rounds):
            await back.put(await there.get())

    await asyncio.gather(ping(), pong())


async def sleepers(tasks: int = 100, naps: int = 200) -> None:
    """Let tasks sleep a few microseconds, again and again, so that some are always due."""

    async def sleeper(number: int) -> None:
        for _ in range(naps):
            await asyncio.sleep(1e-6 * (number % 7 + 1))

    await asyncio.gather(*(sleeper(number) for number in range(tasks)))


async def ring(tasks: int = 1_000, rounds: int = 20) -> None:
    """Pass a value around a ring of tasks."""
    queues: list[asyncio.Queue[int]] = [asyncio.Queue() for _ in range(tasks)]

    async def member(number: int) -> None:
        for _ in range(rounds):
            await queues[(number + 1) % tasks].put(await queues[number].get())

    members = [asyncio.ensure_future(member(number)) for number in range(tasks)]
    await queues[0].put(1)
    await asyncio.gather(*members)


PROGRAMS: tuple[Program, ...] = (ping_pong, sleepers, ring)


def loop_checks(rounds: int = 9) -> list[Check]:
    """Measure the loop, digest on, against stock asyncio and detangle 0.1.0."""
    checks = []
    for program in PROGRAMS:
        candidates: dict[str, Callable[[], object]] = {
            "alyslab": partial(simulate, program, seed=1),
            "stock": lambda program=program: asyncio.run(program()),  # type: ignore[misc]
        }
        detangle = _detangle(program)
        if detangle is not None:
            candidates["detangle"] = detangle
        timings = take_turns(candidates, rounds=rounds)
        steps = simulate(program, seed=1).steps
        rate = f"{steps / timings.median_s('alyslab') / 1e3:.0f} k steps/s"
        for baseline, limit in (("stock", 1.25), ("detangle", 1.5)):
            ratio = timings.ratio("alyslab", baseline) if baseline in candidates else None
            checks.append(
                Check(
                    name=f"{program.__name__} against {baseline}",
                    observed=None if ratio is None else round(ratio.median, 3),
                    comparison=">=",
                    limit=limit,
                    unit="times as fast",
                    note=f"quartiles {ratio.low:.2f} to {ratio.high:.2f}; {rate}"
                    if ratio
                    else "detangle is not installed: pip install 'alyslab[bench]'",
                )
            )
    return checks


def _detangle(program: Program) -> Callable[[], object] | None:
    try:
        import detangle
    except ImportError:
        return None
    return partial(detangle.run, program, seed=1)


class _FixedClock:
    now_ns = 1


def journal_checks(rows: int = 40_960, rounds: int = 15) -> list[Check]:
    """Measure a row of the journal, digest on: positional and keyword, in microseconds of this machine.

    An absolute time has no baseline that would share the machine's bad moments,
    so the fastest round is judged; the median stands in the note.
    """
    checks = []
    for name, limit in (("positional", 1.0), ("keyword", 1.7)):
        timings = take_turns({name: partial(_record, name, rows)}, rounds=rounds)
        checks.append(
            Check(
                name=f"journal row, {name}",
                observed=round(min(timings.seconds[name]) / rows * 1e6, 3),
                comparison="<=",
                limit=limit,
                unit="µs",
                note=f"fastest of {rounds} rounds of {rows} rows of three fields; "
                f"median {timings.median_s(name) / rows * 1e6:.2f}",
            )
        )
    return checks


def _record(how: str, rows: int) -> str:
    """Record so many rows with the collector at rest, as it is during a run; return the digest."""
    gc.disable()
    try:
        return _recorded(how, rows)
    finally:
        gc.enable()


def _recorded(how: str, rows: int) -> str:
    journal = Journal(_FixedClock())
    if how == "positional":
        received = journal.recorder("block.received", "block", "bytes", "hops")
        for number in range(rows):
            received("peer-1", number, 535_000, 3)
    else:
        for number in range(rows):
            journal.record("block.received", "peer-1", block=number, bytes=535_000, hops=3)
    return journal.digest


def memory_check(events: int = 10_000_000) -> list[Check]:
    """Measure the resident memory that a long journal takes, in a process of its own."""
    code = f"from alyslab.performance.runtime import journal_bytes; print(journal_bytes({events}))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return [
        Check(
            name=f"memory of {events:,} events",
            observed=round(int(output) / 1e9, 3),
            comparison="<=",
            limit=1.5,
            unit="GB",
            note="growth of the peak resident memory",
        )
    ]


def journal_bytes(events: int) -> int:
    """Return by how much the peak resident memory grows while a journal of so many events is made."""
    journal = Journal(_FixedClock())
    received = journal.recorder("block.received", "block", "origin", "hops")
    received("peer-0", 0, "peer-0", 0)
    _ = journal.digest  # imports what sealing needs
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(events):
        received(f"peer-{number % 1000}", number, "peer-0", number % 9)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def import_check(rounds: int = 5) -> list[Check]:
    """Measure ``import alyslab`` in fresh processes, less what an empty process takes."""
    timings = take_turns(
        {
            name: partial(subprocess.run, [sys.executable, "-c", code], check=True)
            for name, code in (("empty", "pass"), ("import", "import alyslab"))
        },
        rounds=rounds,
    )
    return [
        Check(
            name="import alyslab",
            observed=round(timings.median_s("import") - timings.median_s("empty"), 3),
            comparison="<=",
            limit=0.3,
            unit="s",
        )
    ]


def lab_check() -> list[Check]:
    """Measure the main job, every notebook with the quick profile and the summary, in a checkout."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "alyslab.cli", "run", "--profile", "quick", "--out", out]
        started = time.perf_counter()
        ended = subprocess.run(command, capture_output=True, check=False).returncode
        elapsed = time.perf_counter() - started
    seen = round(elapsed, 1) if ended == 0 else None
    note = "" if ended == 0 else f"the run ended with {ended}; the working directory must be a checkout"
    return [
        Check(
            name="alyslab run --profile quick", observed=seen, comparison="<=", limit=60, unit="s", note=note
        )
    ]


SETUP = """
from alyslab.batch.experiment import Experiment
from alyslab.checkers.propagation import check_propagation
from alyslab.config import load_config
from alyslab.display import propagation_curve, style, verdict_table
from alyslab.framework import MigrationTestFramework
style.apply()
Experiment("foundation", seed=7)
"""
"""What the foundation notebook's set-up cell does."""


def setup_check(rounds: int = 3) -> list[Check]:
    """Measure a notebook's set-up cell in fresh processes, beyond what pandas and seaborn take."""
    base = "import pandas, seaborn"
    timings = take_turns(
        {
            name: partial(subprocess.run, [sys.executable, "-c", code], check=True, capture_output=True)
            for name, code in (("base", base), ("set-up", base + SETUP))
        },
        rounds=rounds,
    )
    beyond = round(timings.median_s("set-up") - timings.median_s("base"), 3)
    return [
        Check(
            name="set-up cell beyond pandas and seaborn",
            observed=beyond,
            comparison="<=",
            limit=2.0,
            unit="s",
        )
    ]
