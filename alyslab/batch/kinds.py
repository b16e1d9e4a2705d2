"""The types that a notebook's parameters can have, and how values are held against them."""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass
from typing import Literal

from alyslab.errors import ParameterError, Problem

Scalar = bool | int | float | str | None
Value = Scalar | list[bool | int | float | str]
"""What a parameter can be: JSON scalars and flat lists of them."""

Base = Literal["bool", "int", "float", "str"]
_BASES: tuple[Base, ...] = ("bool", "int", "float", "str")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The declared type of one parameter."""

    base: Base
    """The type of the value, or of each element of a list."""
    many: bool = False
    """Whether the value is a list."""
    optional: bool = False
    """Whether ``None`` is a value."""

    def __str__(self) -> str:
        text = f"list[{self.base}]" if self.many else self.base
        return f"{text} | None" if self.optional else text

    def accept(self, value: object) -> Value:
        """Return ``value`` as this type holds it: an int becomes a float where one is declared.

        Raises
        ------
        TypeError
            If the value is of another type or not finite; the message says why.
        """
        if value is None:
            if self.optional:
                return None
            raise TypeError("has no value")
        if self.many:
            if not isinstance(value, (list, tuple)):
                raise TypeError(f"must be a list, not {_name(value)}")
            return [_accept(self.base, element) for element in value]
        return _accept(self.base, value)

    def read(self, text: str) -> Value:
        """Return the value that ``text`` names on a command line.

        A list is written with commas.  Text is taken as it stands, so that
        ``-p name=007`` gives a string parameter its zeros.

        Raises
        ------
        TypeError
            If the text does not name a value of this type.
        """
        if self.optional and text in {"null", "none", "None"}:
            return None
        if self.many:
            return [_read(self.base, part.strip()) for part in text.split(",") if part.strip()]
        return _read(self.base, text)


def kind_of_annotation(node: ast.expr) -> Kind:
    """Return the type that an annotation such as ``list[str]`` or ``int | None`` declares.

    Raises
    ------
    ValueError
        If it is none of those that a parameter file can fill.
    """
    match node:
        case ast.Name(id=name) if name in _BASES:
            return Kind(base=name)
        case ast.Subscript(value=ast.Name(id="list"), slice=ast.Name(id=name)) if name in _BASES:
            return Kind(base=name, many=True)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            inner = kind_of_annotation(left)
            return Kind(base=inner.base, many=inner.many, optional=True)
    raise ValueError(f"the type {ast.unparse(node)} can't come from a parameter file")


def kind_of_value(value: object) -> Kind:
    """Return the type of an unannotated default.

    Raises
    ------
    ValueError
        If the default alone does not tell: ``None``, an empty or a mixed list.
    """
    if isinstance(value, (list, tuple)):
        names = {type(element).__name__ for element in value}
        if len(names) == 1 and (name := names.pop()) in _BASES:
            return Kind(base=name, many=True)
        raise ValueError("annotate this list (list[str], ...): its default does not tell the type")
    name = type(value).__name__
    if name not in _BASES:
        raise ValueError("annotate it: its default does not tell a type that a parameter file can fill")
    return Kind(base=name)


def check_name(name: str, where: str) -> None:
    """Refuse what can't be the name of a parameter.

    Raises
    ------
    ParameterError
        Naming ``where`` the name was given.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        allowed = "lower case letters, digits and _"
        raise ParameterError(
            Problem(where=where, key=name[:80], what="is no parameter name", allowed=allowed)
        )


def _accept(base: Base, value: object) -> bool | int | float | str:
    # bool is a subclass of int, yet True is no number of peers.
    if base == "float" and type(value) is int:
        value = _float(value)
    if type(value).__name__ != base or not isinstance(value, (bool, int, float, str)):
        raise TypeError(f"must be {base}, not {_name(value)}{_hint(base, value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError("must be finite")
    return value


def _float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise TypeError("is too large for a float") from None


def _read(base: Base, text: str) -> bool | int | float | str:
    if base == "str":
        return text
    if base == "bool":
        if text not in {"true", "false"}:
            raise TypeError("must be true or false")
        return text == "true"
    try:
        return _accept(base, int(text) if base == "int" else float(text))
    except ValueError:
        raise TypeError(f"must be {base}") from None


def _name(value: object) -> str:
    return "nothing (null)" if value is None else type(value).__name__


def _hint(base: Base, value: object) -> str:
    if base == "float" and isinstance(value, str) and re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]+", value):
        return "; YAML reads 1e-3 as text, write 1.0e-3"
    if base == "str" and isinstance(value, (bool, int, float)):
        return "; put it in quotes"
    return ""
