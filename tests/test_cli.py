"""The command line is a contract: exit codes, one clear message, help with an example."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from alyslab.checkers import Verdict
from alyslab.cli import app
from tests.batch.lab import FAIL, PASS, PASSING, glued, write_lab, write_run

COMMANDS = ("run", "replay", "report", "lint", "doctor", "config", "bench", "sites")


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    """Somebody who knows nothing yet copies the example."""
    result = call(command, "--help")

    assert result.exit_code == 0
    assert f"Example: alyslab {command}" in result.output
    assert "--json" in result.output


def test_help_is_fast_and_loads_nothing_heavy() -> None:
    """Whoever asks for help should not wait for pandas."""
    script = (
        "import sys\nfrom alyslab.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    heavy = {"pandas", "numpy", "pyarrow", "papermill", "nbformat", "matplotlib", "IPython", "jinja2"}
    assert not heavy & set(done.stderr.split())
    assert "replay" in done.stdout


@pytest.mark.parametrize(
    "arguments", [("run", "--jobs", "0"), ("run", "--seed", "x"), ("nope",), ("replay",)]
)
def test_usage_errors_end_with_2(arguments: tuple[str, ...]) -> None:
    """The same code as for all bad input."""
    assert call(*arguments).exit_code == 2


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with notebooks and parameters, as the working directory."""
    write_lab(tmp_path, {"good": (PASSING,)})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--profile", "nope"), "there is no profile 'nope'"),
        (("--notebook", "../good"), "did you mean good?"),
        (("-p", "pers=1"), "did you mean peers?"),
        (("--resume", "../x"), "is no run id"),
        (("--resume", "absent"), "is no run directory"),
        (("--resume", "x", "--seed", "1", "-p", "a=1"), "can't be combined with -p, --seed"),
        (("--out", "/dev/null/x"), "can't hold runs"),
    ],
)
def test_bad_input_is_one_message_and_2_and_starts_nothing(
    lab: Path, arguments: tuple[str, ...], said: str
) -> None:
    """No traceback, and no empty run directory left behind."""
    result = call("run", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (lab / "outputs").exists()


def test_a_run_ends_with_a_report_and_0(lab: Path) -> None:
    """The main job, end to end with a real kernel."""
    result = call("run", "--seed", "11", "-p", "peers=9", "--jobs", "1", "--json")

    document = json.loads(result.stdout)
    assert (result.exit_code, document["verdict"], document["seed"]) == (0, "pass", 11)
    directory = Path(document["directory"])
    assert (lab / "outputs" / "latest" / "report" / "index.html").exists()
    assert (directory / "good__default__s11.ipynb").exists()
    assert document["notebooks"][0]["parameters"]["peers"] == 9


def test_a_gate_that_does_not_hold_ends_with_1(tmp_path: Path) -> None:
    """CI sees nothing but the exit code."""
    directory = write_run(tmp_path / "r1", {"one": glued(Verdict((PASS, FAIL)))})

    result = call("report", str(directory))

    assert result.exit_code == 1
    assert "one__default__s7, blocks <spread>: observed 3 s, promised <= 2 s" in result.stdout


def test_an_unexpected_error_is_a_traceback_and_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of the laboratory must not look like a failed experiment."""
    from alyslab import reporting

    def broken(_directory: Path) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(reporting, "build_report", broken)
    result = call("report", str(tmp_path))

    assert result.exit_code == 3
    assert "KeyError" in result.stderr
    assert "a bug of the laboratory" in result.stderr


@pytest.mark.parametrize(("same", "code"), [(True, 0), (False, 1)])
def test_replay_ends_with_0_for_the_same_and_1_for_a_difference(
    monkeypatch: pytest.MonkeyPatch, same: bool, code: int
) -> None:
    """Scripts bisect with it."""
    from alyslab.runtime import replay

    monkeypatch.setattr(
        replay, "replay", lambda token, journal: SimpleNamespace(same=same, report=f"of {token}")
    )
    result = call("replay", "alys1-x")

    assert (result.exit_code, result.stdout.strip()) == (code, "of alys1-x")


def test_replay_shows_the_first_event_that_differs_from_a_saved_journal(tmp_path: Path) -> None:
    """Two digests say that something differs; only an event says what."""
    from alyslab.runtime import simulate
    from tests.runtime.workloads import counted

    run, other = (simulate(counted, seed=1, parameters={"label": label}) for label in ("x", "y"))
    other.journal.save(tmp_path / "other.parquet")
    result = call("replay", run.token, "--journal", str(tmp_path / "other.parquet"))

    assert "first difference at seq 0" in result.stdout
    assert call("replay", run.token, "--journal", str(tmp_path / "none.parquet")).exit_code == 2


@pytest.mark.parametrize("token", ["", "x", "alys1-", "alys9-abc", "alys1-" + "A" * 100_000])
def test_a_token_that_cannot_be_read_is_2(token: str) -> None:
    """A cut-off copy from a log is the usual case."""
    result = call("replay", token)

    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_lint_ends_with_1_when_it_finds_something(tmp_path: Path) -> None:
    """It guards the determinism of every experiment in CI."""
    (tmp_path / "bad.py").write_text("import datetime\nx = datetime.datetime.now()\n")
    (tmp_path / "good.py").write_text("x = 1\n")

    found = call("lint", str(tmp_path), "--json")

    assert found.exit_code == 1
    assert json.loads(found.stdout)[0]["line"] == 2
    assert call("lint", str(tmp_path / "good.py")).exit_code == 0


def test_config_shows_each_value_with_its_origin() -> None:
    """Nobody should have to guess why the laboratory runs as it does."""
    shown = json.loads(call("config", "--json").stdout)

    assert shown["values"]["execution"]["jobs"] >= 1
    assert "execution.jobs" in shown["origins"]
    assert "execution.jobs = " in call("config").stdout


def test_sites_lists_what_can_go_wrong_on_purpose() -> None:
    """A name from this list is what `planted=` takes."""
    names = {entry["name"] for entry in json.loads(call("sites", "--json").stdout)}

    assert "gossip.forget_relay" in names


def test_doctor_prints_json_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probes themselves are tested with the doctor; here only what is printed."""
    from alyslab import doctor

    found = doctor.Capability(name="x", available=False, detail="absent", how_to_get="get it", needed_for="y")
    monkeypatch.setattr(doctor, "examine", lambda: [found])

    assert json.loads(call("doctor", "--json").stdout) == [found.as_dict()]
    assert "✗ missing" in call("doctor").stdout
