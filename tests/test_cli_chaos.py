"""The chaos commands: what they print, and the exit code that CI reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alyslab.chaos.faults import FAULTS
from alyslab.cli import app

PLAN = {
    "format": "alyslab.chaos.plan/1",
    "system": "quorum",
    "options": {"nodes": 3},
    "phases": {"steady_s": 3, "faults_s": 6, "converge_s": 15},
    "entries": [{"fault": "process.pause", "start_s": 0.5, "end_s": 5, "target": {"select": "one"}}],
}


def call(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["chaos", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN))
    return path


def test_a_plan_whose_promises_hold_ends_with_zero(plan: Path, tmp_path: Path) -> None:
    """And its journal can be kept."""
    code, out, _ = call("run", plan, "--seed", "3", "--journal", tmp_path / "journal.parquet")

    assert code == 0
    assert out.startswith("pass: quorum, 1 faults")
    assert (tmp_path / "journal.parquet").exists()


def test_a_broken_promise_ends_with_one_and_its_token_can_be_shrunk(plan: Path, tmp_path: Path) -> None:
    """The whole way of a finding: run, token, small plan."""
    code, out, _ = call("run", plan, "--seed", "3", "--plant", "quorum.timer_lost_on_pause", "--json")
    found = json.loads(out)
    assert (code, found["verdict"]["status"], found["resilience"]["score"]) == (1, "fail", 0.0)

    small = tmp_path / "small.json"
    code, out, _ = call("shrink", found["token"], "--limit-s", "3", "--out", small, "--json")
    shrunk = json.loads(out)
    assert code == 0
    assert shrunk["after"]["entries"] == 1
    assert json.loads(small.read_text())["entries"][0]["fault"] == "process.pause"


def test_a_bad_plan_ends_with_two_and_every_problem(tmp_path: Path) -> None:
    """One list, not one error a run."""
    path = tmp_path / "bad.json"
    entries = [{"fault": "process.crush"}, {"fault": "network.loss", "start_s": -1, "intensity": 3}]
    path.write_text(json.dumps({**PLAN, "entries": entries, "system": "cloud"}))
    code, _, error = call("run", path)

    assert code == 2
    for what in ("process.crash", "start_s", "intensity", "no system is named 'cloud'"):
        assert what in error


def test_the_pressure_back_end_refuses_what_it_can_t_do(plan: Path) -> None:
    """By name, before anything starts."""
    code, _, error = call("run", plan, "--back-end", "pressure")

    assert code == 2
    assert "the back end pressure can't do process.pause" in error


def test_a_search_tells_what_it_found_and_keeps_it(tmp_path: Path) -> None:
    """The second search begins with what the first one found."""
    corpus = tmp_path / "corpus.jsonl"
    arguments = ("search", "--seeds", "60", "--case", "chaos:quorum", "--jobs", "1", "--first")
    code, out, _ = call(*arguments, "--plant", "quorum.timer_lost_on_pause", "--corpus", corpus)
    assert (code, out.count("BROKEN")) == (1, 1)

    code, out, _ = call(*arguments[:2], "1", *arguments[3:], "--corpus", corpus, "--json")
    (again,) = json.loads(out[out.index("{") :])["corpus"]
    assert (code, again["still_fails"]) == (1, True)


def test_a_search_that_finds_nothing_ends_with_zero() -> None:
    """The usual case of a nightly run."""
    code, out, _ = call("search", "--seeds", "1", "--case", "network:flood", "--jobs", "1")

    assert code == 0
    assert "1 runs: 1 pass" in out


def test_the_catalogue_says_what_was_found_and_how_soon() -> None:
    """Share found, seeds, false alarms."""
    hunt = ("catalogue", "--defect", "quorum.timer_lost_on_pause", "--seeds", "60", "--jobs", "1", "--json")
    code, out, _ = call(*hunt)
    found = json.loads(out[out.index("{") :])

    assert code == 0
    assert (found["found_ratio"], found["hunted"], found["false_alarms"]) == (1.0, 1, [])


def test_the_catalogue_keeps_what_it_found_and_goes_on_with_it(tmp_path: Path) -> None:
    """The page of bugs is made from the file; a bug that was not hunted claims nothing."""
    path = tmp_path / "hunts.json"
    code, out, _ = call(
        "catalogue",
        "--defect",
        "validation.send_back",
        "--seeds",
        "2",
        "--clean",
        "1",
        "--jobs",
        "1",
        "--keep",
        path,
    )
    assert code == 0
    assert "1 seed " in out
    assert "clean runs: 1 (1 pass); false alarms: 0" in out

    page = call("reference", "--hunts", path)[1]
    assert "| `validation.send_back` |" in page
    assert "| 1 | each value costs 2E - (n - 1) messages |" in page
    assert "not measured" in page
    assert "no share found is claimed" in call("reference")[1]


def test_an_interrupt_ends_with_130_and_readable_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody pressed Ctrl-C after two runs."""
    from alyslab.chaos import search as module

    real, calls = module.attempt, []

    def stopping(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "attempt", stopping)
    code, out, _ = call("search", "--seeds", "5", "--case", "mining", "--jobs", "1")

    assert code == 130
    assert "interrupted" in out
    assert "2 runs: 2 pass" in out


def test_a_bug_that_is_not_found_ends_with_one() -> None:
    """A hunt with too few seeds must not look like a success."""
    hunt = ("catalogue", "--defect", "mining.deaf", "--seeds", "1", "--jobs", "1")
    code, out, _ = call(*hunt)

    assert code == 1
    assert "NOT FOUND" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--case", "nobody"),
        ("shrink", "alys1-x"),
        ("draw", "cloud"),
        ("catalogue", "--defect", "no.bug"),
        ("catalogue", "--keep", __file__),
        ("reference", "--hunts", __file__),
    ],
)
def test_bad_input_ends_with_two(arguments: tuple[str, ...]) -> None:
    """What the user gave is said to be wrong; nothing has started."""
    code, _, error = call(*arguments)

    assert code == 2
    assert error.startswith("alyslab: ")


def test_lists_are_printed_for_people_and_programs() -> None:
    """The vocabulary, the schema, a drawn plan, the page."""
    assert {fault["name"] for fault in json.loads(call("faults", "--json")[1])} == set(FAULTS)
    assert all(name in call("faults")[1] for name in FAULTS)
    assert json.loads(call("schema")[1])["$id"] == "alyslab.chaos.plan/1"
    assert json.loads(call("draw", "sync", "--seed", "4")[1])["system"] == "sync"
