"""Vector clocks, kept where messages are received.

A component counts the messages that one participant has sent.  A message
carries its sender's clock; its receiver merges it when it handles the message.
"""

from __future__ import annotations

from itertools import zip_longest


class VectorClocks:
    """The clocks of all participants; a clock is as long as the highest component it knows.

    Parameters
    ----------
    merges
        Whether receivers merge, False only as a defect.
    """

    def __init__(self, *, merges: bool = True) -> None:
        self._merges = merges
        self._index: dict[str, int] = {}
        self._clocks: dict[str, tuple[int, ...]] = {}

    @property
    def participants(self) -> tuple[str, ...]:
        """Who owns which component, in order."""
        return tuple(self._index)

    def clock_of(self, participant: str) -> tuple[int, ...]:
        """Return a participant's clock as it stands."""
        return self._clocks.get(participant, ())

    def send(self, sender: str) -> tuple[int, ...]:
        """Count one more message of ``sender`` and return its clock."""
        at = self._index.setdefault(sender, len(self._index))
        clock = list(self._clocks.get(sender, ()))
        clock.extend([0] * (at + 1 - len(clock)))
        clock[at] += 1
        stamp = self._clocks[sender] = tuple(clock)
        return stamp

    def receive(self, receiver: str, stamp: tuple[int, ...]) -> tuple[int, ...]:
        """Merge the clock of a message into its receiver's, and return that."""
        clock = self._clocks.get(receiver, ())
        if self._merges:
            clock = self._clocks[receiver] = merged(clock, stamp)
        return clock


def merged(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Return the least clock that both are below; what a clock does not know counts 0."""
    return tuple(max(pair) for pair in zip_longest(one, other, fillvalue=0))
