"""A replica: answers what members ask of its shelf, and compares versions with one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.quorum.shelf import Shelf, Version

if TYPE_CHECKING:
    from alyslab.chaos.quorum.defects import Defects
    from alyslab.chaos.quorum.question import Answer, Questions
    from alyslab.runtime import Node

GOSSIP_S: Final = 0.5
"""How often a member compares versions with the next one, in s."""


class Replica:
    """The versions of one member, and what it tells of them."""

    def __init__(self, node: Node, defects: Defects) -> None:
        self.shelf = Shelf(node, defects)
        self.recovering = False
        """Whether it answers nobody, as its disk was damaged."""
        self._name = node.name
        self._defects = defects

    async def answered(self, body: Answer) -> Answer | None:
        """Do what is asked; None for what a damaged member leaves to others, can't do, or can't read."""
        if self.recovering:
            return None
        answer: Answer | None = None
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

    async def take_all(self, versions: dict[str, Any]) -> None:
        """Keep what is newer among the versions of another replica."""
        for key, version in versions.items():
            await self.shelf.put(key, Version(*version))

    async def gossip(self, peers: Sequence[str], questions: Questions) -> None:
        """Compare versions with one member after the other, for ever, and take what is newer."""
        turn = peers.index(self._name)
        given_up: set[str] = set()
        while True:
            await asyncio.sleep(GOSSIP_S)
            turn += 1
            peer = peers[turn % len(peers)]
            if peer == self._name or peer in given_up:
                continue
            numbers = {key: version.number for key, version in self.shelf.versions.items()}
            answer = await questions.ask_one(peer, {"do": "compare", "numbers": numbers})
            if answer is not None:
                await self.take_all(answer["versions"])
            elif self._defects.heal_does_not_resend:
                given_up.add(peer)
