"""Running one async function to its end in virtual time, and what came of it."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

from alyslab.errors import BadInputError, Problem
from alyslab.runtime.callback import NS_PER_S
from alyslab.runtime.journal import Journal
from alyslab.runtime.simulation import MAX_STEPS, MAX_TIME_S, Simulation
from alyslab.runtime.sites import SiteCoverage
from alyslab.runtime.token import DIGEST_CHARS, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one simulation."""

    result: Any
    """What main returned."""
    journal: Journal
    """Everything that was recorded."""
    seed: int
    strategy: str
    choices: tuple[int, ...]
    """The run's schedule: for each moment with two or more ready tasks, which went on; 0 is the first."""
    choices_digest: str
    """Of every step and jump of time, also of a program that records nothing."""
    token: str
    """Repeats the run: ``alyslab replay TOKEN``."""
    virtual_s: float
    """Virtual seconds that passed."""
    wall_s: float
    """Real seconds that it took; never part of a digest."""
    steps: int
    """Task steps and callbacks that ran."""
    sites: tuple[SiteCoverage, ...]
    """What the fault sites that were visited did."""

    @property
    def digest(self) -> str:
        """The digest of the journal and the choices together: 32 hexadecimal digits."""
        return blake2b(f"{self.journal.digest} {self.choices_digest}".encode(), digest_size=16).hexdigest()

    def __repr__(self) -> str:
        return (
            f"<Run seed={self.seed} strategy={self.strategy} digest={self.digest[:12]}… "
            f"events={len(self.journal)} steps={self.steps} virtual_s={self.virtual_s:g} "
            f"wall_s={self.wall_s:.3g}>"
        )


def simulate(
    main: Callable[..., Coroutine[Any, Any, Any]],
    *,
    seed: int,
    strategy: str = "fifo",
    choices: Sequence[int] = (),
    parameters: Mapping[str, Any] | None = None,
    planted: Iterable[str] = (),
    activation_ratio: float = 0.0,
    max_steps: int = MAX_STEPS,
    max_time_s: float = MAX_TIME_S,
) -> Run:
    """Run an async function in virtual time, deterministically, and return what came of it.

    Works the same in a script, in pytest, under Hypothesis, and inside a
    running Jupyter kernel.  The function finds its surroundings with
    :func:`alyslab.current`.  Tasks that it leaves behind are cancelled, as
    ``asyncio.run`` does.

    Parameters
    ----------
    main
        An async function; one at the top level of a module can be replayed by
        its token anywhere.
    parameters
        Its keyword arguments: JSON values, so that the token can carry them.
    seed, strategy, choices, planted, activation_ratio, max_steps, max_time_s
        As for :class:`Simulation`.

    Raises
    ------
    BadInputError
        If an argument is not what it should be; nothing has started then.
    StallError, BudgetError, UnhandledError
        As for :class:`Simulation`.
    Exception
        Whatever ``main`` raises passes through, with the replay token in a
        note; :func:`failed_run` returns the run up to there.
    """
    text = _checked_parameters(main, parameters)
    sim = Simulation(
        seed=seed,
        strategy=strategy,
        choices=choices,
        planted=planted,
        activation_ratio=activation_ratio,
        max_steps=max_steps,
        max_time_s=max_time_s,
    )
    token = partial(
        Token,
        workload=f"{main.__module__}:{main.__qualname__}",
        importable=_importable(main),
        seed=seed,
        strategy=strategy,
        choices=tuple(choices),
        parameters=_beyond_defaults(main, json.loads(text)),
        planted=sim.sites.planted_names,
        activation_ratio=activation_ratio,
        max_steps=None if max_steps == MAX_STEPS else max_steps,
        max_time_s=None if max_time_s == MAX_TIME_S else max_time_s,
    )
    try:
        with sim:
            result = sim.run(main, **json.loads(text))
    except Exception as error:
        run = _outcome(sim, None, token)
        error.add_note(f"seed {seed}; replay with: alyslab replay {run.token}")
        vars(error)[_RUN_ATTRIBUTE] = _FailedRun(run)
        raise
    return _outcome(sim, result, token)


_RUN_ATTRIBUTE = "_alyslab_run"


class _FailedRun:
    """A run attached to the exception that ended it; left behind when that goes to another process."""

    def __init__(self, run: Run | None) -> None:
        self.run = run

    def __reduce__(self) -> tuple[Any, ...]:
        return _FailedRun, (None,)


def failed_run(error: BaseException) -> Run | None:
    """Return the run that ended with this exception, for its journal and token; None if no run did."""
    attached = getattr(error, _RUN_ATTRIBUTE, None)
    return attached.run if isinstance(attached, _FailedRun) else None


def _outcome(sim: Simulation, result: Any, token: Callable[..., Token]) -> Run:
    journal_digest, choices_digest = sim.journal.digest, sim.loop.choices_digest
    return Run(
        result=result,
        journal=sim.journal,
        seed=sim.seed,
        strategy=sim.strategy,
        choices=sim.choices,
        choices_digest=choices_digest,
        token=str(
            token(journal_digest=journal_digest[:DIGEST_CHARS], choices_digest=choices_digest[:DIGEST_CHARS])
        ),
        virtual_s=sim.now_ns / NS_PER_S,
        wall_s=sim.wall_s,
        steps=sim.loop.steps,
        sites=sim.sites.coverage(),
    )


def _checked_parameters(main: Callable[..., Any], parameters: Mapping[str, Any] | None) -> str:
    """Return the parameters as JSON text, from which the workload and the token get the same."""
    if not inspect.iscoroutinefunction(main) or not hasattr(main, "__qualname__"):
        what = "not an async function"
        raise BadInputError(Problem(where="simulate()", key="main", what=what, value=main))
    given = {} if parameters is None else parameters
    if not isinstance(given, dict):
        what = "not a dictionary of arguments"
        raise BadInputError(Problem(where="simulate()", key="parameters", what=what, value=given))
    where = f"parameters of {main.__qualname__}"
    try:
        inspect.signature(main).bind(**given)
    except TypeError as error:
        signature = f"{main.__qualname__}{inspect.signature(main)}"
        raise BadInputError(Problem(where=where, what=str(error), value=given, allowed=signature)) from error
    try:
        text = json.dumps(given, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(where, str(error), given) from error
    if not _same_json(json.loads(text), given):
        raise _not_json(where, "JSON has no tuples, and its keys are strings", given)
    return text


def _not_json(where: str, why: str, given: Mapping[str, Any]) -> BadInputError:
    return BadInputError(
        Problem(
            where=where,
            what=f"a value is not JSON, so that no token could carry it: {why}",
            value=given,
            allowed="lists and plain values; let the function close over what is not data",
        )
    )


def _same_json(one: Any, other: Any) -> bool:
    """Return whether two values are equal in value and type, all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same_json(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same_json, one, other))
    return bool(one == other)


def _beyond_defaults(main: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    signature = inspect.signature(main).parameters
    defaults = {name: parameter.default for name, parameter in signature.items()}
    return {name: value for name, value in given.items() if not _same_json(defaults.get(name, given), value)}


def _importable(main: Callable[..., Any]) -> bool:
    if main.__module__ == "__main__":
        return False
    found: Any = sys.modules.get(main.__module__)
    for name in main.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is main
