"""Questions to other members: sent until enough have answered, or the time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.quorum.wire import TOPIC, packed

if TYPE_CHECKING:
    from alyslab.chaos.quorum.defects import Defects
    from alyslab.harnesses.network.endpoint import Endpoint
    from alyslab.runtime import Node, Runtime

OPERATION_S: Final = 1.0
"""How long a phase may take by a clock that nobody sets, in s; what is not done then is unknown."""
RESEND_S: Final = 0.25
"""After how long an unanswered question is sent again, in s."""
A_LIFE: Final = 1_000_000
"""Questions that one life of a node may ask, so that no two of its lives use one number."""
Answer = dict[str, Any]


class Question:
    """A question, and the answers so far."""

    def __init__(self, *, twice: bool) -> None:
        self.answers: dict[str, Answer] = {}
        self.heard = 0
        self._changed = asyncio.Event()
        self._twice = twice

    def take(self, sender: str, answer: Answer) -> None:
        """Count an answer, once for each member unless a bug counts it again."""
        if sender not in self.answers or self._twice:
            self.heard += 1
        self.answers[sender] = answer
        self._changed.set()

    async def enough(self, needed: int, within_s: float) -> bool:
        """Wait until so many are counted; returns whether they were in time."""
        with suppress(TimeoutError):  # the caller decides what follows
            async with asyncio.timeout(within_s):
                while self.heard < needed:
                    self._changed.clear()
                    await self._changed.wait()
        return self.heard >= needed

    def misses(self, peer: str) -> bool:
        """Return whether a peer is asked again; a bug that counts answers twice asks for them too."""
        return peer not in self.answers or self._twice


class Questions:
    """The questions that one member has open.

    Parameters
    ----------
    own
        Answers a question as this member itself; None for no answer.
    """

    def __init__(
        self,
        node: Node,
        endpoint: Endpoint,
        peers: Sequence[str],
        runtime: Runtime,
        defects: Defects,
        *,
        own: Callable[[Answer], Awaitable[Answer | None]],
    ) -> None:
        self.majority = len(peers) // 2 + 1
        self._node, self._endpoint, self._runtime, self._defects = node, endpoint, runtime, defects
        self._others = [peer for peer in peers if peer != node.name]
        self._own = own
        self._open: dict[int, Question] = {}
        self._asked = 0

    def take(self, sender: str, body: Answer) -> bool:
        """Hand an answer to its question, if it has the shape of one; returns whether it names one."""
        question = self._open.get(body.get("answers", 0))
        if question is None:
            return False
        if _complete(body):
            question.take(sender, body)
        return True

    async def ask_majority(self, body: Answer) -> dict[str, Answer] | None:
        """Ask everybody, itself included; returns a majority's answers, None if they don't come in time."""
        number, question = self._begin(twice=self._defects.reply_counted_twice)
        body = {**body, "question": number}
        own = self._node.spawn(self._ask_itself(body, question), name=f"{self._node.name} itself")
        until_ns = self._runtime.now_ns + OPERATION_S * 1e9
        try:
            while question.heard < self.majority and self._runtime.now_ns <= until_ns:
                for peer in self._others:
                    if question.misses(peer):
                        self._send(peer, body)
                await question.enough(self.majority, RESEND_S)
            in_time = question.heard >= self.majority and self._runtime.now_ns <= until_ns
            gives_in = bool(self._defects.commits_without_quorum and question.heard)
            return question.answers if in_time or gives_in else None
        finally:
            own.cancel()
            del self._open[number]

    async def ask_one(self, peer: str, body: Answer) -> Answer | None:
        """Ask one member once; returns its answer, None if it can't be reached or there is none in time."""
        if peer not in self._endpoint.connections.open:
            return None
        number, question = self._begin(twice=False)
        try:
            self._send(peer, {**body, "question": number})
            await question.enough(1, OPERATION_S)
            return question.answers.get(peer)
        finally:
            del self._open[number]

    def _begin(self, *, twice: bool) -> tuple[int, Question]:
        self._asked += 1
        number = self._node.incarnation * A_LIFE + self._asked
        question = self._open[number] = Question(twice=twice)
        return number, question

    async def _ask_itself(self, body: Answer, question: Question) -> None:
        answer = await self._own(body)
        if answer is not None:
            question.take(self._node.name, answer)

    def _send(self, peer: str, body: Answer) -> None:
        if peer in self._endpoint.connections.open:
            self._endpoint.send(peer, TOPIC, packed(body))


def _complete(answer: Answer) -> bool:
    """Return whether an answer has the shape of one, which garbage that a bug lets through may not."""
    if "version" in answer:
        return _is_version(answer["version"])
    if "versions" in answer:
        found = answer["versions"]
        return isinstance(found, dict) and all(_is_version(version) for version in found.values())
    return answer.get("kept") is True


def _is_version(value: object) -> bool:
    return isinstance(value, list | tuple) and [type(part) for part in value] == [int, str, int]
