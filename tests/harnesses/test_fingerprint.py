from __future__ import annotations

import io
import json
from typing import Any

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses import fingerprint as module
from alyslab.harnesses.fingerprint import fingerprint
from alyslab.harnesses.interpreters import idle
from alyslab.runtime import simulate

IDLE = "alyslab.harnesses.interpreters:idle"
REQUEST = {"workload": IDLE, "seed": 3, "strategy": "fifo", "parameters": {"events": 2}}


def ask(monkeypatch: pytest.MonkeyPatch, text: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return module.main()


def test_a_fingerprint_is_that_of_the_run() -> None:
    """A process that digested something else would agree with nobody, or with everybody."""
    run = simulate(idle, seed=3, parameters={"events": 2})

    seen = fingerprint(**REQUEST)

    assert (seen.digest, seen.journal_digest, seen.choices_digest) == (
        run.digest,
        run.journal.digest,
        run.choices_digest,
    )
    assert seen.digest != fingerprint(**{**REQUEST, "parameters": {"events": 3}}).digest


def test_the_answer_is_one_json_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another process reads it, and nothing else may be on standard output."""
    monkeypatch.setenv("PYTHONHASHSEED", "17")

    code = ask(monkeypatch, json.dumps(REQUEST))

    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert answer["hash_seed"] == "17"
    assert answer["text_hash"] == hash("alyslab")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"workload": "alyslab.harnesses.interpreters:absent"}, "absent"),
        ({"workload": "no.such.module:main"}, "no"),
        ({"workload": ":"}, "workload"),
        ({"seed": "three"}, "seed: not a int"),
        ({"parameters": [1], "strategy": 4}, "parameters: not a dict"),
        ({"parameters": {"event": 2}}, "event"),
    ],
)
def test_a_request_that_cant_be_used_ends_with_2(
    change: dict[str, Any],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Bad input and a broken laboratory are told apart by the exit code."""
    code = ask(monkeypatch, json.dumps({**REQUEST, **change}))

    said = capsys.readouterr()
    assert code == 2
    assert told in said.err
    assert said.out == ""


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_what_is_no_request_ends_with_2(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken pipe must not end in a traceback."""
    assert ask(monkeypatch, text) == 2
    assert "fingerprint: not" in capsys.readouterr().err


def test_a_workload_that_fails_is_not_bad_input() -> None:
    """Its own ValueError passes through, or a bug would be reported as a wrong argument."""
    with pytest.raises(TypeError) as failure:
        fingerprint(**{**REQUEST, "parameters": {"events": "two"}})

    assert not isinstance(failure.value, ParameterError)
