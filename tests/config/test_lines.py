"""A problem points to the line that its reader has to change."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.config.lines import key_lines, line_of

EVERYTHING = '''\
# execution = 1 is a comment
top = "a # b"  # jobs = 2

[execution]  # ]
jobs = 1
text = """
jobs = 2
[logging]
\\""" still inside """
raw = \'\'\'
level = 3
\'\'\'
list = [
  1, # ] no end
  "]",
  [2],
]
inline = { jobs = 3, deep = { level = 4 } }
a.b . c = 1
"quoted.key" = 1
'single' = 2
["paths" . outputs]
x = 1
[[many]]
y = 1
[[many]]
y = 2
[last]
literal = 'a [ " # """'
basic = "it's \\" [ #"
end = 1
'''


def test_every_construct_of_toml_is_followed() -> None:
    """Strings, comments and brackets hide what looks like keys."""
    tomllib.loads(EVERYTHING)
    assert key_lines(EVERYTHING) == {
        ("top",): 2,
        ("execution",): 4,
        ("execution", "jobs"): 5,
        ("execution", "text"): 6,
        ("execution", "raw"): 10,
        ("execution", "list"): 13,
        ("execution", "inline"): 18,
        ("execution", "a", "b", "c"): 19,
        ("execution", "quoted.key"): 20,
        ("execution", "single"): 21,
        ("paths", "outputs"): 22,
        ("paths", "outputs", "x"): 23,
        ("many",): 24,
        ("many", "y"): 25,
        ("last",): 28,
        ("last", "literal"): 29,
        ("last", "basic"): 30,
        ("last", "end"): 31,
    }


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("execution", "inline", "deep", "level"), 18),  # an inline table is one line
        (("execution", "a"), 19),  # a dotted key opens tables that have no line of their own
        (("paths",), 22),
        (("execution", "absent"), 4),
        (("absent",), None),
    ],
)
def test_a_key_without_a_line_gets_that_of_what_it_is_in(path: tuple[str, ...], line: int | None) -> None:
    """The nearest place is better than none, and none is better than a wrong one."""
    assert line_of(key_lines(EVERYTHING), path) == line


@pytest.mark.parametrize(
    "text", ["", "\n", "# only", "= 1", "[", "[[", "a", "a =", "a = '", 'a = """', "]", "a = [", "\0"]
)
def test_what_is_no_toml_ends_the_search(text: str) -> None:
    """It is asked only about good text, and must not hang or fail on any other."""
    assert set(key_lines(text).values()) <= {1}


def test_windows_line_ends_count_once() -> None:
    """Editors there write them."""
    assert key_lines("[a]\r\nb = 1\r\n\r\nc = '''\r\n'''\r\nd = 2\r\n") == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 4,
        ("a", "d"): 6,
    }


names = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), st.text(min_size=1, max_size=4))
scalars = st.one_of(
    st.integers(-9, 9).map(str), st.text(max_size=6), st.lists(st.text(max_size=3), max_size=3)
)


def _basic(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def _written(value: Any, *, literal: bool) -> str:
    if isinstance(value, list):
        return "[\n" + "".join(f"  {_written(item, literal=literal)}, # ]\n" for item in value) + "]"
    if literal and value.isprintable() and "'" not in value:
        return f"'''\n{value}'''"
    return _basic(value)


@given(
    st.dictionaries(
        names.filter(lambda name: not any(0xD800 <= ord(c) < 0xE000 for c in name)),
        st.dictionaries(names, scalars, max_size=4),
        max_size=4,
    ),
    st.booleans(),
)
def test_generated_documents_have_every_key_on_its_line(tables: dict[str, Any], literal: bool) -> None:
    """The line finder and tomllib must agree on what the keys are."""
    text, expected = "", {}
    for table, keys in tables.items():
        expected[(table,)] = text.count("\n") + 1
        text += f"[{_basic(table)}] # [x]\n"
        for key, value in keys.items():
            text += "\n"
            expected[(table, key)] = text.count("\n") + 1
            text += f"{_basic(key)} = {_written(value, literal=literal)}\n"
    parsed = tomllib.loads(text)
    assert {(table,) for table in parsed} | {(t, key) for t in parsed for key in parsed[t]} == set(expected)
    assert key_lines(text) == expected
