"""Ends that come at a bad moment: in the making, half-way through another end, or from inside."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.harnesses.actor import Actor, ActorSpec, ActorState, ActorSystem, fixed
from alyslab.harnesses.actor.errors import ActorFailedError, ActorStoppedError
from alyslab.runtime import simulate
from tests.harnesses.actor.actors import Echo, Slow, states

TWICE = fixed(10, limit=2, window_s=10)


class Stillborn(Actor):
    """Can't be made once its box holds enough."""

    def __init__(self, box: list[int], lives: int) -> None:
        box.append(1)
        if len(box) > lives:
            raise ValueError("not today")

    async def receive(self, kind: str, body: Any) -> None:
        raise RuntimeError("told to")


@pytest.mark.parametrize("lives", [0, 1])
def test_a_class_that_fails_to_make_its_actor_fails_that_actor_alone(lives: int) -> None:
    """An error in ``__init__`` is as much the actor's own as one in its handler."""

    async def main() -> list[Any]:
        async with ActorSystem(policy=TWICE) as system:
            options = {"box": [], "lives": lives}
            await system.spawn(ActorSpec(name="stillborn", kind=Stillborn, options=options))
            await system.spawn(ActorSpec(name="echo", kind=Echo))
            await system.ref("stillborn").tell("work")
            await system.core.node.sleep(1)
            return [str(system.state("stillborn")), await system.ref("echo").ask("say", 5)]

    run = simulate(main, seed=1)

    assert run.result == ["stopped", 5]
    failures = [event.fields for event in run.journal.select("actor.failed", subject="stillborn")]
    assert [row["error"] for row in failures[lives:]] == ["ValueError: not today"] * (3 - lives)
    assert {row["digest"] for row in failures[lives:]} == {""}


class Quitter(Actor):
    """Raises what ends programs."""

    async def receive(self, kind: str, body: Any) -> None:
        raise {"exit": SystemExit, "close": GeneratorExit}[kind]


@pytest.mark.parametrize(("kind", "error"), [("exit", SystemExit), ("close", GeneratorExit)])
def test_a_handler_that_wants_to_end_the_program_ends_its_own_life(
    kind: str, error: type[BaseException]
) -> None:
    """``sys.exit()`` in a handler takes a thread down, or a worker, and nobody else's experiment."""

    async def main() -> Any:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="quitter", kind=Quitter))
            with pytest.raises(ActorFailedError) as failed:
                await ref.ask(kind)
            return type(failed.value.__cause__)

    assert simulate(main, seed=1).result is error


def test_an_interrupt_of_the_kernel_still_ends_the_run() -> None:
    """Who presses stop means the experiment, not one of its actors."""

    class Interrupted(Actor):
        async def receive(self, kind: str, body: Any) -> None:
            raise KeyboardInterrupt

    async def main() -> None:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="interrupted", kind=Interrupted))
            await ref.ask("work")

    with pytest.raises(KeyboardInterrupt):
        simulate(main, seed=1)


def test_a_stop_that_its_caller_gave_up_is_finished_all_the_same() -> None:
    """An actor that is left half stopped would hold up every later end for ever."""

    async def main() -> str:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="slow", kind=Slow))
            for _ in range(10):
                await ref.tell("work")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await system.stop("slow")
            await system.stop("slow")
            return str(system.state("slow"))

    run = simulate(main, seed=1)

    assert run.result == "stopped"
    assert len(list(run.journal.select("message", subject="slow"))) == 10


class Killer(Actor):
    """Stops whom it is told to stop, and waits for it."""

    def __init__(self, system: ActorSystem) -> None:
        self._system = system

    async def receive(self, kind: str, body: Any) -> None:
        await self._system.stop(body)


def test_two_actors_that_stop_each_other_both_stop() -> None:
    """Each waits for the other's handler, so that only the time limit can end it."""

    async def main() -> list[str]:
        async with ActorSystem() as system:
            for name in ("a", "b"):
                await system.spawn(ActorSpec(name=name, kind=Killer, options={"system": system}))
            await system.ref("a").tell("stop", "b")
            await system.ref("b").tell("stop", "a")
            await system.core.node.sleep(60)
            return [str(system.state(name)) for name in ("a", "b")]

    assert simulate(main, seed=1).result == ["stopped", "stopped"]


