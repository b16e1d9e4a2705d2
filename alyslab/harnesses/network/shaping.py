"""A change of the conditions of some links, for as long as it lasts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import LinkError
from alyslab.harnesses.network.link import LinkSpec


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shaping:
    """Which links change, and how."""

    senders: frozenset[str] | None
    """None: whoever sends."""
    receivers: frozenset[str] | None
    """None: whoever receives."""
    change: Callable[[LinkSpec], LinkSpec]
    """Makes the new conditions of the old ones."""

    def concerns(self, sender: str, receiver: str) -> bool:
        """Answer whether this direction of this link changes."""
        return (self.senders is None or sender in self.senders) and (
            self.receivers is None or receiver in self.receivers
        )


def shaping_of(
    sender: str | Collection[str] | None,
    receiver: str | Collection[str] | None,
    change: Callable[[LinkSpec], LinkSpec] | None,
    changes: Mapping[str, Any],
) -> Shaping:
    """Return a change from a function or from new values; raises :class:`LinkError` if it is neither."""
    if (change is None) == (not changes):
        what = "a function or new values, one of them"
        raise LinkError(Problem(where="shaped", key="change", what=what, value=tuple(changes)))
    if change is not None and not callable(change):
        raise LinkError(Problem(where="shaped", key="change", what=f"is {change!r}", allowed="a function"))
    if change is None:
        LinkSpec().check_names(changes)
    return Shaping(
        senders=_names("sender", sender),
        receivers=_names("receiver", receiver),
        change=change if change is not None else lambda spec: spec.changed(**changes),
    )


def _names(key: str, given: object) -> frozenset[str] | None:
    if given is None:
        return None
    names = (given,) if isinstance(given, str) else given
    if not (isinstance(names, Collection) and all(isinstance(name, str) for name in names)):
        what, allowed = f"is {given!r}", "a name, several, or None for all"
        raise LinkError(Problem(where="shaped", key=key, what=what, value=given, allowed=allowed))
    return frozenset(names)
