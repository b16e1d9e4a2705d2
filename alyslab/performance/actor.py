"""What the actor system costs, as ratios to the plainest asyncio that does the same, in one run.

Everything is measured in CPU time of this process, candidates in turns, so
that a busy machine disturbs the ratios little.  Pykka and xoscar are measured
beside it where they are installed.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final

from alyslab.checkers.verdict import Check
from alyslab.performance import actor_programs as programs
from alyslab.performance.actor_others import beside, memory_beside
from alyslab.performance.measure import Ratio, Timings
from alyslab.runtime import simulate
from alyslab.runtime.wall import measure

SEED: Final = 1
ISSUE: Final = "issue 3, numbers"
CROWD_LIMIT: Final = 0.25
"""With many actors a message may cost four times as much; a list walked for each would cost far more."""

Program = Callable[..., Coroutine[Any, Any, float]]
"""Async function that returns the CPU seconds of what it measures, its set-up left out."""


def throughput_checks(
    *, messages: int = 100_000, rounds: int = 5, share: float = 1.0, others: bool = True
) -> list[Check]:
    """Measure one actor against a bounded asyncio.Queue, on stock asyncio and in virtual time.

    Parameters
    ----------
    messages, rounds
        How much is sent, and how often.
    share
        Of the limit that is asked for; less where the machine is not ours alone.
    others
        Whether Pykka and xoscar are measured beside it.
    """
    checks = []
    besides = beside(messages=max(messages // 5, 1_000)) if others else "others: alyslab bench"
    for where, run in _PLACES.items():
        timings = _turns(
            {
                "queue": partial(run, programs.queue, messages=messages),
                "sequences": partial(run, programs.tell, messages=messages, recording="sequences"),
                "journal": partial(run, programs.tell, messages=messages, recording="messages"),
            },
            rounds,
        )
        for candidate, limit, what in (
            ("sequences", 1.0, "sequences tracked at the receiver"),
            ("journal", 1 / 3, "a row for each message"),
        ):
            ratio = timings.ratio(candidate, "queue")
            rate = messages / timings.median_s(candidate)
            note = f"{ratio}; {rate:,.0f} messages of 1 KiB a second, one core; {besides}"
            checks.append(
                _ratio(f"one actor, {what}, to a bare queue, {where}", ratio, limit=limit * share, note=note)
            )
    return checks


def scaling_checks(
    *, messages_each: int = 1_000, actors: tuple[int, ...] = (1, 2, 4, 8, 16, 1_000)
) -> list[Check]:
    """Measure how the cost of one message changes with more actors at once; the limit is the house's own."""
    seconds = {
        count: simulate_seconds(programs.tell_many, actors=count, messages=_share(messages_each, count))
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
                limit=CROWD_LIMIT,
                note=note,
            )
        )
    return checks


def ask_checks(*, asks: int = 20_000, rounds: int = 5, share: float = 1.0) -> list[Check]:
    """Measure round trips against a bare future handed through a queue; arguments as for throughput."""
    checks = []
    for where, run in _PLACES.items():
        timings = _turns(
            {
                "future": partial(run, programs.future, asks=asks),
                "ask": partial(run, programs.ask, asks=asks, recording="sequences"),
                "journal": partial(run, programs.ask, asks=asks, recording="messages"),
            },
            rounds,
        )
        ratio, full = timings.ratio("ask", "future"), timings.ratio("journal", "future")
        note = (
            f"{ratio}; {asks / timings.median_s('ask'):,.0f} round trips a second; with a full journal {full}"
        )
        checks.append(
            _ratio(f"ask, to a bare future through a queue, {where}", ratio, limit=0.6 * share, note=note)
        )
    return checks


def memory_checks(*, actors: int = 10_000, others: bool = True) -> list[Check]:
    """Measure what an idle actor holds against a bare task with its queue, as Python counts its memory."""
    bare = programs.apart(partial(programs.bare_bytes, actors))
    ours = programs.apart(partial(measure, programs.actor_bytes, seed=SEED, actors=actors)).result
    return [
        Check(
            name=f"memory of an idle actor, of {actors:,}, to a bare task with its queue",
            observed=ours / bare,
            comparison="<=",
            limit=2.0,
            unit="ratio",
            source=ISSUE,
            note=f"{ours:,.0f} bytes, bare {bare:,.0f} bytes; "
            f"{memory_beside() if others else 'others: alyslab bench'}",
        )
    ]


def all_checks() -> list[Check]:
    """Return every check of this file, in the size that the issue names."""
    return [*throughput_checks(), *scaling_checks(), *ask_checks(), *memory_checks()]


# --- measuring ---------------------------------------------------------------------------------------


def simulate_seconds(program: Program, **parameters: Any) -> float:
    """Return what the program measures in virtual time, in which the CPU clock goes on as ever."""
    return float(simulate(program, seed=SEED, parameters=parameters).result)


def wall_seconds(program: Program, **parameters: Any) -> float:
    """Return what the program measures on stock asyncio."""
    return float(programs.apart(partial(measure, program, seed=SEED, **parameters)).result)


_PLACES: Final[Mapping[str, Callable[..., float]]] = {
    "on the wall clock": wall_seconds,
    "in virtual time": simulate_seconds,
}


def _turns(candidates: Mapping[str, Callable[[], float]], rounds: int) -> Timings:
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    gc.freeze()  # or every collection would look through what the process held before
    try:
        for counted in [False, *[True] * rounds]:
            for name, candidate in candidates.items():
                gc.collect()
                taken = candidate()
                if counted:
                    seconds[name].append(taken)
    finally:
        gc.unfreeze()
    return Timings(seconds={name: tuple(values) for name, values in seconds.items()})


def _share(messages_each: int, actors: int) -> int:
    return messages_each if actors <= 16 else max(1, 16 * messages_each // actors)


def _ratio(name: str, ratio: Ratio, *, limit: float, note: str) -> Check:
    return Check(
        name=name, observed=ratio.median, comparison=">=", limit=limit, unit="ratio", source=ISSUE, note=note
    )
