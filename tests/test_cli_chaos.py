"""The chaos commands: what they print, and the exit code that CI reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alyslab.chaos.faults import FAULTS
from alyslab.cli import app
from alyslab.runtime.token import Token

HUNTS = Path(__file__).parents[1] / "docs" / "hunts.json"
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
    assert "| not measured | 1 | each value costs 2E - (n - 1) messages |" in page
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


def test_a_bug_that_is_not_found_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hunt that missed must not look like a success."""
    monkeypatch.setattr("alyslab.chaos.hunt.cases_for", lambda _: ("network:flood",))
    hunt = ("catalogue", "--defect", "validation.send_back", "--seeds", "1", "--jobs", "1")
    code, out, _ = call(*hunt)

    assert code == 1
    assert "NOT FOUND" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--case", "nobody"),
        ("search", "--case", "mining", "--plant", "no.bug"),
        ("shrink", "alys1-x"),
        ("shrink", "alys2-x"),
        ("shrink", str(Token(workload="gone:away", seed=1))),
        ("shrink", str(Token(workload="gone:away", seed=1))[:-4]),
        ("run", "there/is/no/plan.json"),
        ("reference", "--hunts", "there/is/no/file.json"),
        ("reference", "--hunts", HUNTS, "--blind", HUNTS),
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


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "PLAN", "--journal"),
        ("search", "--case", "mining", "--corpus"),
        ("shrink", "alys1-x", "--out"),
        ("catalogue", "--keep"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_file_that_can_t_be_written_is_refused_before_anything_starts(
    arguments: tuple[str, ...], plan: Path, tmp_path: Path
) -> None:
    """An hour's hunt must not end in vain; a folder in the way is told like a folder that is none."""
    named = [plan if one == "PLAN" else one for one in arguments]
    for path in (plan / "below-a-file", tmp_path):
        code, out, error = call(*named, path)
        assert (code, out) == (2, "")
        assert error.startswith("alyslab: ")
        assert str(path) in error


def test_everything_wrong_with_the_options_of_a_run_is_said_at_once(plan: Path) -> None:
    """Names with what was perhaps meant; and what a back end can't give is no silent no."""
    code, _, error = call("run", plan, "--plant", "quorum.timer_lost", "--strategy", "zigzag")
    assert code == 2
    assert "did you mean quorum.timer_lost_on_pause?" in error
    assert "no strategy is named 'zigzag' (fifo, random, pct)" in error

    code, _, error = call("run", plan, "--back-end", "pressure", "--journal", "j.parquet")
    assert code == 2
    assert "--journal: the back end pressure has none" in error


def test_a_plan_that_can_t_be_read_is_one_problem() -> None:
    """It lacks a system, too, but that is not what is wrong."""
    _, _, error = call("run", "nothing.json")

    assert error.count("\n") == 1
    assert "can't be read" in error


def test_a_kept_token_that_can_t_be_read_ends_with_two_after_the_search(tmp_path: Path) -> None:
    """Somebody edited the corpus; it stops nothing, and is no success."""
    corpus = tmp_path / "corpus.jsonl"
    spoilt = {"format": 1, "token": "alys1-xyz", "case": "a:b", "checks": ["c"], "version": "v"}
    corpus.write_text(json.dumps(spoilt) + "\n")
    code, out, _ = call(
        "search", "--seeds", "1", "--case", "network:flood", "--jobs", "1", "--corpus", corpus
    )

    assert code == 2
    assert "corpus: a:b: can't be run: token: the token was cut or mistyped" in out
    assert "1 runs: 1 pass" in out


def test_a_search_has_a_table_of_the_sites_of_which_nothing_was_seen() -> None:
    """A search that armed a site and never saw it fire has a gap."""
    _, out, _ = call("search", "--seeds", "1", "--case", "network:flood", "--jobs", "1")

    assert "fault sites: " in out
    assert all(
        line.split("  ")[1] in ("armed, never fired", "never armed       ")
        for line in out.splitlines()
        if line.endswith("visits")
    )


def test_an_interrupted_shrink_ends_with_130_and_the_smallest_run_until_then(
    plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody pressed Ctrl-C at the third smaller run."""
    from alyslab.chaos.candidate import Attempts

    real = Attempts.fails

    def stopping(self: Attempts, candidate: object) -> bool:
        if self.runs >= 3:
            raise KeyboardInterrupt
        return real(self, candidate)  # type: ignore[arg-type]

    monkeypatch.setattr(Attempts, "fails", stopping)
    _, out, _ = call("run", plan, "--seed", "3", "--plant", "quorum.timer_lost_on_pause", "--json")
    code, out, _ = call("shrink", json.loads(out)["token"], "--json")
    small = json.loads(out)

    assert (code, small["interrupted"], small["complete"], small["runs"]) == (130, True, False, 3)


def test_a_hunt_whose_file_can_no_longer_be_written_goes_on_and_ends_with_three(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk filled up meanwhile: what was found is printed, and that it was not kept is no success."""
    from alyslab.chaos import kept_hunts
    from alyslab.errors import LabError

    def full(*_: object) -> None:
        raise LabError("could not write it: No space left on device")

    monkeypatch.setattr(kept_hunts, "write_text", full)
    hunt = ("catalogue", "--defect", "validation.send_back", "--seeds", "2", "--jobs", "1")
    code, out, error = call(*hunt, "--keep", tmp_path / "hunts.json")

    assert code == 3
    assert "1 seed " in out
    assert "No space left" in error


def test_the_page_says_which_hunt_was_blind_and_claims_only_that(tmp_path: Path) -> None:
    """Seeds that plans were made with prove nothing."""
    path = tmp_path / "blind.json"
    arguments = ("--defect", "validation.send_back", "--seeds", "2", "--jobs", "1", "--keep", path)
    call("catalogue", "--first-seed", "9000", *arguments)
    page = call("reference", "--hunts", HUNTS, "--blind", path)[1]

    assert "- Blind: no hunt was kept, so no share found is claimed." in page  # one bug has no quantile
    assert "- Tuned: seeds from 0, up to 200 for each of " in page
    assert "| seeds, blind | seeds, tuned |" in page
    (row,) = [line for line in page.splitlines() if line.startswith("| `validation.send_back`")]
    assert "| 1 | 1 | each value costs 2E - (n - 1) messages |" in row


def test_lists_are_printed_for_people_and_programs() -> None:
    """The vocabulary, the schema, a drawn plan, the page."""
    assert {fault["name"] for fault in json.loads(call("faults", "--json")[1])} == set(FAULTS)
    assert all(name in call("faults")[1] for name in FAULTS)
    assert json.loads(call("schema")[1])["$id"] == "alyslab.chaos.plan/1"
    assert json.loads(call("draw", "sync", "--seed", "4")[1])["system"] == "sync"
