"""Fresh Python processes that simulate a workload: what shows that a digest depends on no process.

A shell: it starts processes, waits on the wall clock, and turns what goes
wrong into a HarnessError.  A simulation can't use it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import alyslab
from alyslab.checkers.verdict import Check, Verdict
from alyslab.errors import HarnessError
from alyslab.harnesses.fingerprint import Fingerprint

ENTRY = "alyslab.harnesses.fingerprint"


async def idle(*, events: int) -> None:
    """Record ``events`` events and end: the smallest workload that has a journal to digest."""
    from alyslab.runtime import require_current

    journal = require_current().journal
    for number in range(events):
        journal.record("idle", "interpreter", number=number)


class Interpreters:
    """Starts interpreters of this Python, one for each question, and ends those that are left.

    Parameters
    ----------
    name
        What the session calls the harness.
    """

    def __init__(self, name: str = "interpreters") -> None:
        self._name = name
        self._running: set[asyncio.subprocess.Process] = set()

    @property
    def name(self) -> str:
        """What the session calls the harness."""
        return self._name

    async def initialize(self) -> None:
        """Check that there is an interpreter to start; raises HarnessError where Python is embedded."""
        if not sys.executable:
            raise HarnessError("this Python does not know its own interpreter (sys.executable is empty)")

    async def probe(self) -> Verdict:
        """Let a fresh interpreter simulate a trifle under another hash seed than this process has."""
        seen = await self.fingerprint(f"{__name__}:idle", seed=0, parameters={"events": 1}, hash_seed=1)
        return Verdict(
            (
                Check(
                    name="a fresh interpreter hashes as told",
                    observed=seen.hash_seed,
                    comparison="==",
                    limit="1",
                ),
                Check(
                    name="and returns a digest",
                    observed=len(seen.digest),
                    comparison=">",
                    limit=0,
                    unit="digits",
                ),
            )
        )

    async def fingerprint(
        self,
        workload: str,
        *,
        seed: int,
        parameters: Mapping[str, Any],
        strategy: str = "fifo",
        hash_seed: int,
    ) -> Fingerprint:
        """Simulate ``workload`` (``module:function``) in a fresh interpreter with this ``PYTHONHASHSEED``.

        Raises
        ------
        HarnessError
            When the process did not answer, with the end of what it said.
        """
        request = {"workload": workload, "seed": seed, "strategy": strategy, "parameters": dict(parameters)}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            ENTRY,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(hash_seed),
        )
        self._running.add(process)
        try:
            answer, complaint = await process.communicate(json.dumps(request).encode())
        finally:
            await _end(process)
            self._running.discard(process)
        if process.returncode != 0:
            said = complaint.decode(errors="replace").strip()[-2_000:]
            raise HarnessError(f"the interpreter for {workload} ended with {process.returncode}: {said}")
        return Fingerprint(**json.loads(answer))

    async def shutdown(self) -> None:
        """Kill the interpreters that still run, and wait for them."""
        for process in list(self._running):
            await _end(process)
        self._running.clear()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _environment(hash_seed: int) -> dict[str, str]:
    # The fresh process must find this very package, installed or not.
    home = str(Path(alyslab.__file__).resolve().parents[1])
    path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": path}
