"""Harnesses that behave badly on purpose."""

from __future__ import annotations

import asyncio
from typing import Literal

from alyslab.checkers.verdict import Check, Verdict

Behaviour = Literal["ok", "raise", "hang", "stubborn", "cancel itself", "not up", "silent"]


class FakeHarness:
    """A harness whose calls do as told and are written down, with how they ended.

    ``hang`` waits for ever, ``stubborn`` does too and swallows its first
    cancellation, ``not up`` answers a probe with something else than expected,
    ``silent`` with nothing.
    """

    def __init__(
        self,
        name: str,
        diary: list[str],
        *,
        initialize: Behaviour = "ok",
        probe: Behaviour = "ok",
        shutdown: Behaviour = "ok",
    ) -> None:
        self.name = name
        self._diary = diary
        self._behaviour: dict[str, Behaviour] = {
            "initialize": initialize,
            "probe": probe,
            "shutdown": shutdown,
        }
        self.up = False

    async def initialize(self) -> None:
        await self._behave("initialize")
        self.up = True

    async def probe(self) -> Verdict:
        await self._behave("probe")
        answers = {"not up": "down", "silent": None}
        answer = answers.get(self._behaviour["probe"], "up" if self.up else "down")
        return Verdict((Check(name="answers", observed=answer, comparison="==", limit="up"),))

    async def shutdown(self) -> None:
        self.up = False
        await self._behave("shutdown")

    async def _behave(self, call: str) -> None:
        behaviour = self._behaviour[call]
        self._diary.append(f"{self.name}.{call}")
        try:
            await self._act(behaviour)
        except asyncio.CancelledError:
            self._diary.append(f"{self.name}.{call} cancelled")
            raise

    async def _act(self, behaviour: Behaviour) -> None:
        match behaviour:
            case "raise":
                raise OSError(f"{self.name} is broken")
            case "hang":
                await asyncio.Event().wait()
            case "stubborn":
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    await asyncio.Event().wait()
            case "cancel itself":
                raise asyncio.CancelledError
            case _:
                await asyncio.sleep(0)
