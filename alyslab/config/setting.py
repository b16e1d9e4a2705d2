"""A value that a layer gives to a configuration key, and where it stood."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from alyslab.config.keys import Key
from alyslab.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key set by one layer."""

    key: Key
    """What is set."""
    value: Any
    """The value: as given until :func:`checked` made it a proper one."""
    origin: str
    """``preset ci``, ``/x/my.toml:12`` or the name of a variable."""
    is_text: bool = False
    """Whether the value is text that stands for a value, as in an environment variable."""


def checked(setting: Setting) -> Setting | Problem:
    """Return the setting with its value in the key's own type, or what is wrong with it.

    A file must use TOML's own types (``jobs = "4"`` is refused); text is read
    as the key's type.
    """
    adapter = setting.key.adapter
    validate = adapter.validate_strings if setting.is_text else adapter.validate_python
    try:
        return Setting(key=setting.key, value=validate(setting.value), origin=setting.origin)
    except ValidationError:
        # The key's own description says more than pydantic's sentence about one bound.
        return Problem(
            where=setting.origin,
            key=setting.key.dotted,
            value=setting.value,
            what=f"{shown(setting.value)} is not allowed",
            allowed=setting.key.allowed,
        )


def shown_name(name: str) -> str:
    """Return a key's name as a message shows it: as it is when it is plain, else quoted and cut."""
    return name if name.isprintable() and len(name) <= 64 else shown(name)


def shown(value: object) -> str:
    """Return ``value`` as a message shows it: on one line, cut where long or deeply nested."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 60
    return short.repr(value)
