"""A parameter of the wrong type must be refused before a notebook computes with it."""

from __future__ import annotations

import ast

import pytest

from alyslab.batch.kinds import Kind, kind_of_annotation, kind_of_value


def annotated(text: str) -> Kind:
    return kind_of_annotation(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize("text", ["int", "float", "bool", "str", "list[str]", "int | None"])
def test_an_annotation_reads_back_as_itself(text: str) -> None:
    """Messages show the type; it must be the one that the notebook has."""
    assert str(annotated(text)) == text


@pytest.mark.parametrize("text", ["dict", "list", "list[list[int]]", "Path", "int | str", "list[None]"])
def test_types_that_a_file_cannot_fill_are_refused(text: str) -> None:
    """Flat YAML has no word for them."""
    with pytest.raises(ValueError, match="parameter file"):
        annotated(text)


@pytest.mark.parametrize("value", [None, [], [1, "a"], {"a": 1}])
def test_a_default_that_tells_no_type_asks_for_an_annotation(value: object) -> None:
    """Guessing would accept what the author never meant."""
    with pytest.raises(ValueError, match="annotate"):
        kind_of_value(value)


def test_an_int_becomes_a_float_where_one_is_declared() -> None:
    """`ratio: 1` in a file means 1.0, and the notebook gets a float."""
    value = Kind(base="float").accept(1)

    assert (value, type(value)) == (1.0, float)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Kind(base="int"), True, "must be int, not bool"),
        (Kind(base="int"), 1.0, "must be int, not float"),
        (Kind(base="float"), "1e-3", "write 1.0e-3"),
        (Kind(base="float"), float("inf"), "finite"),
        (Kind(base="float"), 10**400, "too large"),
        (Kind(base="str"), False, "quotes"),
        (Kind(base="str"), None, "no value"),
        (Kind(base="int", many=True), 3, "must be a list"),
        (Kind(base="int", many=True), ["a"], "must be int"),
    ],
)
def test_a_value_of_another_type_is_refused_with_a_hint(kind: Kind, value: object, said: str) -> None:
    """These are the mistakes that YAML makes easy."""
    with pytest.raises(TypeError, match=said):
        kind.accept(value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind(base="int"), "12", 12),
        (Kind(base="float"), "1e-3", 0.001),
        (Kind(base="bool"), "true", True),
        (Kind(base="str"), "007", "007"),
        (Kind(base="str", many=True), "a, b", ["a", "b"]),
        (Kind(base="int", optional=True), "none", None),
    ],
)
def test_text_of_the_command_line_becomes_the_declared_type(kind: Kind, text: str, value: object) -> None:
    """The shell knows only text; the notebook's declaration says what it means."""
    assert kind.read(text) == value


@pytest.mark.parametrize(("base", "text"), [("int", "1.5"), ("float", "nan"), ("bool", "yes")])
def test_text_that_is_no_such_value_is_refused(base: str, text: str) -> None:
    """A silent default instead would run another experiment than was asked for."""
    with pytest.raises(TypeError):
        Kind(base=base).read(text)  # type: ignore[arg-type]
