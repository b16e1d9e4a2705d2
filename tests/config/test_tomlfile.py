"""Files that can't be used get one clear refusal, at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alyslab.config import load_config
from alyslab.config.tomlfile import LINE_LIMIT, SIZE_LIMIT_BYTES
from alyslab.errors import ConfigError, Problem


def _problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(path=path, environ={})
    assert caught.value.exit_code == 2
    return caught.value.problems


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "my.toml"


def test_a_missing_file_is_refused(file: Path) -> None:
    """A misspelt path must not mean "no file"."""
    (problem,) = _problems(file)
    assert str(problem) == f"{file}: there is no such file"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    """Its own message: the path is right as far as it goes."""
    (problem,) = _problems(tmp_path)
    assert str(problem) == f"{tmp_path}: is a directory (a TOML file)"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Opening it would hang until somebody writes."""
    os.mkfifo(tmp_path / "pipe")
    (problem,) = _problems(tmp_path / "pipe")
    assert "is not a regular file" in str(problem)


def test_a_file_of_100_mb_is_refused_without_being_read(file: Path) -> None:
    """A log or a database given by mistake must not fill the memory."""
    with file.open("wb") as sparse:
        sparse.truncate(100_000_000)
    (problem,) = _problems(file)
    assert str(problem) == f"{file}: is too large for a configuration (at most {SIZE_LIMIT_BYTES} bytes)"


def test_the_size_limit_itself_is_allowed(file: Path) -> None:
    """One byte more is not."""
    body = b"[execution]\njobs = 3\n"
    comments = (b"#" * 99 + b"\n") * (SIZE_LIMIT_BYTES // 100 + 1)
    file.write_bytes(body + comments[: SIZE_LIMIT_BYTES - len(body)])
    assert file.stat().st_size == SIZE_LIMIT_BYTES
    assert load_config(path=file, environ={}).execution.jobs == 3
    file.write_bytes(file.read_bytes() + b"\n")
    assert "too large" in str(_problems(file)[0])


def test_a_hostile_dotted_key_is_refused_at_once(file: Path) -> None:
    """tomllib takes a minute for it."""
    file.write_text("\n" + ".".join(["a"] * 30_000) + " = 1")
    (problem,) = _problems(file)
    assert str(problem) == f"{file}:2: is too long a line (at most {LINE_LIMIT} characters)"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[execution\n", ":1: is not TOML: Expected ']'"),
        (b"[execution]\njobs = \n", ":2: is not TOML: Invalid value"),
        (b"[execution]\njobs = 1\njobs = 2\n", ":3: is not TOML: Cannot overwrite a value"),
        (b'a = "', "is not TOML: "),
        (b"PK\x03\x04", ":1: is not TOML"),
        (b"ok = 1\nb = '\xe9'\n", ":2: is not UTF-8"),
        (b"x = " + b"[\n" * 5_000, "is nested too deeply"),
        (b"x = " + b"[[[[[[[[\n" * 500, "is nested too deeply"),
        (b"[execution]\njobs = " + b"9" * 4_000, ":2: execution.jobs: 9"),
    ],
)
def test_what_is_no_usable_toml_is_refused_in_one_problem(file: Path, content: bytes, message: str) -> None:
    """With the line, where the parser tells it."""
    file.write_bytes(content)
    (problem,) = _problems(file)
    assert str(problem).startswith(str(file))
    assert message in str(problem)
    assert len(str(problem)) < len(str(file)) + 300


def test_a_number_of_too_many_digits_is_refused_like_any_other_bad_value(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python itself refuses to convert it, with an error that is not TOML's."""
    monkeypatch.setattr("alyslab.config.tomlfile.LINE_LIMIT", SIZE_LIMIT_BYTES)
    file.write_bytes(b"[execution]\njobs = " + b"9" * 5_000)
    (problem,) = _problems(file)
    assert "is not usable TOML: Exceeds the limit" in str(problem)


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    """The system call's own error would be a traceback."""
    (problem,) = _problems(tmp_path / name)
    assert "can't be read" in str(problem)


def test_a_byte_order_mark_is_no_mistake(file: Path) -> None:
    """Some editors write one, and nobody can see it."""
    file.write_bytes(b"\xef\xbb\xbf[execution]\njobs = 3\n")
    assert load_config(path=file, environ={}).execution.jobs == 3


def test_an_empty_file_changes_nothing(file: Path) -> None:
    """Somebody begins with it."""
    file.touch()
    assert load_config(path=file, environ={}) == load_config(environ={})


def test_names_from_a_file_can_not_write_to_the_terminal(file: Path) -> None:
    """A key may hold a line end or an escape sequence, a message may not."""
    file.write_text('"\\u001b[31m\\nx" = 1\n["execution"]\n"a\\nb" = 1\n')
    first, second = _problems(file)
    assert "\x1b" not in str(first)
    assert "\n" not in str(first) + str(second)
