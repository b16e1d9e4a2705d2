"""The dotted names of all configuration keys, what each allows, and which one a misspelt name meant."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from alyslab.config.lab import LabConfig
from alyslab.config.sections import Section
from alyslab.wording import closest

VARIABLE_PREFIX = "ALYSLAB__"
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a folder"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One configuration key, as its model describes it."""

    section: str
    """The table it stands in: ``execution``."""
    name: str
    """Its name there: ``jobs``."""
    kind: type
    """What its values are: bool, int, float, str or Path."""
    choices: tuple[str, ...]
    """The values of a key that has only a few; otherwise empty."""
    lower: tuple[str, float] | None
    """``(">", 0)`` or ``(">=", 1)``, in the unit that ends the name."""
    upper: tuple[str, float] | None
    """``("<=", 256)``, likewise."""
    default: Any
    """The value when no layer gives one."""
    meaning: str
    """A sentence for the reference page."""
    adapter: TypeAdapter[Any]
    """Turns a given value into a proper one, or says what is wrong with it."""

    @property
    def dotted(self) -> str:
        """The name everywhere: ``execution.jobs``."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it: ``ALYSLAB__EXECUTION__JOBS``."""
        return f"{VARIABLE_PREFIX}{self.section}__{self.name}".upper()

    @property
    def allowed(self) -> str:
        """What a value must be, for a message: ``a whole number, >= 1, <= 256``."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        bounds = [f"{sign} {limit:g}" for sign, limit in filter(None, (self.lower, self.upper))]
        return ", ".join([_KINDS[self.kind], *bounds])


@cache
def known_keys() -> Mapping[str, Key]:
    """Return every key of the configuration by dotted name, in the order of the models."""
    keys = {}
    for section, table in LabConfig.model_fields.items():
        model = table.annotation
        assert isinstance(model, type)
        assert issubclass(model, Section)
        for name, info in model.model_fields.items():
            key = _describe(section, name, model, info)
            keys[key.dotted] = key
    return types.MappingProxyType(keys)


def known_sections() -> tuple[str, ...]:
    """Return the names of the tables, in the order of the models."""
    return tuple(LabConfig.model_fields)


def nearest_key(name: str) -> str | None:
    """Return the known dotted key that ``name`` most likely meant, or None.

    A known name under the wrong table, or under none, is found as such.
    """
    by_leaf = {key.name: key.dotted for key in known_keys().values()}
    leaf = name.rpartition(".")[2]
    if leaf in by_leaf:
        return by_leaf[leaf]
    return closest(name, known_keys()) or by_leaf.get(closest(leaf, by_leaf) or "")


def _describe(section: str, name: str, model: type[Section], info: FieldInfo) -> Key:
    annotation: Any = info.annotation
    is_choice = typing.get_origin(annotation) is Literal
    bounds = {
        sign: (sign, float(getattr(item, attribute)))
        for item in info.metadata
        for sign, attribute in ((">", "gt"), (">=", "ge"), ("<", "lt"), ("<=", "le"))
        if getattr(item, attribute, None) is not None
    }
    return Key(
        section=section,
        name=name,
        kind=str if is_choice else annotation,
        choices=typing.get_args(annotation) if is_choice else (),
        lower=bounds.get(">") or bounds.get(">="),
        upper=bounds.get("<") or bounds.get("<="),
        default=info.default,
        meaning=info.description or "",
        # The section's own strictness must hold for a value that is looked at alone.
        adapter=TypeAdapter(typing.Annotated[annotation, info], config=model.model_config),
    )
