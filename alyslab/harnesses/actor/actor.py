"""What a user writes: an actor, and what it finds around it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, Any

from alyslab.errors import Problem
from alyslab.harnesses.actor.errors import HandlerError

if TYPE_CHECKING:
    from alyslab.harnesses.actor.context import Context


class Actor:
    """An actor under test: override :meth:`receive`, and of the rest what is needed.

    One object lives from a start to a failure; a restart makes a new one.
    Only what was given to ``context.save`` survives.
    """

    context: Context
    """Set before :meth:`started` is called."""

    async def receive(self, kind: str, body: Any) -> Any:
        """Handle one message; what it returns answers an ask.  No two run at once.

        Who sent it, and all else, is in ``self.context.message``.
        """
        raise NotImplementedError

    async def started(self) -> None:
        """Get ready; called at each start, before the first message."""

    async def stopped(self) -> None:
        """Clean up; called when the actor stops in an orderly way, not when it failed."""

    def failed(self) -> None:
        """Let go of what this life held outside, at once; called when it failed or was cancelled."""

    def restore(self, saved: Any) -> None:
        """Take back what the last ``context.save`` was given; called before :meth:`started` of a restart."""

    def state(self) -> Any:
        """Return what makes up the actor's state, as JSON values; its digest is compared across a restart."""
        return None

    def healthy(self) -> bool:
        """Return whether the actor finds itself in order; asked by health checks, between two messages."""
        return True

    def corrupt(self, random: Random) -> None:
        """Damage the state as a stray write would; override it to take part in that failure.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} declares no corrupt()")


def digest_of(state: Any) -> str:
    """Return the digest of a declared state, 16 hexadecimal digits; empty for an actor without one."""
    if state is None:
        return ""
    text = json.dumps(state, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def require_actor(actor: str, kind: object, options: Mapping[str, Any]) -> None:
    """Refuse a class that can't be run as the actor of that name.

    Raises
    ------
    HandlerError
        With everything that is wrong with it.
    """
    problems = []
    where = f"actor {actor} (not started), class {getattr(kind, '__name__', kind)}"
    if not isinstance(kind, type) or not issubclass(kind, Actor):
        problems.append(Problem(where=where, what="is no subclass of Actor", allowed="class X(Actor): …"))
    else:
        for name in ("receive", "started", "stopped"):
            if not inspect.iscoroutinefunction(getattr(kind, name)):
                problems.append(
                    Problem(where=where, key=name, what="is not async", allowed=f"async def {name}(self, …)")
                )
        if kind.receive is Actor.receive:
            problems.append(Problem(where=where, key="receive", what="is missing", allowed="override it"))
        problems += _wrong_options(where, kind, options)
    if problems:
        raise HandlerError(problems)


@lru_cache(maxsize=64)
def _signature(kind: Callable[..., Actor]) -> inspect.Signature:
    """Return what the class takes; for one without an ``__init__`` finding it out takes milliseconds."""
    return inspect.signature(kind)


def _wrong_options(where: str, kind: type[Actor], options: Mapping[str, Any]) -> list[Problem]:
    made_by: Callable[..., Actor] = kind
    try:
        _signature(made_by).bind(**options)
    except TypeError as error:
        return [Problem(where=where, key="options", what=str(error), value=dict(options))]
    return []
