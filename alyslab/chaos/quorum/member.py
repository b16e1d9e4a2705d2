"""A member: a replica that keeps versions, and a client that reads and writes through a majority.

A write asks a majority for the newest version, then gives a newer one to a
majority; a read gives what it returns to a majority first.  What is
acknowledged is durable.  A member whose disk was damaged answers nobody until
it has heard from a majority of whole ones.

Source: Attiya, Bar-Noy, Dolev, "Sharing Memory Robustly in Message-Passing
Systems", JACM 1995, with two phases for writers as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.quorum.shelf import Shelf, Version
from alyslab.chaos.quorum.wire import TOPIC, packed, unpacked
from alyslab.harnesses.network.errors import NetworkError

if TYPE_CHECKING:
    from alyslab.chaos.quorum.defects import Defects
    from alyslab.harnesses.network.endpoint import Endpoint, Message
    from alyslab.runtime import Node, Runtime

OPERATION_S: Final = 1.0
"""How long a phase may take by a clock that nobody sets, in s; what is not done then is unknown."""
RESEND_S: Final = 0.25
"""After how long an unanswered question is sent again, in s."""
RECOVERY_WAIT_S: Final = 3 * OPERATION_S
"""How long a damaged member waits before it asks the others, in s: what it had a part in is over then."""
GOSSIP_S: Final = 0.5
"""How often a member compares versions with the next one, in s."""
DIAL_S: Final = 0.5
WRITES_A_KEY: Final = 2
"""After so many writes a member goes on to a new key, so that old ones depend on gossip."""
LATE_S: Final = 1.0


class Question:
    """A question to all members, and the answers so far."""

    def __init__(self, *, twice: bool) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.heard = 0
        self.changed = asyncio.Event()
        self._twice = twice

    def take(self, sender: str, answer: dict[str, Any]) -> None:
        """Count an answer, once for each member unless a bug counts it again."""
        if sender not in self.answers or self._twice:
            self.heard += 1
        self.answers[sender] = answer
        self.changed.set()


class Member:
    """One member during one life of its node.

    Parameters
    ----------
    node
        Its machine.
    endpoint
        Its end of the network.
    peers
        All members, itself included.
    runtime
        The journal, and the clock that nobody sets.
    interval_s
        Mean pause between operations, in s.
    """

    def __init__(
        self,
        node: Node,
        endpoint: Endpoint,
        peers: Sequence[str],
        runtime: Runtime,
        defects: Defects,
        *,
        interval_s: float,
    ) -> None:
        self.name = node.name
        self.shelf = Shelf(node, defects)
        self.recovering = False
        """Whether it answers nobody, as its disk was damaged."""
        self.served_ns = 0
        """When its last operation was done."""
        self._node, self._endpoint, self._runtime, self._defects = node, endpoint, runtime, defects
        self._peers = tuple(peers)
        self._majority = len(peers) // 2 + 1
        self._interval_s = interval_s
        self._questions: dict[int, Question] = {}
        self._asked = 0
        self._writes = 0
        self._lost: set[str] = set()
        self._given_up: set[str] = set()
        record = runtime.journal.recorder
        self._started = record("quorum.write", "key", "value")
        self._ended = record("quorum.operation", "what", "key", "value", "started_ns", "outcome")

    # --- life ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Come up, recover what was damaged, and serve until the node goes down."""
        await self.shelf.open()
        self.recovering = self.shelf.damaged
        self._endpoint.on_message(self._handle, topic=TOPIC)
        self._endpoint.on_peers(self._peer_changed)
        for peer in self._others:
            self._node.spawn(self._stay_connected(peer), name=f"{self.name} to {peer}")
        if self.recovering:
            await self._recover()
        self._node.spawn(self._gossip(), name=f"{self.name} gossip")
        await self._work()

    async def _recover(self) -> None:
        self._runtime.journal.record("quorum.damaged", self.name)
        heard = 0
        if not self._defects.rejoins_unrecovered:
            await asyncio.sleep(RECOVERY_WAIT_S)
            while True:
                answers = await self._ask({"do": "all"}, self._majority)
                if answers is not None:
                    break
            heard = len(answers)
            for answer in answers.values():
                for key, version in answer["versions"].items():
                    await self.shelf.put(key, Version(*version))
        self.recovering = False
        self._runtime.journal.record("quorum.recovered", self.name, heard=heard, majority=self._majority)

    async def _stay_connected(self, peer: str) -> None:
        while True:
            if peer not in self._endpoint.connections.open and peer not in self._lost:
                with suppress(NetworkError):  # it is tried again
                    await self._endpoint.connect(peer, timeout_s=DIAL_S)
            await asyncio.sleep(DIAL_S)

    def _peer_changed(self, peer: str, connected: bool) -> None:
        if not connected and self._defects.stale_peer_list:
            self._lost.add(peer)

    # --- the client ------------------------------------------------------------------------------

    async def _work(self) -> None:
        random = self._node.random
        while True:
            due_ns = self._runtime.now_ns + LATE_S * 1e9 + self._interval_s * 3e9
            await asyncio.sleep(random.uniform(0.5, 1.5) * self._interval_s)
            if self._defects.timer_lost_on_pause and self._runtime.now_ns > due_ns:
                return
            if random.random() < 0.5:
                key = f"{self.name}/{self._node.incarnation}/{self._writes // WRITES_A_KEY}"
                self._writes += 1
                await self._write(key)
            elif self.shelf.versions:
                await self._read(random.choice(list(self.shelf.versions)))

    async def _write(self, key: str) -> None:
        started_ns = value = self._runtime.now_ns
        self._started(self.name, key, value)
        done = False
        newest = await self._newest(key)
        if newest is not None:
            number = self._node.clock.time_ns() if self._defects.tags_from_clock else newest.number + 1
            done = await self._store(key, Version(number, self.name, value))
        self._end("write", key, value, started_ns, done=done)

    async def _read(self, key: str) -> None:
        started_ns = self._runtime.now_ns
        if self._defects.reads_own_copy:
            self._end("read", key, self.shelf.get(key).value, started_ns, done=True)
            return
        newest = await self._newest(key)
        done = newest is not None and await self._store(key, newest)
        self._end("read", key, newest.value if newest is not None else 0, started_ns, done=done)

    def _end(self, what: str, key: str, value: int, started_ns: int, *, done: bool) -> None:
        self._ended(self.name, what, key, value, started_ns, "done" if done else "unknown")
        if done:
            self.served_ns = self._runtime.now_ns

    async def _newest(self, key: str) -> Version | None:
        answers = await self._ask({"do": "get", "key": key}, self._majority)
        return None if answers is None else max(Version(*answer["version"]) for answer in answers.values())

    async def _store(self, key: str, version: Version) -> bool:
        ask = {"do": "put", "key": key, "version": version}
        return await self._ask(ask, self._majority) is not None

    async def _ask(self, body: dict[str, Any], needed: int) -> dict[str, dict[str, Any]] | None:
        """Ask everybody, itself included; returns the answers of so many, None if they don't come in time."""
        self._asked += 1
        number = self._node.incarnation * 1_000_000 + self._asked
        question = self._questions[number] = Question(twice=self._defects.reply_counted_twice)
        body = {**body, "question": number}
        own = self._node.spawn(self._answer(self.name, body), name=f"{self.name} itself")
        until_ns = self._runtime.now_ns + OPERATION_S * 1e9
        try:
            while question.heard < needed:
                for peer in self._others:
                    answered = peer in question.answers and not self._defects.reply_counted_twice
                    if not answered and peer in self._endpoint.connections.open:
                        self._endpoint.send(peer, TOPIC, packed(body))
                question.changed.clear()
                with suppress(TimeoutError):  # it is sent again
                    async with asyncio.timeout(RESEND_S):
                        while question.heard < needed:
                            await question.changed.wait()
                            question.changed.clear()
                if self._runtime.now_ns > until_ns:
                    break
            in_time = question.heard >= needed and self._runtime.now_ns <= until_ns
            return question.answers if in_time or self._gives_in(question) else None
        finally:
            own.cancel()
            del self._questions[number]

    def _gives_in(self, question: Question) -> bool:
        return bool(self._defects.commits_without_quorum and question.heard)

    # --- the replica -----------------------------------------------------------------------------

    def _handle(self, message: Message) -> None:
        body = unpacked(message.payload, trusting=self._defects.garbage_accepted)
        if body is None:
            return
        question = self._questions.get(body.get("answers", 0))
        if question is not None:
            if _complete(body):
                question.take(message.sender, body)
        elif "do" in body:
            self._node.spawn(self._answer(message.sender, body), name=f"{self.name} answers")

    async def _answer(self, asker: str, body: dict[str, Any]) -> None:
        answer = await self._answered(body)
        if answer is None:
            return
        answer["answers"] = body.get("question", 0)
        if asker == self.name:
            question = self._questions.get(answer["answers"])
            if question is not None:
                question.take(self.name, answer)
        elif asker in self._endpoint.connections.open:
            self._endpoint.send(asker, TOPIC, packed(answer))

    async def _answered(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Do what is asked; None for what a damaged member leaves to others, can't do, or can't read."""
        if self.recovering:
            return None
        answer: dict[str, Any] | None = None
        with suppress(KeyError, TypeError, AttributeError):  # garbage that a bug let through
            match body["do"]:
                case "get":
                    answer = {"version": self.shelf.get(body["key"])}
                case "put":
                    kept = await self.shelf.put(str(body["key"]), Version(*body["version"]))
                    answer = {"kept": True} if kept else None
                case "all":
                    answer = {"versions": self.shelf.versions}
                case "compare":
                    answer = {"versions": self.shelf.newer_than(body["numbers"])}
        return answer

    async def _gossip(self) -> None:
        """Compare versions with one member after the other, and take what is newer."""
        turn = self._peers.index(self.name)
        while True:
            await asyncio.sleep(GOSSIP_S)
            turn += 1
            peer = self._peers[turn % len(self._peers)]
            if peer == self.name or peer in self._given_up:
                continue
            numbers = {key: version.number for key, version in self.shelf.versions.items()}
            answer = await self._ask_one(peer, {"do": "compare", "numbers": numbers})
            if answer is None:
                if self._defects.heal_does_not_resend:
                    self._given_up.add(peer)
                continue
            for key, version in answer["versions"].items():
                await self.shelf.put(key, Version(*version))

    async def _ask_one(self, peer: str, body: dict[str, Any]) -> dict[str, Any] | None:
        if peer not in self._endpoint.connections.open:
            return None
        self._asked += 1
        number = self._node.incarnation * 1_000_000 + self._asked
        question = self._questions[number] = Question(twice=False)
        try:
            self._endpoint.send(peer, TOPIC, packed({**body, "question": number}))
            async with asyncio.timeout(OPERATION_S):
                await question.changed.wait()
            return question.answers.get(peer)
        except TimeoutError:
            return None
        finally:
            del self._questions[number]

    @property
    def _others(self) -> list[str]:
        return [peer for peer in self._peers if peer != self.name]


def _complete(answer: dict[str, Any]) -> bool:
    """Return whether an answer has the shape of one, which garbage that a bug lets through may not."""
    if "version" in answer:
        return _is_version(answer["version"])
    if "versions" in answer:
        found = answer["versions"]
        return isinstance(found, dict) and all(_is_version(version) for version in found.values())
    return answer.get("kept") is True


def _is_version(value: object) -> bool:
    return isinstance(value, list | tuple) and [type(part) for part in value] == [int, str, int]
