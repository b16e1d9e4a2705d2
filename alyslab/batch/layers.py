"""Parameter files: flat YAML, read so that nothing in them can surprise or harm.

YAML is more than a parameter file needs.  Tags can build objects, aliases can
blow a small file up, keys may repeat, ``1:30`` is ninety and ``017`` fifteen.
All of that is refused, with the line.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alyslab.batch.kinds import Scalar, check_name
from alyslab.errors import BadInputError, ParameterError, Problem

if TYPE_CHECKING:
    import yaml

SIZE_BYTES_MAX = 64 * 1024
"""Far more than flat parameters need, far less than would make the parser slow."""

_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*)?\.[0-9_]*([eE][-+][0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value of a layer and where it stands."""

    value: object
    """A scalar or a list of scalars, as YAML read it."""
    where: str
    """``file:line`` or the option that gave it."""


def read_layer(path: Path, shown: str | None = None) -> Mapping[str, Entry]:
    """Read one parameter file; ``shown`` is its name in messages.

    Raises
    ------
    ParameterError
        With every problem of the file, each with its line.
    """
    shown = shown or str(path)
    text = _read_text(path, shown)
    reader = _Reader(shown)
    entries = reader.read(text)
    if reader.problems:
        raise ParameterError(reader.problems)
    return entries


def _read_text(path: Path, shown: str) -> str:
    try:
        if not path.is_file():
            raise ParameterError(Problem(where=shown, what="is no file"))
        with path.open("rb") as file:
            raw = file.read(SIZE_BYTES_MAX + 1)
    except OSError as error:
        raise ParameterError(Problem(where=shown, what=f"can't be read: {error.strerror}")) from None
    if len(raw) > SIZE_BYTES_MAX:
        limit = f"at most {SIZE_BYTES_MAX // 1024} KiB"
        raise ParameterError(Problem(where=shown, what="is too large for a parameter file", allowed=limit))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ParameterError(Problem(where=shown, what="is not UTF-8 text")) from None


class _Reader:
    """Walks YAML's events, so that nothing is built before it is known to be flat."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.problems: list[Problem] = []

    def read(self, text: str) -> dict[str, Entry]:
        import yaml

        entries: dict[str, Entry] = {}
        try:
            events = _content(yaml.parse(text, Loader=yaml.SafeLoader))
            for key, value, line in self._pairs(events):
                self._add(entries, key, value, line)
            # A second document would show itself only now.
            collections.deque(events, maxlen=0)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or getattr(error, "reason", None) or "can't be read"
            self._problem(mark.line + 1 if mark else None, f"is not YAML: {what}")
        except _NotFlatError as error:
            self._problem(error.line, error.what)
        return entries

    def _add(self, entries: dict[str, Entry], key: str, value: object, line: int) -> None:
        where = f"{self.shown}:{line}"
        try:
            check_name(key, where)
        except BadInputError as error:
            self.problems.extend(error.problems)
            return
        if key in entries:
            self._problem(line, f"stands here a second time, first at {entries[key].where}", key)
            return
        entries[key] = Entry(value=value, where=where)

    def _pairs(self, events: Iterator[yaml.Event]) -> Iterator[tuple[str, object, int]]:
        import yaml

        first = next(events, None)
        if first is None or (isinstance(first, yaml.ScalarEvent) and first.value == ""):
            return
        if not isinstance(first, yaml.MappingStartEvent):
            raise _NotFlatError(first, "must be lines of 'name: value'")
        while not isinstance(key := next(events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise _NotFlatError(key, "a name must be plain text")
            line = _line(key)
            value = next(events)
            if isinstance(value, yaml.SequenceStartEvent):
                yield key.value, list(self._elements(events, key.value)), line
            elif isinstance(value, yaml.ScalarEvent):
                yield key.value, self._scalar(value, key.value), line
            else:
                raise _NotFlatError(value, f"{key.value}: nested values are not allowed, parameters are flat")

    def _elements(self, events: Iterator[yaml.Event], key: str) -> Iterator[Scalar]:
        import yaml

        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _NotFlatError(event, f"{key}: a list may hold only scalars")
            yield self._scalar(event, key)

    def _scalar(self, event: yaml.ScalarEvent, key: str) -> Scalar:
        if not event.implicit[0]:
            return str(event.value)
        try:
            return plain_value(event.value)
        except ValueError as error:
            self._problem(_line(event), str(error), key)
            return None

    def _problem(self, line: int | None, what: str, key: str | None = None) -> None:
        where = self.shown if line is None else f"{self.shown}:{line}"
        self.problems.append(Problem(where=where, key=key, what=what))


def plain_value(text: str) -> Scalar:
    """Return what unquoted ``text`` means, by PyYAML's own table but without its constructors.

    Raises
    ------
    ValueError
        If YAML would read it as something that few expect: a date, an octal
        or sexagesimal number, an infinity.
    """
    import yaml

    loader: Any = yaml.SafeLoader("")
    kind = loader.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    if kind == "int" and _INT.fullmatch(text):
        return int(text.replace("_", ""))
    if kind == "float" and _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    if kind == "bool":
        return text.lower() in {"true", "yes", "on"}
    if kind not in {"str", "null"}:
        raise ValueError(f"{text!r} would be read as a {kind} that few expect; write it plainly or quote it")
    return text if kind == "str" else None


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _NotFlatError(Exception):
    """The document has a shape that parameters don't; reading can't go on."""

    def __init__(self, event: yaml.Event, what: str) -> None:
        self.line = _line(event)
        self.what = what
        super().__init__(what)


def _content(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Pass on what lies inside one document; refuse tags, anchors, aliases and a second document."""
    import yaml

    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _NotFlatError(event, "holds more than one document")
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _NotFlatError(event, "anchors and aliases (& and *) are not allowed")
        elif tag := getattr(event, "tag", None):
            raise _NotFlatError(event, f"the tag {tag} is not allowed")
        elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event
