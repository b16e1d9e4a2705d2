"""Whether an adapter does what the harness needs: one counter elsewhere, driven through every promise.

The other side keeps a number, as :func:`tally` does.  Kinds of messages beside
``add``: ``fail`` raises there, ``crash`` ends the other side without a word,
and ``hang`` never answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from alyslab.checkers.verdict import Check, Verdict
from alyslab.harnesses.actor.adapter import ActorAdapter, RemoteActor
from alyslab.harnesses.actor.backoff import fixed
from alyslab.harnesses.actor.errors import ActorError
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.harnesses.actor.reference import Ref
from alyslab.harnesses.actor.spec import ActorSpec
from alyslab.harnesses.actor.system import ActorSystem

SOURCE: Final = "alyslab.harnesses.actor.adapter"
WAYS_TO_END: Final = ("fail", "crash", "hang")
WATCH: Final = HealthPolicy(interval_s=0.1, timeout_s=0.1, failures=2)
PATIENCE_S: Final = 20.0
"""Longest wait for one answer, in s; over it lies a machine that is too slow to tell."""


def tally(total: int, kind: str, body: Any) -> int:
    """Return the next total: what the other side does with a message that it can handle."""
    if kind == "fail":
        raise ValueError(f"told to fail at {total}")
    return total + int(body or 0)


async def conformance(connect: Callable[[], ActorAdapter]) -> Verdict:
    """Drive an adapter through a whole life of a counter, inside a run, and return what held.

    The run's journal can be judged as any other besides.

    Parameters
    ----------
    connect
        Makes an adapter to a new counter, as :class:`RemoteActor` takes it.
    """
    made: list[ActorAdapter] = []

    def connected() -> ActorAdapter:
        made.append(connect())
        return made[-1]

    async with ActorSystem(policy=fixed(10, limit=20)) as system:
        ref = await system.spawn(
            ActorSpec(name="far", kind=RemoteActor, options={"connect": connected}, start_limit_s=PATIENCE_S)
        )
        system.watch("far", policy=WATCH)
        in_order = await _answers(ref)
        ended = {how: await _end(ref, how) for how in WAYS_TO_END}
        gone = sum(not adapter.healthy() for adapter in made[:-1])
        up = made[-1].healthy()
    return Verdict(
        (
            _check("it has the six methods of an adapter", isinstance(made[-1], ActorAdapter)),
            _check("messages are handled one after the other, and answered", in_order),
            *(_check(f"after {how} it comes back with its state", held) for how, held in ended.items()),
            Check(
                name="each life has an adapter of its own, and a life that failed lets go of it",
                observed=gone,
                comparison="==",
                limit=len(WAYS_TO_END),
                unit="adapters",
                source=SOURCE,
            ),
            _check("it says that it is up while it is, and not once it was stopped", up and not _up(made)),
        )
    )


def _up(made: list[ActorAdapter]) -> int:
    return sum(adapter.healthy() for adapter in made)


def _check(name: str, held: bool) -> Check:
    return Check(name=name, observed=held, comparison="==", limit=True, source=SOURCE)


async def _answers(ref: Ref) -> bool:
    for number in range(1, 20):
        await ref.tell("add", number)
    answers = [await ref.ask("add", number, timeout_s=PATIENCE_S) for number in (20, 21)]
    return answers == [210, 231]


async def _end(ref: Ref, how: str) -> bool:
    """End the other side this way with a message in hand; returns whether the total came back."""
    before = await ref.ask("add", 1, timeout_s=PATIENCE_S)
    try:
        await ref.ask(how, timeout_s=PATIENCE_S)
    except ActorError:
        return bool(before == await ref.ask("add", 0, timeout_s=PATIENCE_S))
    return False  # it answered what nobody can answer
