"""Start several harnesses together, ask each whether it is up, and stop all of them.

The promises are about what happens when things go wrong: every harness gets
its chance to shut down, in reverse order, each under its own limit; a second
error never hides the first; a harness that ignores its cancellation is
reported and left behind, and never blocks the others.  Time is the event
loop's, so under the simulation runtime it is virtual.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from alyslab.checkers.verdict import Verdict
from alyslab.errors import HarnessError
from alyslab.harnesses.harness import Harness
from alyslab.harnesses.limit import settle

T = TypeVar("T")


class HarnessCallError(HarnessError):
    """One call of one harness failed; the reason is its ``__cause__`` where there is one.

    ``harness`` and ``call`` say which.
    """

    def __init__(self, harness: str, call: str, reason: str) -> None:
        self.harness = harness
        self.call = call
        self.reason = reason
        super().__init__(f"harness {harness}: {call} {reason}")


class HarnessesError(HarnessError):
    """Several harnesses failed; ``failures`` has each, the first one first and as ``__cause__``."""

    def __init__(self, failures: Sequence[HarnessCallError]) -> None:
        self.failures = tuple(failures)
        super().__init__("\n".join(str(failure) for failure in self.failures))


async def start(harnesses: Iterable[Harness], *, limit_s: float) -> None:
    """Initialise ``harnesses`` concurrently, each within ``limit_s`` seconds.

    The first failure cancels the others.  Nothing is shut down here.

    Raises
    ------
    HarnessError
        When a harness raised, took too long, or ended cancelled by itself.
    """
    failures: list[HarnessCallError] = []
    try:
        async with asyncio.TaskGroup() as group:
            for harness in harnesses:
                group.create_task(_limited(harness, "initialize", harness.initialize, limit_s))
    except* HarnessCallError as several:
        failures += [error for error in several.exceptions if isinstance(error, HarnessCallError)]
    # Raised out here, so that the traceback is not wrapped in the group's.
    raise_first(failures)


async def probe(harnesses: Iterable[Harness], *, limit_s: float) -> dict[str, Verdict]:
    """Ask every harness, one after another, whether it is up; return the verdicts by name.

    Raises
    ------
    HarnessError
        When a harness raised or took longer than ``limit_s`` seconds, or when
        its verdict is not ``pass``: the message has the checks that failed or
        saw nothing.
    """
    verdicts: dict[str, Verdict] = {}
    for harness in harnesses:
        verdict = await _limited(harness, "probe", harness.probe, limit_s)
        if verdict.status != "pass":
            raise HarnessCallError(harness.name, "probe", f"is {verdict.status}: {_doubts(verdict)}")
        verdicts[harness.name] = verdict
    return verdicts


async def stop(harnesses: Sequence[Harness], *, limit_s: float) -> list[HarnessCallError]:
    """Shut ``harnesses`` down, the last one first, each within ``limit_s`` seconds.

    A cancellation from outside is kept until all have had their chance and
    raised then, with what failed meanwhile as its notes.  Otherwise the
    failures are returned in the order in which they happened.
    """
    failures: list[HarnessCallError] = []

    async def each() -> None:
        for harness in reversed(harnesses):
            try:
                await _limited(harness, "shutdown", harness.shutdown, limit_s)
            except HarnessCallError as failure:
                failures.append(failure)

    teardown = asyncio.create_task(each())
    cancelled: asyncio.CancelledError | None = None
    while not teardown.done():
        try:
            await asyncio.shield(teardown)
        except asyncio.CancelledError as error:
            cancelled = error
    teardown.result()
    if cancelled is not None:
        for failure in failures:
            cancelled.add_note(str(failure))
        raise cancelled
    return failures


def raise_first(failures: Sequence[HarnessCallError]) -> None:
    """Raise what ``failures`` hold: nothing, the only one, or all of them led by the first."""
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise HarnessesError(failures) from failures[0]


async def _limited(harness: Harness, call: str, work: Callable[[], Awaitable[T]], limit_s: float) -> T:
    """Await ``work()`` for at most ``limit_s`` seconds; whatever goes wrong is a HarnessCallError."""

    async def run() -> T:
        return await work()

    task = asyncio.create_task(run(), name=f"{harness.name}.{call}")
    overrun = await settle(task, limit_s)
    if overrun:
        raise HarnessCallError(harness.name, call, overrun)
    if task.cancelled():
        raise HarnessCallError(harness.name, call, "ended as cancelled, though nobody cancelled it")
    error = task.exception()
    if error is not None:
        raise HarnessCallError(harness.name, call, f"raised {type(error).__name__}: {error}") from error
    return task.result()


def _doubts(verdict: Verdict) -> str:
    """Return the checks of ``verdict`` that did not pass, as one line."""
    lines = (
        f"{check.name} (observed {check.observed}, expected {check.comparison} {check.limit}) {check.note}"
        for check in verdict.checks
        if not check.passed
    )
    return "; ".join(line.strip() for line in lines) or "it has no checks"
