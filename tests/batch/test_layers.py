"""Parameter files are read by strangers' editors and CI; nothing in them may surprise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alyslab.batch.layers import SIZE_BYTES_MAX, read_layer
from alyslab.errors import ParameterError


def read(tmp_path: Path, text: str | bytes) -> dict[str, object]:
    path = tmp_path / "layer.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return {name: entry.value for name, entry in read_layer(path, "layer.yaml").items()}


def refusal(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(ParameterError) as caught:
        read(tmp_path, text)
    return str(caught.value)


def test_scalars_and_flat_lists_are_read_as_what_they_look_like(tmp_path: Path) -> None:
    """The types that a notebook declares are held against these."""
    text = (
        "peers: 60 # many\nratio: 1.0e-3\non: false\nname: 'on'\nhex: \"0x1f\"\nnone: null\nlist: [a, 'b']\n"
    )

    assert read(tmp_path, text) == {
        "peers": 60,
        "ratio": 1.0e-3,
        "on": False,
        "name": "on",
        "hex": "0x1f",
        "none": None,
        "list": ["a", "b"],
    }


def test_an_entry_knows_its_line(tmp_path: Path) -> None:
    """A message that names the line saves a search."""
    path = tmp_path / "layer.yaml"
    path.write_text("# first\n\npeers: 3\n")

    assert read_layer(path, "base.yaml")["peers"].where == "base.yaml:3"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_an_empty_file_is_an_empty_layer(tmp_path: Path, text: str) -> None:
    """A scenario may differ in nothing."""
    assert read(tmp_path, text) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: !!python/object/apply:os.system [ls]\n", "tag"),
        ("a: !x 1\n", "tag"),
        ("a: &x 1\nb: *x\n", "anchors"),
        ("a: 1\na: 2\n", "second time, first at layer.yaml:1"),
        ("a:\n  b: 1\n", "flat"),
        ("a: [[1]]\n", "only scalars"),
        ("- 1\n", "name: value"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("a: 1:30\n", "few expect"),
        ("a: 017\n", "few expect"),
        ("a: 2020-01-01\n", "few expect"),
        ("a: .nan\n", "few expect"),
        ("Peers: 1\n", "no parameter name"),
        ("? [a]\n: 1\n", "plain text"),
        ("a: 'open\n", "not YAML"),
        ("a: \x07\n", "not YAML"),
        (b"a: \xff\xfe\n", "UTF-8"),
    ],
)
def test_what_is_not_flat_plain_yaml_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    """Each of these is code, a bomb, or a value that is not what it looks like."""
    assert said in refusal(tmp_path, text)


def test_a_bomb_of_aliases_is_refused_before_it_grows(tmp_path: Path) -> None:
    """Nine lines of aliases would otherwise become a thousand million elements."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]

    assert "layer.yaml:1" in refusal(tmp_path, "\n".join(lines))


def test_deep_nesting_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    """A crash by recursion would be no message at all."""
    assert "only scalars" in refusal(tmp_path, "a: " + "[" * 20_000)


def test_a_hundred_megabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    """A parameter file of this size is a mistake or an attack."""
    path = tmp_path / "layer.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)

    with pytest.raises(ParameterError, match=f"at most {SIZE_BYTES_MAX // 1024} KiB"):
        read_layer(path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Opening a FIFO would block for ever."""
    os.mkfifo(tmp_path / "layer.yaml")

    with pytest.raises(ParameterError, match="is no file"):
        read_layer(tmp_path / "layer.yaml")


def test_every_problem_of_a_file_is_reported_at_once(tmp_path: Path) -> None:
    """Correcting one line per attempt wastes the reader's time."""
    said = refusal(tmp_path, "A: 1\nb: 017\nb: 2\n")

    assert ["layer.yaml:1" in said, "layer.yaml:2" in said, "layer.yaml:3" in said] == [True] * 3
