"""What Hypothesis draws, as data: written as JSON into replay tokens, and as text for people.

A case is made of plain values, byte strings, tuples, and dataclasses that were
registered with :func:`case`.  Fields at their defaults are left out, so that a
shrunk case is short in both forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar

from alyslab.errors import BadInputError, Problem

ClassT = TypeVar("ClassT", bound=type)

_KINDS: dict[str, type] = {}
_PLAIN = (bool, int, float, str)


def case(cls: ClassT) -> ClassT:
    """Register a dataclass whose instances may stand in a case; a class decorator.

    Raises
    ------
    TypeError
        If it is no dataclass, or another one bears its name.
    """
    known = _KINDS.get(cls.__name__, cls)
    if not is_dataclass(cls) or (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise TypeError(f"{cls.__qualname__} can't stand in a case: no dataclass, or its name is taken")
    _KINDS[cls.__name__] = cls
    return cls


def to_json(value: Any) -> Any:
    """Return the case as JSON values; raises TypeError for what can't stand in one."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if type(value).__name__ in _KINDS and is_dataclass(value):
        return {type(value).__name__: {name: to_json(item) for name, item in _own(value).items()}}
    raise TypeError(f"{value!r} can't stand in a case: it is a {type(value).__name__}")


def from_json(item: Any, where: str = "case") -> Any:
    """Return the case that :func:`to_json` wrote.

    Raises
    ------
    BadInputError
        If it is nothing that this version writes.
    """
    if item is None or type(item) in _PLAIN:
        return item
    if isinstance(item, list):
        return tuple(from_json(entry, f"{where}[{index}]") for index, entry in enumerate(item))
    if isinstance(item, Mapping) and len(item) == 1:
        ((kind, content),) = item.items()
        try:
            if kind == "bytes":
                return bytes.fromhex(content)
            given = {name: from_json(entry, f"{where}.{name}") for name, entry in content.items()}
            return _KINDS[kind](**given)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"not a {kind!r} of this version: {error}"
            raise BadInputError(Problem(where=where, what=what, value=content)) from error
    raise BadInputError(Problem(where=where, what="not part of a case", value=item))


def describe(value: Any) -> str:
    """Return the case as Python would construct it, without fields at their defaults."""
    if isinstance(value, tuple):
        inner = ", ".join(describe(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if is_dataclass(value) and not isinstance(value, type):
        inner = ", ".join(f"{name}={describe(item)}" for name, item in _own(value).items())
        return f"{type(value).__name__}({inner})"
    return repr(value)


def _own(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that are not at their defaults."""
    found = {}
    for field in fields(value):
        item = getattr(value, field.name)
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if field.init and not (type(item) is type(default) and item == default):
            found[field.name] = item
    return found
