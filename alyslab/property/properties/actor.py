"""Properties of the actor system: order, accounting and supervision, under any interleaving."""

from __future__ import annotations

import asyncio
from collections import Counter as Counts
from typing import Final

from alyslab.checkers.causal import check_causal
from alyslab.checkers.delivery import check_accounted, check_attempts, check_delivery
from alyslab.checkers.fifo import check_fifo
from alyslab.checkers.lives import check_lives
from alyslab.checkers.mailboxes import check_mailboxes
from alyslab.checkers.message_log import MessageLog
from alyslab.checkers.restarts import check_restarts
from alyslab.checkers.supervision_log import SupervisionLog
from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.actor import ActorSpec, ActorSystem, Strategy
from alyslab.harnesses.actor.errors import ActorError
from alyslab.harnesses.actor.workloads.actors import Counter
from alyslab.property.generators.actors import ActorScenario, MessagePlan, actor_scenarios, mailbox_of
from alyslab.property.property import Features, Property, claim
from alyslab.runtime import Journal, require_current

REST_S: Final = 8.0
"""Longer than all back-offs and all handlers of a scenario together."""


def scenario_features(scenario: ActorScenario) -> Features:
    """Return what describes a scenario: sizes, policies, and how often which fault is sent."""
    kinds = Counts(message.what for message in scenario.messages)
    return {
        "messages": len(scenario.messages),
        "crashes": kinds["crash"],
        "receivers": len(scenario.receivers),
        "senders": len({message.sender for message in scenario.messages}),
        "with causes": sum(bool(message.after) for message in scenario.messages),
        "priorities": len({message.priority for message in scenario.messages}),
        "strategy": scenario.policy.strategy,
        "backoff": scenario.policy.backoff,
        "overflow": scenario.receivers[0].overflow,
    }


async def play(scenario: ActorScenario) -> Journal:
    """Run the scenario to its end and return the journal, with every stream's length in it."""
    async with ActorSystem(causal=True) as system:
        branch = system.supervisor(
            "branch", strategy=Strategy(scenario.policy.strategy), policy=scenario.policy.policy
        )
        for number, plan in enumerate(scenario.receivers):
            spec = ActorSpec(
                name=f"receiver-{number}",
                kind=Counter,
                options={"service_ms": plan.service_ms},
                mailbox=mailbox_of(plan),
                attempts=plan.attempts,
            )
            await system.spawn(spec, supervisor=branch)
        stage = _Stage(system, scenario)
        async with asyncio.TaskGroup() as group:
            for sender in sorted({message.sender for message in scenario.messages}):
                group.create_task(stage.speak(sender))
        await system.core.node.sleep(REST_S)
    claim(not stage.stuck, f"messages at places {stage.stuck} found no room in {REST_S:g} s")
    return require_current().journal


class _Stage:
    """Who has sent what of a scenario so far."""

    def __init__(self, system: ActorSystem, scenario: ActorScenario) -> None:
        self.system = system
        self.scenario = scenario
        self.stuck: list[int] = []
        loop = asyncio.get_running_loop()
        self.handled: dict[int, asyncio.Future[int]] = {
            cause: loop.create_future() for message in scenario.messages for cause in message.after
        }
        """For each message that is a cause: its number, once it was handled; 0 if that can't be told."""

    async def speak(self, sender: int) -> None:
        """Send what one sender has to send, in order."""
        for place, message in enumerate(self.scenario.messages):
            if message.sender == sender:
                if message.pause_ms:  # else at the same moment, so that mailboxes fill
                    await self.system.core.node.sleep(message.pause_ms / 1_000)
                await self._send(place, message)

    async def _send(self, place: int, message: MessagePlan) -> None:
        ref = self.system.ref(f"receiver-{message.receiver}", sender=f"sender-{message.sender}")
        causes = [number for cause in message.after if (number := await self.handled[cause])]
        number = 0
        try:
            async with asyncio.timeout(REST_S):
                number = await ref.tell(message.what, 1, priority=message.priority, after=tuple(causes))
                if place in self.handled:  # what is asked next of the same stream is answered after it
                    await ref.ask("get", priority=message.priority)
                if self.scenario.receivers[message.receiver].overflow.startswith("drop"):
                    number = 0  # it may have been dropped, and what came after it answered
        except ActorError:  # given up, or full: the journal shows it
            number = 0
        except TimeoutError:
            self.stuck.append(place)
        finally:
            if place in self.handled:
                self.handled[place].set_result(number)


def refuse_failed(*verdicts: Verdict) -> None:
    """Raise Falsified with the first check that failed; what a run did not do is not asked for."""
    for verdict in verdicts:
        for check in verdict.failed:
            shown = f" {check.unit}" if check.unit else ""
            seen = f"observed {check.observed}, promised {check.comparison} {check.limit}{shown}"
            evidence = "; ".join(str(dict(one)) for one in check.evidence[:1])
            claim(False, f"{check.name}: {seen}{f' ({evidence})' if evidence else ''}")


async def _order(scenario: ActorScenario) -> None:
    journal = await play(scenario)
    messages = MessageLog.read(journal)
    refuse_failed(
        check_fifo(messages),
        check_accounted(messages),
        check_delivery(messages, "at_most_once"),
        check_attempts(journal, messages),
        check_mailboxes(journal, messages),
        check_causal(journal),
    )


async def _supervision(scenario: ActorScenario) -> None:
    lives = SupervisionLog.read(await play(scenario))
    refuse_failed(check_restarts(lives), check_lives(lives))


ACTOR_ORDER: Final = Property(
    name="messages keep their order",
    claim="per sender and priority, under any interleaving and restart policy, and none is lost unsaid",
    cases=actor_scenarios,
    check=_order,
    weight=2,
    weight_reason="a simulation with messages and restarts, read back: some 10 ms a case",
    source="the testing guide, Phase 4, prop_actor_message_ordering",
    features=scenario_features,
)

SUPERVISION: Final = Property(
    name="supervisors keep their limits",
    claim="no window sees more restarts than its limit, and what is beyond is passed on",
    cases=actor_scenarios,
    check=_supervision,
    source="alys v2 crates/actor_system/src/supervisor.rs",
    features=scenario_features,
)
