"""Settles what a run will execute, before anything starts.

Layers, the later ones winning: the notebook's own defaults,
``parameters/base.yaml``, ``parameters/profiles/<profile>.yaml``,
``parameters/<notebook>/<scenario>.yaml``, then ``-p name=value`` and
``--seed``.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from alyslab.batch.kinds import Value
from alyslab.batch.layers import Entry, read_layer
from alyslab.batch.notebook import SUMMARY, SourceNotebook, find_notebooks, read_notebook
from alyslab.batch.plan import Job, Plan, Request
from alyslab.batch.selection import DEFAULT_SCENARIO, SCENARIOS, Pair, Selection
from alyslab.errors import NotebookError, ParameterError, Problem

_SET_BY_RUNNER = {"profile": "--profile", "run_dir": "the runner"}


def make_plan(request: Request, *, notebooks: Path, parameters: Path) -> Plan:
    """Settle what ``request`` means for the files in the two folders.

    Raises
    ------
    NotebookError, ParameterError
        With everything that is wrong with notebooks, files and options at
        once; nothing has been started.
    """
    return _Planner(request, notebooks, parameters).plan()


class _Planner:
    """Collects problems while it works, so that one error can name them all."""

    def __init__(self, request: Request, notebooks: Path, parameters: Path) -> None:
        self.request = request
        self.folder = parameters
        self.problems: list[Problem] = []
        self.about_parameters = False
        self.paths = find_notebooks(notebooks)
        if SUMMARY not in self.paths:
            what = f"has no {SUMMARY}.ipynb, which gates a run"
            raise NotebookError(Problem(where=str(notebooks), what=what))
        read = {name: self._source(path) for name, path in self.paths.items()}
        self.sources = {name: source for name, source in read.items() if source}

    def plan(self) -> Plan:
        base = self._layer(self.folder / "base.yaml", optional=True)
        profile = dict(self._profile())
        scenarios = profile.pop(SCENARIOS, None)
        for layer in (base, profile):
            self._check_declared(layer, self.sources.values())
        pairs = self._select(scenarios)
        overrides = self._overrides([self.sources[name] for name, _ in pairs if name in self.sources])
        layers = (base, profile, overrides)
        jobs = tuple(self._job(name, scenario, *layers) for name, scenario in pairs if name in self.sources)
        summary = self._job(SUMMARY, DEFAULT_SCENARIO, *layers) if SUMMARY in self.sources else None
        if summary:
            self._check_required_checks(summary)
        if self.problems or summary is None:
            raise (ParameterError if self.about_parameters else NotebookError)(self.problems)
        return Plan(request=self.request, jobs=jobs, summary=summary)

    # --- reading -----------------------------------------------------------------------------

    def _source(self, path: Path) -> SourceNotebook | None:
        try:
            source = read_notebook(path)
        except NotebookError as error:
            self.problems.extend(error.problems)
            return None
        seed = source.declared.get("seed")
        if path.stem != SUMMARY and (seed is None or str(seed.kind) != "int"):
            self.problems.append(Problem(where=str(path), what="must declare a parameter 'seed: int'"))
            return None
        return source

    def _layer(self, path: Path, *, optional: bool = False) -> Mapping[str, Entry]:
        if optional and not path.exists():
            return {}
        try:
            return read_layer(path)
        except ParameterError as error:
            self._wrong(*error.problems)
            return {}

    def _profile(self) -> Mapping[str, Entry]:
        name = self.request.profile
        folder = self.folder / "profiles"
        # Looked up among what is there, so that no name can lead out of the folder.
        known = sorted(path.stem for path in folder.glob("*.yaml"))
        if name not in known:
            what = f"there is no profile {name[:80]!r} in {folder}"
            allowed = f"known: {', '.join(known) or 'none'}"
            self._wrong(Problem(where="--profile", what=what, value=name, allowed=allowed))
            return {}
        return self._layer(folder / f"{name}.yaml")

    def _select(self, scenarios: Entry | None) -> list[Pair]:
        known = {
            name: sorted({DEFAULT_SCENARIO, *(path.stem for path in (self.folder / name).glob("*.yaml"))})
            for name in self.paths
            if name != SUMMARY
        }
        selection = Selection(known)
        pairs = selection.pairs(self.request.notebooks, scenarios)
        self._wrong(*selection.problems)
        if not pairs and not self.problems:
            where = scenarios.where if scenarios else "notebooks"
            self._wrong(Problem(where=where, what="nothing is selected to run"))
        return pairs

    def _overrides(self, chosen: Collection[SourceNotebook]) -> Mapping[str, Entry]:
        entries: dict[str, Entry] = {}
        for text in self.request.overrides:
            where = f"-p {text[:80]}"
            name, equals, value = text.partition("=")
            if not equals or not name:
                self._wrong(Problem(where=where, what="is not name=value", value=text))
            elif name in entries:
                self._wrong(Problem(where=where, key=name, what="is given twice", value=text))
            else:
                entries[name] = Entry(value=_Text(value), where=where)
        if self.request.seed is not None:
            if "seed" in entries:
                self._wrong(Problem(where="--seed", key="seed", what="is given with -p too"))
            entries["seed"] = Entry(value=self.request.seed, where="--seed")
        summary = [self.sources[SUMMARY]] if SUMMARY in self.sources else []
        # Where nothing could be chosen, that is the problem, not the names.
        self._check_declared(entries, [*(chosen or self.sources.values()), *summary])
        return entries

    # --- checking ----------------------------------------------------------------------------

    def _check_declared(self, layer: Mapping[str, Entry], sources: Iterable[SourceNotebook]) -> None:
        known = {name for source in sources for name in source.declared}
        for name, entry in layer.items():
            self._check_name(name, entry, known, "no notebook of this run declares this parameter")

    def _check_name(self, name: str, entry: Entry, known: Collection[str], what: str) -> None:
        if name in _SET_BY_RUNNER:
            self._wrong(Problem(where=entry.where, key=name, what=f"is set by {_SET_BY_RUNNER[name]}"))
        elif name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            allowed = f"did you mean {near[0]}?" if near else None
            self._wrong(Problem(where=entry.where, key=name, what=what, value=entry.value, allowed=allowed))

    def _job(
        self,
        notebook: str,
        scenario: str,
        base: Mapping[str, Entry],
        profile: Mapping[str, Entry],
        overrides: Mapping[str, Entry],
    ) -> Job:
        source = self.sources[notebook]
        path = self.folder / notebook / f"{scenario}.yaml"
        own = self._layer(path, optional=scenario == DEFAULT_SCENARIO)
        for name, entry in own.items():
            what = f"notebook {notebook} declares no such parameter"
            self._check_name(name, entry, source.declared, what)
        values: dict[str, Value] = {name: declared.default for name, declared in source.declared.items()}
        for layer in (base, profile, own, overrides):
            values |= self._typed(source, layer)
        # Executed notebooks work in the run directory, so that it can be moved as a whole.
        given: Mapping[str, Value] = {"profile": self.request.profile, "run_dir": "."}
        values |= {name: value for name, value in given.items() if name in values}
        return Job(notebook=source, scenario=scenario, parameters=values)

    def _typed(self, source: SourceNotebook, layer: Mapping[str, Entry]) -> Mapping[str, Value]:
        values: dict[str, Value] = {}
        for name in layer.keys() & source.declared.keys() - _SET_BY_RUNNER.keys():
            kind, entry = source.declared[name].kind, layer[name]
            try:
                given = entry.value
                values[name] = kind.read(given.text) if isinstance(given, _Text) else kind.accept(given)
            except TypeError as error:
                what = f"{error}, as notebook {source.name} declares it"
                self._wrong(Problem(where=entry.where, key=name, what=what, value=entry.value))
        return values

    def _check_required_checks(self, summary: Job) -> None:
        required = summary.parameters.get("required_checks")
        experiments = [name for name in self.paths if name != SUMMARY]
        for pattern in required if isinstance(required, list) else ():
            name, _, check = str(pattern).partition(":")
            if not check or not any(fnmatchcase(known, name) for known in experiments):
                allowed = f"'notebook:check', with a notebook of {', '.join(experiments)}"
                what = f"{pattern!r} names no notebook"
                self._wrong(Problem(where="required_checks", what=what, value=pattern, allowed=allowed))

    def _wrong(self, *problems: Problem) -> None:
        self.about_parameters = self.about_parameters or bool(problems)
        # What several notebooks share is reported once.
        self.problems.extend(problem for problem in problems if problem not in self.problems)


@dataclass(frozen=True, slots=True)
class _Text:
    """A value from the command line, whose type only the notebook knows."""

    text: str
