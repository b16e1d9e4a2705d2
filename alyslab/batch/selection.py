"""Which notebooks run under which scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from alyslab.batch.kinds import Kind
from alyslab.batch.layers import Entry
from alyslab.batch.notebook import unknown_notebook
from alyslab.errors import Problem

DEFAULT_SCENARIO = "default"
"""The scenario that every notebook has, with or without a file of this name."""

SCENARIOS = "scenarios"
"""The one key of a profile that is no parameter: globs ``notebook:scenario`` of what it runs."""

Pair = tuple[str, str]
"""A notebook's name and one of its scenarios."""


class Selection:
    """Chooses among the known scenarios of each notebook; collects what could not be chosen.

    A profile runs the scenario ``default`` of every notebook, unless its
    ``scenarios`` say otherwise.
    """

    def __init__(self, known: Mapping[str, Sequence[str]]) -> None:
        self.known = known
        self.problems: list[Problem] = []

    def pairs(self, notebooks: Sequence[str], scenarios: Entry | None) -> list[Pair]:
        """Return what runs: ``notebooks`` as asked for, or all that the profile's globs select."""
        globs = self._globs(scenarios)
        if not notebooks:
            return [pair for name in self.known for pair in self._by_globs(name, globs)]
        chosen: dict[Pair, None] = {}
        for asked in notebooks:
            chosen.update(dict.fromkeys(self._asked(asked, globs)))
        return list(chosen)

    def _asked(self, asked: str, globs: Sequence[str]) -> list[Pair]:
        name, _, scenario = asked.partition(":")
        if name not in self.known:
            self.problems.append(unknown_notebook(name, self.known, "--notebook"))
            return []
        if not scenario:
            # Asked for by name, a notebook runs even if the profile would leave it out.
            return self._by_globs(name, globs) or [(name, DEFAULT_SCENARIO)]
        if scenario not in self.known[name]:
            what = f"notebook {name} has no scenario {scenario[:80]!r}"
            allowed = f"known: {', '.join(self.known[name])}"
            self.problems.append(Problem(where="--notebook", what=what, value=asked, allowed=allowed))
            return []
        return [(name, scenario)]

    def _by_globs(self, name: str, globs: Sequence[str]) -> list[Pair]:
        return [
            (name, scenario)
            for scenario in self.known[name]
            if any(fnmatchcase(f"{name}:{scenario}", glob) for glob in globs)
        ]

    def _globs(self, scenarios: Entry | None) -> list[str]:
        if scenarios is None:
            return [f"*:{DEFAULT_SCENARIO}"]
        try:
            value = Kind(base="str", many=True).accept(scenarios.value)
        except TypeError as error:
            self.problems.append(Problem(where=scenarios.where, key=SCENARIOS, what=str(error)))
            return []
        globs = [str(glob) for glob in value] if isinstance(value, list) else []
        pairs = [f"{name}:{scenario}" for name in self.known for scenario in self.known[name]]
        for glob in globs:
            if not any(fnmatchcase(pair, glob) for pair in pairs):
                what = f"{glob!r} selects nothing"
                allowed = f"known: {', '.join(pairs)}"
                self.problems.append(
                    Problem(where=scenarios.where, key=SCENARIOS, what=what, allowed=allowed)
                )
        return globs
