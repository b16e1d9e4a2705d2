"""Workloads of communication: direct, broadcast, request and response, chains, workflows, discovery."""

from __future__ import annotations

from contextlib import suppress

from alyslab.harnesses.actor.breaker import BreakerPolicy, CircuitBreaker
from alyslab.harnesses.actor.errors import ActorError, AskTimeoutError
from alyslab.harnesses.actor.failure import Failure, FailureKind
from alyslab.harnesses.actor.ranges import Range
from alyslab.harnesses.actor.spec import ActorSpec
from alyslab.harnesses.actor.system import ActorSystem
from alyslab.harnesses.actor.workloads.actors import Asker, Coordinator, Counter, Ledger, Relay
from alyslab.harnesses.actor.workloads.expectations import all_ended, expect, require_counts, require_in

MAX_REPEATS = 100
"""How often a request is repeated at most; what is still not confirmed then, the verdict shows."""


async def direct(*, actors: int = 4, messages: int = 50) -> None:
    """Tell each of several actors something, each on its own.

    Parameters
    ----------
    actors, messages
        How many actors, and how much each is told.
    """
    require_counts("direct", actors=actors, messages=messages)
    expect("messages done", at_least=actors * messages, at_most=actors * messages)
    async with ActorSystem() as system:
        for number in range(actors):
            ref = await system.spawn(ActorSpec(name=f"peer-{number}", kind=Counter))
            for _ in range(messages):
                await ref.tell("add", 1)


async def broadcast(*, actors: int = 8, broadcasts: int = 20) -> None:
    """Tell all actors of a type the same thing.

    Parameters
    ----------
    actors, broadcasts
        How many actors, and how often.
    """
    require_counts("broadcast", actors=actors, broadcasts=broadcasts)
    expect("messages done", at_least=actors * broadcasts, at_most=actors * broadcasts)
    async with ActorSystem() as system:
        for number in range(actors):
            await system.spawn(ActorSpec(name=f"peer-{number}", kind=Counter))
        for _ in range(broadcasts):
            await system.broadcast("add", 1, to=Counter)


async def request_response(*, askers: int = 6, rounds: int = 5) -> None:
    """Let several actors ask one slow actor at once, some of them without the patience it takes.

    Parameters
    ----------
    askers, rounds
        How many ask, and how often.
    """
    require_counts("request_response", askers=askers, rounds=rounds)
    expect("asks answered", at_least=askers * rounds)
    expect("asks timed_out", at_least=1)
    async with ActorSystem() as system:
        await questions(system, prefix="asked", askers=askers, rounds=rounds)


async def questions(system: ActorSystem, *, prefix: str, askers: int, rounds: int) -> None:
    """Start an actor that takes 100 ms and those who ask it at once, the last with too little patience."""
    await system.spawn(ActorSpec(name=prefix, kind=Counter, options={"service_ms": 100.0}))
    refs = [
        await system.spawn(ActorSpec(name=f"{prefix}-by-{number}", kind=Asker)) for number in range(askers)
    ]
    for _ in range(rounds):
        patience_s = [60.0] * (askers - 1) + [0.05]
        asks = [
            ref.ask("ask", {"to": prefix, "timeout_s": timeout_s}, timeout_s=60.0)
            for ref, timeout_s in zip(refs, patience_s, strict=True)
        ]
        await all_ended(asks)


async def chain(*, length: int = 4, rounds: int = 10) -> None:
    """Send a request along a chain of actors, each asking the next, and back.

    Parameters
    ----------
    length
        Actors in the chain; the Rust harness has 4.
    rounds
        How often.
    """
    require_counts("chain", length=length, rounds=rounds)
    expect("asks answered", at_least=length * rounds, at_most=length * rounds)
    async with ActorSystem() as system:
        for number in reversed(range(length)):
            following = f"link-{number + 1}" if number + 1 < length else ""
            await system.spawn(ActorSpec(name=f"link-{number}", kind=Relay, options={"following": following}))
        for _ in range(rounds):
            names = await system.ref("link-0").ask("trace")
            system.core.tracker.record("chain.walked", "link-0", names=tuple(names))