def test_an_actor_that_stops_itself_handles_its_message_to_the_end() -> None:
    """Waiting for its own end it would wait until the time limit cuts it off."""

    async def main() -> None:
        async with ActorSystem() as system:
            await system.spawn(ActorSpec(name="a", kind=Killer, options={"system": system}))
            await system.ref("a").ask("stop", "a")

    journal = simulate(main, seed=1).journal

    assert [event.fields["outcome"] for event in journal.select("message")] == ["done"]
    assert [event.fields["cause"] for event in journal.select("actor.state")][-1] == "orderly"


class Canceller(Actor):
    """Cancels the task that it runs in."""

    async def receive(self, kind: str, body: Any) -> Any:
        if kind == "cancel":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await self.context.sleep(1)
        return body


def test_an_actor_that_cancels_its_own_task_has_failed_and_comes_back() -> None:
    """Without a failure it would call itself running for ever, and handle nothing."""

    async def main() -> Any:
        async with ActorSystem(policy=TWICE) as system:
            ref = await system.spawn(ActorSpec(name="canceller", kind=Canceller))
            with pytest.raises(ActorFailedError):
                await ref.ask("cancel")
            return await ref.ask("say", 5)

    run = simulate(main, seed=1)

    assert run.result == 5
    assert "failed" in states(run.journal, "canceller")


def test_a_system_that_nobody_closes_ends_with_its_run() -> None:
    """Whoever forgets the block must not get a new life out of the end of the last."""

    class Hanging(Actor):
        async def receive(self, kind: str, body: Any) -> None:
            await self.context.sleep(1e6)

    async def main() -> None:
        system = ActorSystem(policy=TWICE)
        await system.spawn(ActorSpec(name="hanging", kind=Hanging))
        await system.ref("hanging").tell("work")
        await asyncio.sleep(1)

    journal = simulate(main, seed=1).journal

    assert states(journal, "hanging") == ["running"]


class LateParent(Actor):
    """Starts a child when it is too late."""

    async def receive(self, kind: str, body: Any) -> None:
        """Do nothing."""

    async def stopped(self) -> None:
        await self.context.spawn(ActorSpec(name="late", kind=Echo))


def test_a_child_that_would_outlive_its_parent_is_refused() -> None:
    """It would run on with nobody above it."""

    async def main() -> bool:
        async with ActorSystem() as system:
            await system.spawn(ActorSpec(name="parent", kind=LateParent))
        return "late" in system.core.cells

    run = simulate(main, seed=1)

    assert run.result is False
    (failed,) = run.journal.select("actor.failed")
    assert failed.fields["error"].startswith(
        f"stopped(): {ActorStoppedError.__name__}: actor parent (stopping)"
    )


def test_an_aborted_system_leaves_every_actor_stopped_and_no_task() -> None:
    """An actor without a task that calls itself running would be believed."""

    class Spawner(Actor):
        async def receive(self, kind: str, body: Any) -> None:
            self.stray = asyncio.get_running_loop().create_task(asyncio.sleep(1e6))

    kept: list[ActorSystem] = []

    async def broken() -> None:
        async with ActorSystem() as system:
            kept.append(system)
            await system.spawn(ActorSpec(name="spawner", kind=Spawner))
            await system.spawn(ActorSpec(name="echo", kind=Echo))
            await system.ref("spawner").ask("work")
            raise ValueError("broken")

    async def main() -> list[Any]:
        with pytest.raises(ValueError, match="broken"):
            await broken()
        return [kept[0].state("spawner"), kept[0].state("echo"), len(asyncio.all_tasks())]

    run = simulate(main, seed=1)

    assert run.result == [ActorState.STOPPED, ActorState.STOPPED, 1]
    assert states(run.journal, "echo")[-2:] == ["stopping", "stopped"]


def test_a_system_may_be_shut_down_before_its_block_ends() -> None:
    """Who looks at the books after an orderly end asks for that end inside the block."""

    async def main() -> str:
        async with ActorSystem() as system:
            await system.spawn(ActorSpec(name="echo", kind=Echo))
            await system.shutdown()
        return str(system.state("echo"))

    assert simulate(main, seed=1).result == "stopped"
