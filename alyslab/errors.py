"""Every exception that alyslab raises on purpose, in one tree.

::

    AlyslabError
    ├── BadInputError                what the user gave can't be used          exit code 2
    │   ├── ConfigError              configuration files and variables
    │   ├── ParameterError           an experiment's parameters and their files
    │   ├── NotebookError            a notebook that is missing or not runnable
    │   ├── TokenError               a replay token that can't be read here
    │   ├── JournalFileError         a saved journal that is not what it claims
    │   └── RunDirectoryError        a run directory that is missing, foreign or half written
    └── LabError                     the laboratory itself failed              exit code 3
        ├── StateError               a call that the present state does not allow
        ├── HarnessError             a harness that could not start, run or stop
        ├── ExecutionError           a notebook or workload that ended without a result
        └── RuntimeFault             the simulation can't go on
            ├── StallError           nothing is ready, nothing is scheduled, main is not done
            ├── BudgetError          more steps or virtual time than the run was given
            ├── IsolationError       code under simulation reached for the real world
            ├── JournalError         a value that the journal can't keep
            ├── NodeError            a node asked for what its state does not allow
            │   └── NodeCrashedError what whoever awaits a task of a crashed node gets
            ├── DiskError            a simulated disk refused an operation
            └── UnhandledError       a background task failed and nobody looked

A violated invariant is not in this tree: it is a result, a
:class:`alyslab.checkers.verdict.Verdict` with its evidence.  A module may
derive its own errors from these; the caller's decision stays one of
"mine to correct" (:class:`BadInputError`) or "theirs" (:class:`LabError`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class AlyslabError(Exception):
    """Base of all errors raised by alyslab.

    ``exit_code`` is what the command line ends with when nobody handles it.
    """

    exit_code = 3

    def __reduce__(self) -> tuple[Any, ...]:
        # The default rebuilds from ``args``, which are not what the constructors take.
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[AlyslabError], args: tuple[Any, ...], state: dict[str, Any]) -> AlyslabError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with an input, said so that it can be corrected."""

    where: str
    """The file (with ``:line`` where known), variable, option or argument."""
    what: str
    """What is wrong, as a sentence without its full stop."""
    key: str | None = None
    """The dotted key or name concerned, if the input has keys."""
    value: object = None
    """The offending value, as given."""
    allowed: str | None = None
    """What would be accepted, or the nearest known name."""

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        allowed = f" ({self.allowed})" if self.allowed else ""
        return f"{self.where}: {key}{self.what}{allowed}"


class BadInputError(AlyslabError):
    """What the user gave can't be used; nothing was started.

    All problems are reported at once, each in ``problems``.
    """

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigError(BadInputError):
    """A configuration file or variable has an unknown key or a value that is not allowed."""


class ParameterError(BadInputError):
    """A parameter is unknown to its notebook or has the wrong type."""


class NotebookError(BadInputError):
    """A notebook is missing, malformed or outside the notebooks folder."""


class TokenError(BadInputError):
    """A replay token is malformed or was made by another version."""


class JournalFileError(BadInputError):
    """A saved journal is missing, malformed, of another version, or fails its own digest."""


class RunDirectoryError(BadInputError):
    """A run directory is missing, was not written by alyslab, or belongs to another experiment."""


class LabError(AlyslabError):
    """The laboratory itself failed; the run is neither pass nor fail."""


class StateError(LabError):
    """A call was made in a state that does not allow it."""

    def __init__(self, call: str, state: str, allowed: Iterable[str]) -> None:
        self.call = call
        self.state = state
        self.allowed = tuple(allowed)
        calls = ", ".join(self.allowed) or "none"
        super().__init__(f"{call} is not allowed in state {state}; allowed here: {calls}")


class HarnessError(LabError):
    """A harness could not start, run or stop."""


class ExecutionError(LabError):
    """A notebook or workload ended without a result."""


class RuntimeFault(LabError):  # noqa: N818 - a family, never raised itself
    """The simulation can't go on."""


class StallError(RuntimeFault):
    """Nothing is ready, nothing is scheduled and main is not done.

    ``waiting`` holds a line for each unfinished task with its await point.
    """

    def __init__(self, message: str, waiting: Iterable[str]) -> None:
        self.waiting = tuple(waiting)
        super().__init__("\n".join([message, *(f"  {line}" for line in self.waiting)]))


class BudgetError(RuntimeFault):
    """A run used more steps or virtual time than it was given.

    ``budget`` is ``"max_steps"`` or ``"max_time_s"``, ``limit`` its value.
    """

    def __init__(self, budget: str, limit: float, waiting: Iterable[str]) -> None:
        self.budget = budget
        self.limit = limit
        self.waiting = tuple(waiting)
        head = f"the run used up {budget}={limit:g}; raise it, or look at what is still waiting:"
        super().__init__("\n".join([head, *(f"  {line}" for line in self.waiting)]))


class IsolationError(RuntimeFault):
    """Code under simulation reached for threads, sockets, processes or real time."""

    def __init__(self, what: str, use: str) -> None:
        self.what = what
        self.use = use
        super().__init__(f"{what} is not available under simulation; use {use}")


class JournalError(RuntimeFault):
    """A value that the journal can't keep, or a journal that is closed."""


class NodeError(RuntimeFault):
    """A node was asked for what its state does not allow."""


class NodeCrashedError(NodeError):
    """The node whose task was awaited has crashed."""


class DiskError(RuntimeFault):
    """A simulated disk refused an operation."""


class UnhandledError(RuntimeFault):
    """A background task or callback failed and nobody looked at its exception."""

    def __init__(self, failures: Iterable[str]) -> None:
        self.failures = tuple(failures)
        super().__init__("\n".join(["failed in the background, seen by nobody:", *self.failures]))
