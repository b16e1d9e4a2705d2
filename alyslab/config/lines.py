"""On which line of a TOML text each key stands.

``tomllib`` does not say.  This is not a second parser: it is meant for text
that ``tomllib`` has accepted, follows only what is needed to see where a key
begins and its value ends, and where it can't follow any more it stops.  A line
that is reported is right; a key that was not found has no line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

_PART = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_HEADER_OPEN = re.compile(r"\[\[?[ \t]*")
_EQUALS = re.compile(r"[ \t]*=")
# What a value is made of, longest first: strings hide brackets, line ends and '#'.
_VALUE_PIECE = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[^\"'#\[\]{}\n]+"
    r"|[\[\]{}\n]",
    re.DOTALL,
)

Path = tuple[str, ...]


def key_lines(text: str) -> dict[Path, int]:
    """Return the line, counted from 1, of each table header and of each ``key = value``.

    Keys inside an inline table are not listed; :func:`line_of` gives them the
    line of the table.  A table that is opened more than once keeps its first line.
    """
    lines: dict[Path, int] = {}
    table: Path = ()
    position = 0
    while True:
        position = _end(_BLANK, text, position)
        opened = _HEADER_OPEN.match(text, position)
        key = _KEY.match(text, opened.end() if opened else position)
        if key is None:
            return lines
        path = _path(key.group())
        if opened:
            table = path
        else:
            path = table + path
        lines.setdefault(path, text.count("\n", 0, key.start()) + 1)
        equals = None if opened else _EQUALS.match(text, key.end())
        if not opened and equals is None:
            return lines
        # What follows a header's key, its closing brackets, ends like a value does.
        position = _end_of_value(text, equals.end() if equals else key.end(), 0 if equals else 1)


def line_of(lines: Mapping[Path, int], path: Sequence[str]) -> int | None:
    """Return the line of ``path``, else the first one within it, else that of the nearest table around it."""
    wanted = tuple(path)
    if wanted in lines:
        return lines[wanted]
    within = [line for found, line in lines.items() if found[: len(wanted)] == wanted]
    if within:
        return min(within)
    return next((lines[wanted[:end]] for end in range(len(wanted), 0, -1) if wanted[:end] in lines), None)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _path(key: str) -> Path:
    """Return the parts of a dotted, perhaps quoted, key; ``tomllib`` knows how to unquote."""
    path = []
    table: Any = tomllib.loads(f"{key} = 0")
    while isinstance(table, dict):
        ((part, table),) = table.items()
        path.append(part)
    return tuple(path)


def _end_of_value(text: str, position: int, depth: int) -> int:
    """Return where the line of the value that starts at ``position`` ends, brackets and strings seen."""
    while position < len(text):
        piece = _VALUE_PIECE.match(text, position)
        if piece is None:
            return len(text)
        position = piece.end()
        if piece.group() in "[{":
            depth += 1
        elif piece.group() in "]}":
            depth -= 1
        elif piece.group() == "\n" and depth <= 0:
            return position
    return position
