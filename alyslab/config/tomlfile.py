"""Read one TOML file of configuration: its settings with their lines, and everything wrong with it."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alyslab.config.keys import known_keys, known_sections, nearest_key
from alyslab.config.lines import key_lines, line_of
from alyslab.config.setting import Setting, shown, shown_name
from alyslab.errors import ConfigError, Problem
from alyslab.wording import closest

SIZE_LIMIT_BYTES = 65_536
"""The largest configuration file that is read; all keys with long comments take a tenth of it."""

LINE_LIMIT = 4_096
"""The most characters on one line: ``tomllib`` takes a minute for a dotted key of 60,000."""

_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def read_text(path: Path) -> str:
    """Return the text of a configuration file, which must be a regular file of UTF-8.

    Raises
    ------
    ConfigError
        When it is missing, a directory, a pipe or device, larger than
        :data:`SIZE_LIMIT_BYTES`, unreadable, not UTF-8, or has a line of more
        than :data:`LINE_LIMIT` characters.  At most the limit
        is read, whatever the file says its size is.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "is a directory" if stat.S_ISDIR(mode) else "is not a regular file"
            raise _refusal(path, what, "a TOML file")
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT_BYTES + 1)
    except FileNotFoundError:
        raise _refusal(path, "there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = getattr(error, "strerror", None) or str(error)
        raise _refusal(path, f"can't be read: {reason}") from error
    if len(content) > SIZE_LIMIT_BYTES:
        raise _refusal(path, "is too large for a configuration", f"at most {SIZE_LIMIT_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refusal(f"{path}:{line}", "is not UTF-8", "text in UTF-8, as TOML requires") from None
    for number, characters in enumerate(map(len, text.split("\n")), start=1):
        if characters > LINE_LIMIT:
            raise _refusal(f"{path}:{number}", "is too long a line", f"at most {LINE_LIMIT} characters")
    return text


def read_settings(text: str, where: str, *, named: str | None = None) -> list[Setting | Problem]:
    """Return what the TOML ``text`` sets and what is wrong with its structure, in its order.

    Parameters
    ----------
    text
        The file's text.
    where
        What problems name before the line: the file's path.
    named
        The origin of every setting, where that says more than file and line;
        for presets, which the reader did not write.

    Raises
    ------
    ConfigError
        When the text is no TOML.
    """
    tables = _parse(text, where)
    lines = key_lines(text)

    def place(*names: str) -> str:
        line = line_of(lines, names)
        return where if line is None else f"{where}:{line}"

    found: list[Setting | Problem] = []
    for section, table in tables.items():
        if section not in known_sections():
            found.append(_unknown_section(place(section), section, table))
        elif not isinstance(table, dict):
            found.append(
                Problem(
                    where=place(section),
                    key=section,
                    value=table,
                    what=f"{shown(table)} is not a table",
                    allowed=f"[{section}] and keys below it",
                )
            )
        else:
            for name, value in table.items():
                dotted = f"{section}.{name}"
                if key := known_keys().get(dotted):
                    found.append(Setting(key=key, value=value, origin=named or place(section, name)))
                else:
                    found.append(unknown_key(place(section, name), dotted, value))
    return found


def unknown_key(where: str, dotted: str, value: object) -> Problem:
    """Return the problem of a key that no model has, with the name that was probably meant."""
    meant = nearest_key(dotted)
    section = dotted.partition(".")[0]
    names = [key.name for key in known_keys().values() if key.section == section]
    allowed = f"did you mean {meant}?" if meant else f"known there: {', '.join(names)}"
    return Problem(where=where, key=shown_name(dotted), value=value, what="unknown key", allowed=allowed)


def _unknown_section(where: str, section: str, table: object) -> Problem:
    """Return the problem of a top-level name that is no section; perhaps it is a key outside its table."""
    if not isinstance(table, dict) and (meant := nearest_key(section)):
        return Problem(
            where=where,
            key=shown_name(section),
            value=table,
            what="unknown key",
            allowed=f"did you mean {meant}?",
        )
    close = closest(section, known_sections())
    allowed = f"did you mean {close}?" if close else f"known sections: {', '.join(known_sections())}"
    return Problem(where=where, key=shown_name(section), value=table, what="unknown section", allowed=allowed)


def _parse(text: str, where: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        line = _LINE.search(message)
        place = f"{where}:{line.group(1)}" if line else where
        raise _refusal(place, f"is not TOML: {_LINE.sub('', message).strip()}") from None
    except RecursionError:
        raise _refusal(where, "is nested too deeply", "tables of plain values") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise _refusal(where, f"is not usable TOML: {error}") from None


def _refusal(where: Path | str, what: str, allowed: str | None = None) -> ConfigError:
    return ConfigError(Problem(where=str(where), what=what, allowed=allowed))
