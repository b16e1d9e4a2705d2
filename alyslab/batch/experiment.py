"""What a notebook reports through: parameters in, runs noted, metrics and a verdict out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from alyslab.batch import provenance
from alyslab.batch.glue import exact, glue, in_kernel
from alyslab.errors import ParameterError, Problem, StateError

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.checkers import Verdict

_NAME = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
_METRIC_FIELDS = ("metric", "value", "unit", "labels")


class JournalLike(Protocol):
    """The part of a journal that provenance keeps."""

    @property
    def digest(self) -> str:
        """Digest of the events."""


class RunLike(Protocol):
    """The part of a run that provenance keeps; :func:`alyslab.simulate` returns one."""

    @property
    def seed(self) -> int:
        """The seed it was given."""

    @property
    def token(self) -> str:
        """What replays it."""

    @property
    def digest(self) -> str:
        """Digest of journal and choices."""

    @property
    def journal(self) -> JournalLike:
        """What happened."""


class MetricRowLike(Protocol):
    """One metric; :class:`alyslab.metrics.MetricRow` is one."""

    @property
    def metric(self) -> str:
        """Its name, unit last."""

    @property
    def value(self) -> float | None:
        """What was measured; ``None`` if nothing was."""

    @property
    def unit(self) -> str:
        """Unit of the value."""

    @property
    def labels(self) -> Mapping[str, str]:
        """What tells it from others of its name."""


Metrics: TypeAlias = "Iterable[MetricRowLike | Mapping[str, Any]] | pd.DataFrame"
"""Rows of metric, value, unit, labels, in any of the forms in which they come."""


class Experiment:
    """One experiment of a notebook; the same class works in a script and in pytest.

    Creating it validates the parameters and, in a kernel, shows them as a
    table together with the code that will run.  ``seed`` is ``None`` for what
    draws nothing.  Reads the git commit; uses no randomness.

    Raises
    ------
    ParameterError
        With every parameter that can't be recorded.
    """

    def __init__(self, name: str, *, seed: int | None, profile: str = "", **parameters: Any) -> None:
        self.name = name
        self.seed = seed
        self.profile = profile
        self.parameters: Mapping[str, Any] = _validated(name, seed, parameters)
        self.runs: list[Mapping[str, Any]] = []
        self.finished = False
        if in_kernel():
            from IPython.display import display

            display(self)  # type: ignore[no-untyped-call]

    def add_run(self, run: RunLike, label: str = "") -> None:
        """Keep a run's token and digests for the provenance; ``label`` tells it from others.

        In a run directory the journal itself is kept too, as ``journals/DIGEST.parquet``,
        so that a replay can be held against it event by event.

        Raises
        ------
        StateError
            After :meth:`finish`.
        """
        self._must_be_open("add_run")
        _keep_journal(run.journal)
        self.runs.append(
            {
                "label": label,
                "seed": run.seed,
                "token": run.token,
                "digest": run.digest,
                "journal_digest": run.journal.digest,
            }
        )

    def finish(self, verdict: Verdict, metrics: Metrics = ()) -> None:
        """Glue metrics and provenance and, last of all, the verdict.

        Raises
        ------
        ScrapError
            If a value can't be kept exactly, such as NaN.  Everything is
            checked before anything is glued.
        StateError
            If the experiment was finished before.
        """
        self._must_be_open("finish")
        rows = exact(_rows(metrics), "metrics")
        origin = exact(self.provenance, "provenance")
        judged = exact(verdict.as_dict(), "verdict")
        glue("metrics", rows)
        glue("provenance", origin)
        glue("verdict", judged)
        self.finished = True

    @property
    def provenance(self) -> dict[str, Any]:
        """What is needed to obtain the results again."""
        return {
            "experiment": self.name,
            "seed": self.seed,
            "profile": self.profile,
            "parameters": dict(self.parameters),
            "runs": list(self.runs),
            "versions": dict(provenance.versions()),
            "git_commit": provenance.git_commit(),
        }

    def __repr__(self) -> str:
        parameters = "".join(f", {name}={value!r}" for name, value in self.parameters.items())
        return f"Experiment({self.name!r}, seed={self.seed}, profile={self.profile!r}{parameters})"

    def _repr_html_(self) -> str:
        versions = provenance.versions()
        rows = {
            "seed": self.seed,
            **({"profile": self.profile} if self.profile else {}),
            **self.parameters,
            "alyslab": versions.get("alyslab", "not installed"),
            "commit": provenance.git_commit() or "not in a git checkout",
            "Python": versions["python"],
        }
        body = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(key)}</th>'
            f'<td style="text-align:left"><code>{html.escape(str(value))}</code></td></tr>'
            for key, value in rows.items()
        )
        caption = (
            f'<caption style="text-align:left"><strong>Experiment {html.escape(self.name)}</strong></caption>'
        )
        return f'<table class="alyslab-experiment">{caption}<tbody>{body}</tbody></table>'

    def _must_be_open(self, call: str) -> None:
        if self.finished:
            raise StateError(call, "finished", ())


def _keep_journal(journal: Any) -> None:
    """Save the journal in the run directory, where batch kernels work; elsewhere nobody asked for files."""
    path = Path("journals") / f"{journal.digest}.parquet"
    if in_kernel() and Path("run.json").is_file() and not path.exists():
        journal.save(path)


def _validated(name: str, seed: int | None, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    problems: list[Problem] = []

    def wrong(key: str, what: str, value: object) -> None:
        problems.append(Problem(where=f"Experiment {name!r}", key=key, what=what, value=value))

    if not _NAME.fullmatch(str(name)):
        wrong("name", "must be lower case words joined by _ or -", name)
    if seed is not None and type(seed) is not int:
        wrong("seed", "must be an int", seed)
    kept: dict[str, Any] = {}
    for key, value in parameters.items():
        try:
            kept[key] = exact(value, key)
        except Exception as error:
            wrong(key, str(error), value)
    if problems:
        raise ParameterError(problems)
    return kept


def _rows(metrics: Metrics) -> list[dict[str, Any]]:
    to_dict = getattr(metrics, "to_dict", None)
    if to_dict is not None:
        return [dict(row) for row in to_dict(orient="records")]
    return [
        dict(row) if isinstance(row, Mapping) else {name: getattr(row, name) for name in _METRIC_FIELDS}
        for row in metrics
    ]
