"""Replaying a token: the same, different, or refused before anything runs."""

from __future__ import annotations

import sys

import pytest

from alyslab.errors import BadInputError, JournalFileError, TokenError
from alyslab.runtime import failed_run, register_planted, simulate
from alyslab.runtime import replay as replay_module
from alyslab.runtime.replay import replay
from alyslab.runtime.token import Token
from tests.runtime import workloads
from tests.runtime.test_token import document, packed
from tests.runtime.workloads import busy, counted, failing, lost_update

DEFECT = register_planted("tests.replay", "a defect for these tests")


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 3},
        {"seed": 3, "strategy": "random"},
        {"seed": 2**63 - 1, "strategy": "pct:2:80"},
        {"seed": 3, "strategy": "recorded", "choices": [1, 0, 2, 1]},
        {"seed": 3, "parameters": {"increments": 2}, "max_steps": 5_000, "max_time_s": 50.0},
        {"seed": 3, "planted": [DEFECT], "activation_ratio": 0.5},
    ],
    ids=str,
)
def test_token_repeats_the_run(options):
    """The promise of the whole lab."""
    run = simulate(lost_update, **options)
    result = replay(run.token)
    assert result.same
    assert (result.run.digest, result.run.result, result.run.token) == (run.digest, run.result, run.token)
    assert "same" in result.report
    assert result.error is None
    assert result.difference is None


def test_run_that_failed_is_repeated_to_its_failure():
    """Tokens are made of failures most of all."""
    with pytest.raises(ValueError, match="the workload failed") as caught:
        simulate(failing, seed=3)
    run = failed_run(caught.value)
    result = replay(run.token)
    assert result.same
    assert "ValueError: the workload failed" in result.error
    assert "the workload failed" in result.report


def test_different_run_is_reported_with_both_digests():
    """Code that has changed since is what a replay is to find."""
    run = simulate(counted, seed=1)
    changed = str(
        Token(
            workload="tests.runtime.workloads:counted",
            seed=1,
            journal_digest="0" * 16,
            choices_digest="1" * 16,
        )
    )
    result = replay(changed)
    assert not result.same
    assert "DIFFERENT" in result.report
    assert "0" * 16 in result.report
    assert run.journal.digest[:16] in result.report
    assert "--journal" in result.report


def test_first_differing_event_is_shown_against_the_saved_journal(tmp_path):
    """Two digests tell that something differs; the event tells what."""
    run = simulate(counted, seed=1, parameters={"rows": 5})
    run.journal.save(tmp_path / "run.parquet")
    shorter = simulate(counted, seed=1, parameters={"rows": 3})
    result = replay(shorter.token, journal=tmp_path / "run.parquet")
    assert result.same
    assert result.difference.seq == 3
    assert result.difference.mine is None
    assert result.difference.other.fields == {"number": 3}
    assert "first difference at seq 3" in result.report
    assert replay(run.token, journal=tmp_path / "run.parquet").difference is None


def test_saved_journal_that_cannot_be_read_is_bad_input(tmp_path):
    """Before anything runs."""
    run = simulate(counted, seed=1)
    with pytest.raises(JournalFileError):
        replay(run.token, journal=tmp_path / "missing.parquet")


def test_local_function_replays_only_where_it_is_given():
    """A notebook's function can't be imported; the token says so and says how."""

    async def main(*, x: int):
        return x

    token = simulate(main, seed=1, parameters={"x": 4}).token
    with pytest.raises(TokenError, match="main="):
        replay(token)
    result = replay(token, main=main)
    assert result.same
    assert result.run.result == 4


def test_token_of_another_python_is_refused():
    """asyncio's own steps differ between versions; a difference would mean nothing."""
    token = str(Token(workload="tests.runtime.workloads:counted", seed=1, python="3.99"))
    with pytest.raises(TokenError, match=r"3\.99"):
        replay(token)


@pytest.mark.parametrize(
    "workload",
    [
        "",
        ":",
        "counted",
        "tests.runtime.workloads",
        "tests.runtime.workloads:",
        "tests.runtime.workloads:missing",
        "tests.runtime.workloads:ran",
        "tests.runtime.workloads:__name__",
        "tests.runtime.missing:counted",
        ":counted",
        ".workloads:counted",
        "..workloads:counted",
        "../../etc/passwd:main",
        "/etc/passwd:main",
        "tests/runtime/workloads.py:counted",
        "tests.runtime.workloads:counted.__code__",
        "a\x00b:main",
        "json:loads",
        "asyncio:sleep:more",
        "x" * 5_000 + ":main",
    ],
)
def test_workload_that_is_not_there_is_a_token_error(workload):
    """Names that look like paths lead nowhere; nothing but an async function is run."""
    with pytest.raises(TokenError) as caught:
        replay(str(Token(workload=workload, seed=1)))
    assert len(str(caught.value)) < 12_000


@pytest.mark.parametrize(
    "function",
    [
        "tests.runtime.workloads:touch",
        "tests.runtime.workloads:ran.append",
        "tests.runtime.workloads:Iterable",
    ],
)
def test_function_that_is_not_async_is_never_called(function):
    """A token pasted from a stranger must not be a command: ``os:system`` is importable too."""
    workloads.ran.clear()
    with pytest.raises(TokenError):
        replay(str(Token(workload=function, seed=1, parameters={"command": "echo"})))
    with pytest.raises(TokenError):
        replay(str(Token(workload=function, seed=1)))
    assert workloads.ran == []


@pytest.mark.parametrize(
    "changes",
    [
        {"s": -1},
        {"s": True},
        {"s": 2**63},
        {"y": "nope"},
        {"y": "pct:9:1"},
        {"c": [1]},
        {"y": "recorded", "c": [-1]},
        {"b": ["no.such.defect"]},
        {"a": 2},
        {"a": 10**400},
        {"n": 0},
        {"n": -5},
        {"n": True},
        {"t": 0},
        {"t": 10**400},
        {"t": -1.0},
        {"p": {"unknown": 1}},
        {"p": {"rows": 1, "": 2}},
    ],
    ids=str,
)
def test_hostile_values_are_refused_before_anything_runs(changes, monkeypatch):
    """Every one of them comes with a right check sum."""
    started = []
    monkeypatch.setattr(workloads, "require_current", lambda: started.append(1))
    with pytest.raises(BadInputError) as caught:
        replay(packed(document(w="tests.runtime.workloads:counted", **changes)))
    assert caught.value.exit_code == 2
    assert started == []


def test_module_that_fails_as_it_is_imported_is_a_token_error(tmp_path, monkeypatch):
    """The reason must reach the reader as one message."""
    (tmp_path / "broken_workload.py").write_text("raise RuntimeError('no GPU here')\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TokenError, match="no GPU here"):
        replay(str(Token(workload="broken_workload:main", seed=1)))


def test_workload_is_found_in_the_working_directory(tmp_path, monkeypatch):
    """An engineer's own file beside the notebook is a module too, and the path is left as it was."""
    (tmp_path / "own_workload.py").write_text("async def main():\n    return 5\n")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert replay(str(Token(workload="own_workload:main", seed=1))).run.result == 5
    assert sys.path == before
    sys.modules.pop("own_workload")


def test_workload_of_a_token_is_the_importable_one():
    """A token of a module's function must not depend on where it was made."""
    token = Token.parse(simulate(busy, seed=1).token)
    assert (token.workload, token.importable) == ("tests.runtime.workloads:busy", True)
    assert replay_module.replay(str(token)).same
