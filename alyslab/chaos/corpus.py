"""The corpus: failing tokens in a file, which every later search runs again first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from alyslab.atomic import alone, write_text
from alyslab.chaos.trial import Trial, again
from alyslab.errors import BadInputError, Problem
from alyslab.runtime.token import Token, python_minor

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One failing run."""

    token: str
    case: str
    checks: tuple[str, ...]
    """What failed when it was found."""
    version: str
    """The code that it was found with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A kept run, run again."""

    kept: Kept
    trial: Trial | None
    """What it came to; None if it could not be run."""
    problem: str = ""
    """Why it could not."""
    same_digest: bool | None = None
    """Whether the journal is the same; None on another version of the code or of Python, where only
    verdicts count."""

    @property
    def still_fails(self) -> bool:
        """Whether one of the promises that it broke is broken again."""
        return (
            self.trial is not None
            and self.trial.violates
            and bool(set(self.trial.checks) & set(self.kept.checks))
        )

    @property
    def state(self) -> str:
        """What became of it, in words."""
        if self.trial is None:
            return f"can't be run: {self.problem}"
        if self.trial.status == "error":
            return f"raises now: {self.trial.checks[0]}: {self.trial.note[:200]}"
        if self.still_fails:
            return "still fails" + (", with another journal of the same code" * (self.same_digest is False))
        if self.trial.violates:
            return f"breaks another promise now: {'; '.join(self.trial.checks)}"
        return "passes now" if self.trial.status == "pass" else "says nothing now: too little was seen"


class Corpus:
    """A file of failing runs, one JSON document a line.

    Parameters
    ----------
    path
        The file; made when something is kept first.
    version
        Of the code that runs now: digests are compared with entries of the same only.

    Raises
    ------
    BadInputError
        With every line that is not one of ours.
    """

    def __init__(self, path: Path, version: str) -> None:
        self.path = path
        self._version = version
        self.kept = tuple(_read(path))

    def replay(self) -> Iterator[Replayed]:
        """Run every kept run again."""
        for kept in self.kept:
            try:
                token = Token.parse(kept.token)
                trial = again(token)
            except BadInputError as error:
                yield Replayed(kept=kept, trial=None, problem=str(error))
                continue
            same = None
            if (kept.version, token.python) == (self._version, python_minor()) and trial.token:
                ran = Token.parse(trial.token)
                same = (ran.journal_digest, ran.choices_digest) == (
                    token.journal_digest,
                    token.choices_digest,
                )
            yield Replayed(kept=kept, trial=trial, same_digest=same)

    def keep(self, trials: Iterable[Trial]) -> int:
        """Add the runs that violate a promise and are not there yet; returns how many were new.

        What other searches have added meanwhile stays.

        Raises
        ------
        LabError
            If the file can't be written; it is then as it was.
        """
        found = [trial for trial in trials if trial.violates]
        if not found:
            return 0
        with alone(self.path):
            there = tuple(_read(self.path))
            known = {kept.token for kept in there}
            new = [
                Kept(token=trial.token, case=trial.case, checks=trial.checks, version=self._version)
                for trial in found
                if trial.token not in known
            ]
            self.kept = (*there, *new)
            if new:
                lines = (json.dumps({"format": FORMAT, **asdict(kept)}) for kept in self.kept)
                write_text(self.path, "".join(f"{line}\n" for line in lines))
        return len(new)


def _read(path: Path) -> Iterable[Kept]:
    if not path.exists():
        return []
    kept, problems = [], []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(Problem(where=str(path), what=f"can't be read: {error}")) from error
    for number, line in enumerate(lines, 1):
        try:
            kept.append(_entry(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            what = f"no entry of a corpus: {error}"
            problems.append(Problem(where=f"{path}:{number}", what=what, value=line[:80]))
    if problems:
        raise BadInputError(problems)
    return kept


def _entry(document: dict[str, Any]) -> Kept:
    if document.pop("format") != FORMAT:
        raise ValueError("another format")
    document["checks"] = tuple(map(str, document["checks"]))
    return Kept(**document)
