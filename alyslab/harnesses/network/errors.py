"""What can go wrong on the network, each error naming the two ends and what to do.

::

    ParameterError
    ├── LinkError                 conditions of a link that no link can have
    ├── RuleError                 a rule that can't be installed, or whose verdict is none
    └── TopologyError             a graph that can't be built, read or used
    HarnessError
    └── NetworkError              one call on the network refused or failed
        ├── UnknownPeerError      nobody has that name
        ├── BadMessageError       a message that can't be sent: its topic, payload or size
        └── NoAnswerError         nobody will answer
            ├── PeerGoneError     there is no connection, or it ended first
            └── RequestTimeoutError   nobody answered in time
"""

from __future__ import annotations

from alyslab.errors import HarnessError, ParameterError


class LinkError(ParameterError):
    """Conditions that no link can have: a negative delay, a ratio above 1, a rate of 0."""


class RuleError(ParameterError):
    """A rule that can't be installed: its name is taken or its verdict is none."""


class TopologyError(ParameterError):
    """A graph that can't be built from these parameters, read from this file, or used for this."""


class NetworkError(HarnessError):
    """One call on the network was refused or failed.

    ``peer`` is the end that called, ``other`` the one that it meant.
    """

    def __init__(self, peer: str, other: str, what: str, advice: str) -> None:
        self.peer = peer
        self.other = other
        self.advice = advice
        super().__init__(f"{peer} → {other}: {what}; {advice}")


class UnknownPeerError(NetworkError):
    """No other endpoint has that name."""


class BadMessageError(NetworkError):
    """A message that can't be sent; ``field`` says what of it is wrong, ``value`` what it was."""

    def __init__(  # noqa: PLR0917 - as the message reads
        self, peer: str, other: str, field: str, value: object, what: str, allowed: str
    ) -> None:
        self.field = field
        self.value = value
        super().__init__(peer, other, f"{field}: {what}", allowed)


class NoAnswerError(NetworkError):
    """Nobody will answer."""


class PeerGoneError(NoAnswerError):
    """There is no connection to that peer, or it ended before the answer came."""


class RequestTimeoutError(NoAnswerError):
    """Nobody answered in time; ``timeout_s`` is how long the caller waited."""

    def __init__(self, peer: str, other: str, what: str, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(
            peer, other, f"{what} within {timeout_s:g} s", "raise timeout_s, or look for net.drop rows"
        )
