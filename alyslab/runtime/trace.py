"""What a simulation did, folded into a digest: the task of each step, and each jump of time."""

from __future__ import annotations

from array import array
from hashlib import blake2b

JUMP = -2
"""A jump of time to t nanoseconds is traced as ``JUMP - t``; -1 is a callback, 0 and above a task."""


class Trace:
    """Collects numbers, and folds them into a rolling digest of 64-bit integers.

    ``step`` is the append of a plain list, since it is called once a step.
    """

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._jumps = 0
        self._digest = blake2b(digest_size=16)
        self.step = self._numbers.append

    def jump(self, to_ns: int) -> None:
        """Add a jump of time."""
        self._numbers.append(JUMP - to_ns)
        self._jumps += 1

    def fold(self) -> int:
        """Fold what was collected into the digest; return how many steps that was."""
        steps = len(self._numbers) - self._jumps
        self._digest.update(array("q", self._numbers).tobytes())
        self._numbers.clear()
        self._jumps = 0
        return steps

    @property
    def digest(self) -> str:
        """The digest of what was folded so far, 32 hexadecimal digits."""
        return self._digest.hexdigest()
