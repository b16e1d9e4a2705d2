"""The lines of a network: every direction that was used, and the conditions that it has at the moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import LinkError
from alyslab.harnesses.network.line import Line
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.shaping import Shaping

if TYPE_CHECKING:
    from alyslab.harnesses.network.network import Network

LinkOf = Callable[[str, str], LinkSpec]
"""The conditions from one peer to another."""


class Lines:
    """Makes each line when it is first used, and changes the conditions of those that are there.

    Parameters
    ----------
    network
        Whose they are.
    link
        The conditions of every link, or a function of (sender, receiver).
    """

    def __init__(self, network: Network, link: LinkSpec | LinkOf) -> None:
        self._network = network
        self._link = link
        self._lines: dict[tuple[str, str], Line] = {}
        self._shapings: list[Shaping] = []
        self._record = network.runtime.journal.recorder("net.line", "receiver", "spec")

    def line(self, sender: str, receiver: str) -> Line:
        """Return the way from one peer to another, made at the first call."""
        line = self._lines.get((sender, receiver))
        if line is None:
            network = self._network
            end, start = network.at(receiver, sender), network.at(sender, receiver)
            line = self._lines[sender, receiver] = Line(
                sender,
                receiver,
                self._spec(sender, receiver, self._shapings),
                lambda: network.runtime.random(f"network.line:{sender}>{receiver}"),
                arrive=end.inbox.arrive,
                context=end.context,
                defects=network.defects,
            )
            line.transmit = network.carrier.transmitter(line, start.uplink)
            self._record(sender, receiver, line.spec.as_pairs())
        return line

    def shape(self, shaping: Shaping) -> None:
        """Change conditions; raises :class:`LinkError` for unknown peers or impossible conditions."""
        problems = [
            Problem(where="shaped", key=key, what=f"nobody is named {name!r}", value=name, allowed="a peer")
            for key, names in (("sender", shaping.senders), ("receiver", shaping.receivers))
            for name in sorted(names or ())
            if name not in self._network.endpoints
        ]
        if problems:
            raise LinkError(problems)
        shapings = [*self._shapings, shaping]
        specs = [self._spec(line.sender, line.receiver, shapings) for line in self._lines.values()]
        self._shapings = shapings
        for line, spec in zip(self._lines.values(), specs, strict=True):
            self._change(line, spec)

    def unshape(self, shaping: Shaping) -> None:
        """Take a change back; a second call does nothing.

        Raises
        ------
        LinkError
            If what is left is impossible without it, as a correlation without
            the jitter that was taken away.  It is taken back all the same:
            those links stay as they are until the rest is taken back too.
        """
        self._shapings = [other for other in self._shapings if other is not shaping]
        problems: list[Problem] = []
        for line in self._lines.values():
            try:
                self._change(line, self._spec(line.sender, line.receiver, self._shapings))
            except LinkError as error:
                problems += error.problems
        if problems:
            raise LinkError(problems)

    def _spec(self, sender: str, receiver: str, shapings: Sequence[Shaping]) -> LinkSpec:
        spec = self._link if isinstance(self._link, LinkSpec) else self._link(sender, receiver)
        _require(spec, sender, receiver)
        for shaping in shapings:
            if shaping.concerns(sender, receiver):
                spec = shaping.change(spec)
                _require(spec, sender, receiver)
        return spec

    def _change(self, line: Line, spec: LinkSpec) -> None:
        if spec != line.spec:
            line.change(spec)
            self._record(line.sender, line.receiver, spec.as_pairs())


def _require(given: object, sender: str, receiver: str) -> None:
    """Refuse what a function of links returned, if it is no link."""
    if not isinstance(given, LinkSpec):
        what = f"the function of links returned {given!r} for {sender} → {receiver}"
        raise LinkError(Problem(where="network", key="link", what=what, value=given, allowed="a LinkSpec"))
