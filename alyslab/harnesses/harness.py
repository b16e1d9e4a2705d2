"""What every harness offers: come up, show that you are up, go down.

A harness stands between the laboratory and one system under test.  The
framework holds it to three calls and nothing more; what the harness can do
beyond them is between it and the workloads that use it.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from alyslab.checkers.verdict import Verdict


@runtime_checkable
class Harness(Protocol):
    """One system under test, from its start to its end.

    The three calls are made in the order in which they stand here, never two
    at a time, and each under a time limit of the configuration's section
    ``framework``.  When the limit is reached the call is cancelled.
    """

    @property
    def name(self) -> str:
        """What log lines, errors and phases call this harness; unique in a session."""
        ...

    async def initialize(self) -> None:
        """Bring the system up.

        Raises
        ------
        Exception
            Whatever kept it from coming up.  :meth:`shutdown` is called after
            a failure as after a success.
        """
        ...

    async def probe(self) -> Verdict:
        """Ask the system for something that only a working one can give, and judge the answer.

        Each check must rest on an answer that was observed during this call.
        A harness is ready when the verdict is ``pass``; a check without an
        observation makes it inconclusive, which is not ready.
        """
        ...

    async def shutdown(self) -> None:
        """Take the system down and give back what it held.

        Called once, also when :meth:`initialize` failed half-way, was
        cancelled or was never reached, so it must cope with whatever exists.
        """
        ...
