"""Running again what a token names, and saying whether it came to the same."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from alyslab.errors import Problem, TokenError
from alyslab.runtime.event import Difference
from alyslab.runtime.journal import Journal
from alyslab.runtime.run import Run, failed_run, simulate
from alyslab.runtime.simulation import MAX_STEPS, MAX_TIME_S
from alyslab.runtime.token import DIGEST_CHARS, Token, python_minor

Workload = Callable[..., Coroutine[Any, Any, Any]]
WorkloadT = TypeVar("WorkloadT", bound=Workload)

_places: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = {}


def runs_what(
    *parameters: str, places: Mapping[str, str] = MappingProxyType({})
) -> Callable[[WorkloadT], WorkloadT]:
    """Say which parameters of a workload hold ``module:name`` of what it runs; a decorator.

    Where they hold a name instead, ``places`` says what it stands for.  A
    replay imports these modules before the run, as the workload's own: what
    they register (defects that the token plants) must be known by then.
    """

    def register(workload: WorkloadT) -> WorkloadT:
        _places[f"{workload.__module__}:{workload.__qualname__}"] = parameters, places
        return workload

    return register


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """What a replay came to, beside what its token expects."""

    token: Token
    run: Run
    error: str | None
    """The exception that ended the run, if one did; it may have ended the first run too."""
    difference: Difference | None
    """The first differing event, where a saved journal was given and differs."""

    @property
    def same(self) -> bool:
        """Whether journal and schedule are those that the token expects."""
        return self.token.expects(self.run.journal.digest, self.run.choices_digest)

    @property
    def report(self) -> str:
        """What a person wants to read."""
        lines = [
            f"{self.token.workload} seed {self.token.seed}: {'same' if self.same else 'DIFFERENT'}",
            f"  journal  {_compared(self.token.journal_digest, self.run.journal.digest)}",
            f"  schedule {_compared(self.token.choices_digest, self.run.choices_digest)}",
            f"  {len(self.run.journal)} events, {self.run.steps} steps, {self.run.virtual_s:g} virtual s, "
            f"{self.run.wall_s:.3g} wall s",
        ]
        if self.error is not None:
            lines.append(f"  ended with {self.error}")
        if self.difference is not None:
            lines.append(str(self.difference))
        elif not self.same:
            lines.append(
                "  give the first run's saved journal to see the first differing event: --journal FILE"
            )
        return "\n".join(lines)


def replay(token: str, *, journal: Path | str | None = None, main: Workload | None = None) -> ReplayResult:
    """Run again what the token names and compare digests.

    Parameters
    ----------
    token
        As printed by a run.
    journal
        The first run's saved journal; with it, the first differing event is found.
    main
        The workload itself, for a token whose function can't be imported.

    Raises
    ------
    TokenError
        If the token can't be read, is of another version of Python, or its
        workload can't be found.
    JournalFileError
        If the saved journal can't be read.
    """
    parsed = Token.parse(token)
    if parsed.python != python_minor():
        raise _problem(
            f"made under Python {parsed.python}; this is {python_minor()}, where asyncio takes other steps",
            f"replay it under Python {parsed.python}",
        )
    saved = Journal.load(journal) if journal is not None else None
    workload = main or _find(parsed)
    run, error = _run_again(parsed, workload)
    difference = run.journal.first_difference(saved) if saved is not None else None
    return ReplayResult(token=parsed, run=run, error=error, difference=difference)


def _run_again(token: Token, workload: Workload) -> tuple[Run, str | None]:
    try:
        run = simulate(
            workload,
            seed=token.seed,
            strategy=token.strategy,
            choices=token.choices,
            parameters=token.parameters,
            planted=token.planted,
            activation_ratio=token.activation_ratio,
            max_steps=MAX_STEPS if token.max_steps is None else token.max_steps,
            max_time_s=MAX_TIME_S if token.max_time_s is None else token.max_time_s,
        )
    except Exception as error:
        failed = failed_run(error)
        if failed is None:
            raise
        return failed, f"{type(error).__name__}: {error}"
    return run, None


def _find(token: Token) -> Workload:
    module_name, _, path = token.workload.partition(":")
    if not token.importable:
        raise _problem(
            f"{token.workload} was defined in a script, a notebook or another function",
            "replay it there: alyslab.runtime.replay.replay(token, main=the_function)",
        )
    try:
        found: Any = _imported(module_name)
        for name in path.split("."):
            found = getattr(found, name)
        parameters, places = _places.get(token.workload, ((), {}))
        for parameter in parameters:
            value = str(token.parameters.get(parameter))
            _imported(places.get(value, value).partition(":")[0])
    except Exception as error:  # whatever a module raises as it is imported
        raise _problem(
            f"its workload {token.workload!r} can't be found: {error}", "a workload that this checkout has"
        ) from error
    if not inspect.iscoroutinefunction(found):
        raise _problem(f"{token.workload!r} is not an async function", "a workload that this checkout has")
    workload: Workload = found
    return workload


def _imported(name: str) -> Any:
    """Import a module; one that is not installed is looked for in the working directory too."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        here = str(Path.cwd())
        if here in sys.path:
            raise
        sys.path.insert(0, here)
        try:
            return importlib.import_module(name)
        finally:
            sys.path.remove(here)


def _compared(expected: str, observed: str) -> str:
    shown = observed[:DIGEST_CHARS]
    return f"{shown} as expected" if expected == shown else f"{shown}, expected {expected}"


def _problem(what: str, allowed: str) -> TokenError:
    return TokenError(Problem(where="token", what=what, allowed=allowed))