async def workflow(*, stages: int = 4, width: int = 3, rounds: int = 5) -> None:
    """Let a coordinator go through stages, each of which asks several workers at once.

    Parameters
    ----------
    stages, width
        How many stages, and workers in each; the Rust harness has 4 workflows.
    rounds
        How often.
    """
    require_counts("workflow", stages=stages, width=width, rounds=rounds)
    expect("workflow.ended", at_least=rounds, at_most=rounds)
    expect("asks answered", at_least=rounds * (stages * width + 1))
    async with ActorSystem() as system:
        plan = [[f"worker-{stage}-{number}" for number in range(width)] for stage in range(stages)]
        for name in (name for names in plan for name in names):
            await system.spawn(ActorSpec(name=name, kind=Counter, options={"service_ms": 1.0}))
        await system.spawn(ActorSpec(name="coordinator", kind=Coordinator, options={"stages": plan}))
        for _ in range(rounds):
            answers = await system.ref("coordinator").ask("run", 1)
            system.core.tracker.record("workflow.ended", "coordinator", answers=tuple(answers))


async def discovery(*, actors: int = 9) -> None:
    """Find actors by name and by type, before and after some have stopped.

    Parameters
    ----------
    actors
        How many there are; each third is of another type and each fourth stops.
    """
    require_counts("discovery", actors=actors)
    counters = [number for number in range(actors) if number % 3]
    left = [number for number in counters if number % 4]
    expect("actors found", at_least=len(counters) + len(left), at_most=len(counters) + len(left))
    async with ActorSystem() as system:
        for number in range(actors):
            await system.spawn(ActorSpec(name=f"actor-{number}", kind=Counter if number % 3 else Relay))
        _found(system, len(system.refs_of(Counter)))
        for number in range(0, actors, 4):
            await system.stop(f"actor-{number}")
        found = 0
        for ref in system.refs_of("Counter"):
            found += await ref.ask("get") == 0
        _found(system, found)


def _found(system: ActorSystem, count: int) -> None:
    system.core.tracker.record("actors.found", system.name, count=count)


async def guarantees(*, requests: int = 20, probability: float = 0.3) -> None:
    """Ask an actor that loses answers to carry out requests, repeating each until it is confirmed.

    Parameters
    ----------
    requests
        How many there are.
    probability
        Chance that an answer is lost, from 0 to 0.9.

    Raises
    ------
    ParameterError
        For a count below 1, or a chance that is none or leaves no answer.
    """
    require_counts("guarantees", requests=requests)
    require_in("guarantees", "probability", probability, Range(low=0, high=0.9))
    if probability:
        expect("asks timed_out", at_least=1)
    async with ActorSystem() as system:
        await confirming(system, name="ledger", requests=requests, probability=probability)


async def confirming(system: ActorSystem, *, name: str, requests: int, probability: float) -> None:
    """Send each request again until an answer comes."""
    lost = FailureKind.LOSE_REPLY
    losing = (Failure(kind=lost, probability=probability, times=None),) if probability else ()
    ref = await system.spawn(ActorSpec(name=name, kind=Ledger, failures=losing))
    for key in range(requests):
        system.core.tracker.record("request.made", name, key=key)
        for _ in range(MAX_REPEATS):
            try:
                await ref.ask("carry out", key, timeout_s=0.2)
                break
            except AskTimeoutError:
                continue


async def breaking(*, calls: int = 30, failures: int = 6) -> None:
    """Call a flaky actor through a circuit breaker, which opens, tries, and closes again.

    Parameters
    ----------
    calls
        How many, a tenth of a second apart.
    failures
        How many of them the actor fails, from the first on.
    """
    require_counts("breaking", calls=calls, failures=failures)
    expect("asks timed_out", at_least=min(calls, failures, 3))
    async with ActorSystem() as system:
        await calling(system, name="flaky", calls=calls, failures=failures)


async def calling(system: ActorSystem, *, name: str, calls: int, failures: int) -> None:
    """Start the flaky actor with its breaker and make the calls."""
    flaky = Failure(kind=FailureKind.LOSE_REPLY, on="get", times=failures)
    ref = await system.spawn(ActorSpec(name=name, kind=Counter, failures=(flaky,)))
    breaker = CircuitBreaker(
        system, f"breaker of {name}", BreakerPolicy(failures=3, window_s=10, open_s=0.5, successes=2)
    )
    for _ in range(calls):
        with suppress(ActorError):  # rows of the breaker and of the ask say so
            await breaker.call(lambda: ref.ask("get", timeout_s=0.02))
        await system.core.node.sleep(0.1)
