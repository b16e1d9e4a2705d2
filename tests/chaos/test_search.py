"""A search runs everything, finds what is planted, keeps it, and comes back to it first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alyslab.chaos.cases import case_named, case_of, chosen, parts
from alyslab.chaos.corpus import Corpus, Kept, Replayed
from alyslab.chaos.search import Search, search
from alyslab.chaos.systems import SYSTEMS
from alyslab.chaos.trial import attempt
from alyslab.errors import BadInputError
from alyslab.runtime.token import Token

PLANTED = ("quorum.timer_lost_on_pause",)
QUORUM = ("chaos:quorum",)


@pytest.fixture(scope="module")
def found():
    return search(seeds=range(60), cases=QUORUM, planted=PLANTED, stop_at_first=True)


def test_without_names_every_workload_of_every_harness_is_searched() -> None:
    """A defect anywhere in the code under test must have a chance to be seen."""
    import importlib

    names = {case.name for case in chosen()}
    parts = {name.partition(":")[0] for name in names}

    assert {f"chaos:{name}" for name in SYSTEMS} <= names
    assert {"actor", "network", "consensus", "sync", "mining", "model"} <= parts
    for part in parts - {"chaos", "model"}:
        workloads = importlib.import_module(f"alyslab.harnesses.{part}.workloads").WORKLOADS
        assert {name for name in names if name.startswith(f"{part}:")} == {f"{part}:{w}" for w in workloads}


def test_every_harness_has_workloads_to_be_searched() -> None:
    """A harness without a registry would be left out without a word."""
    import pkgutil

    import alyslab.harnesses

    harnesses = {
        package.name for package in pkgutil.iter_modules(alyslab.harnesses.__path__) if package.ispkg
    }

    assert harnesses == set(parts()) - {"chaos", "model"}


@pytest.mark.parametrize("case", ["network:spread", "network:links", "network:broadcast", "mining:mine"])
def test_seeds_draw_what_a_workload_is_run_with(case: str) -> None:
    """One set of parameters would leave the bugs of all others alone; the same seed draws the same."""
    parameters = case_named(case).parameters
    drawn = [repr(parameters(seed)) for seed in range(20)]

    assert len(set(drawn)) > 5
    assert drawn == [repr(parameters(seed)) for seed in range(20)]


def test_spread_gives_each_seed_one_case_in_turn() -> None:
    """Thousands of seeds over all cases, at the price of one each."""
    found = search(seeds=range(5), cases=("network:broadcast", "mining:mine"), spread=True)

    assert [(trial.seed, trial.case.partition(":")[0]) for trial in found.trials] == [
        (0, "network"),
        (1, "mining"),
        (2, "network"),
        (3, "mining"),
        (4, "network"),
    ]


def test_an_interrupt_keeps_the_runs_and_findings_until_then(found, tmp_path: Path) -> None:
    """What took an hour is not thrown away by Ctrl-C; the corpus has it."""
    last = found.violations[0].seed
    path = tmp_path / "corpus.jsonl"

    def stopping(trials, _):
        for trial in trials:
            yield trial
            if trial.violates:
                raise KeyboardInterrupt

    stopped = search(
        seeds=range(last, last + 9),
        cases=QUORUM,
        planted=PLANTED,
        corpus=Corpus(path, "v1"),
        progress=stopping,
    )

    assert stopped.interrupted
    assert [trial.seed for trial in stopped.trials] == [last]
    assert len(Corpus(path, "v1").kept) == 1


def test_a_harness_stands_for_all_of_its_workloads() -> None:
    """Who works on one part searches that part."""
    assert {case.name.partition(":")[0] for case in chosen(("actor",))} == {"actor"}
    with pytest.raises(BadInputError, match="no case is named"):
        chosen(("actors:trial",))
    with pytest.raises(BadInputError) as refused:
        chosen(("actor:nothing", "nobody"))
    assert [problem.value for problem in refused.value.problems] == ["actor:nothing", "nobody"]


def test_a_planted_bug_is_found_and_its_token_repeats_it(found) -> None:
    """The token is all that is left of a run of another process."""
    (finding,) = found.findings
    token = Token.parse(finding.trial.token)

    assert finding.checks
    assert case_of(token).name == "chaos:quorum"
    assert token.planted == PLANTED


def test_the_search_stops_at_the_first_violation_or_collects_all(found) -> None:
    """One for a person who waits, the other for the night."""
    assert [trial.violates for trial in found.trials] == [False] * (len(found.trials) - 1) + [True]

    last = found.trials[-1].seed
    everything = search(seeds=(last, last + 1), cases=QUORUM, planted=PLANTED)
    assert [trial.seed for trial in everything.trials] == [last, last + 1]
    assert len(everything.violations) == sum(finding.times for finding in everything.findings)


def test_the_same_seeds_give_the_same_trials() -> None:
    """A search that can't be repeated proves nothing either way."""
    one, other = (attempt("actor:trial", 5) for _ in range(2))

    assert one.token == other.token
    assert attempt("actor:trial", 6).token != one.token


def test_an_exception_of_the_code_under_test_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """One broken seed must not end the search, nor be counted as a pass."""

    async def broken() -> None:
        raise ZeroDivisionError("here")

    case = replace(case_named("actor:trial"), main=broken)
    monkeypatch.setattr("alyslab.chaos.trial.case_named", lambda _: case)
    trial = attempt("actor:trial", 1)

    assert (trial.status, trial.checks, trial.note) == ("error", ("ZeroDivisionError",), "here")
    assert not trial.violates


def test_sites_are_counted_over_the_whole_search() -> None:
    """A site that was armed and never fired is a gap of the search."""
    sites = search(seeds=range(8), cases=("network:flood",)).sites

    assert sites
    assert all(site.visits >= site.fired for site in sites)
    assert any(site.armed and site.fired for site in sites)


@pytest.mark.parametrize("arguments", [{"seeds": []}, {"seeds": range(3), "jobs": 0}])
def test_nothing_to_do_is_refused(arguments: dict) -> None:
    """An empty search would pass."""
    with pytest.raises(BadInputError, match="nothing to do"):
        search(cases=QUORUM, **arguments)


def test_what_failed_is_kept_once_and_run_again_first(found, tmp_path: Path) -> None:
    """Yesterday's failures are the likeliest of today."""
    path = tmp_path / "deep" / "corpus.jsonl"

    assert Corpus(path, "v1").keep(found.trials) == 1
    assert Corpus(path, "v1").keep(found.trials) == 0
    (again,) = Corpus(path, "v1").replay()
    assert (again.still_fails, again.same_digest) == (True, True)


def test_on_another_version_only_the_verdict_counts(found, tmp_path: Path) -> None:
    """A journal may change with the code; a broken promise is a broken promise."""
    path = tmp_path / "corpus.jsonl"
    Corpus(path, "v1").keep(found.trials)

    (again,) = Corpus(path, "v2").replay()
    assert (again.still_fails, again.same_digest) == (True, None)


def test_a_token_that_can_t_be_run_is_told_and_stops_nothing(found, tmp_path: Path) -> None:
    """Workloads are renamed; their old findings say so."""
    path = tmp_path / "corpus.jsonl"
    Corpus(path, "v1").keep(found.trials)
    lost = str(Token(workload="gone:away", seed=1))
    path.write_text(path.read_text() + path.read_text().replace(found.violations[0].token, lost))

    runnable, gone = Corpus(path, "v1").replay()
    assert runnable.still_fails
    assert gone.trial is None
    assert "no case runs gone:away" in gone.problem


def test_two_searches_on_one_corpus_keep_each_other_s_findings(found, tmp_path: Path) -> None:
    """Both began with an empty file; the second to end must not throw away what the first wrote."""
    path = tmp_path / "corpus.jsonl"
    one, other = Corpus(path, "v1"), Corpus(path, "v1")
    (trial,) = found.violations

    assert one.keep([trial]) == 1
    assert other.keep([trial, replace(trial, token="alys1-other")]) == 1
    assert [kept.token for kept in Corpus(path, "v1").kept] == [trial.token, "alys1-other"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": "pass", "checks": ()}, "passes now"),
        ({"status": "inconclusive", "checks": ()}, "says nothing now: too little was seen"),
        ({"status": "error", "checks": ("KeyError",), "note": "x"}, "raises now: KeyError: x"),
        ({"checks": ("another",)}, "breaks another promise now: another"),
    ],
)
def test_what_became_of_a_kept_run_is_said_as_it_is(found, changes: dict, says: str) -> None:
    """A run that raises, or breaks something else, has not been mended."""
    (trial,) = found.violations
    kept = Kept(token=trial.token, case=trial.case, checks=trial.checks, version="v1")
    now = Replayed(kept=kept, trial=replace(trial, **changes))

    assert (now.state, now.still_fails) == (says, False)
    assert Replayed(kept=kept, trial=trial, same_digest=False).state == (
        "still fails, with another journal of the same code"
    )


def test_a_token_of_another_python_has_no_digest_to_compare(found, tmp_path: Path) -> None:
    """asyncio takes other steps there: another journal says nothing about the code."""
    path = tmp_path / "corpus.jsonl"
    (trial,) = found.violations
    elsewhere = replace(Token.parse(trial.token), python="3.99", journal_digest="0" * 16)
    Corpus(path, "v1").keep([replace(trial, token=str(elsewhere))])

    (again,) = Corpus(path, "v1").replay()
    assert (again.still_fails, again.same_digest) == (True, None)


def test_findings_that_can_t_be_kept_are_told_and_not_lost(found, tmp_path: Path) -> None:
    """The disk filled up meanwhile: the search itself was not in vain."""
    (tmp_path / "file").write_text("")
    corpus = Corpus(tmp_path / "file" / "corpus.jsonl", "v1")
    stopped = search(seeds=[found.violations[0].seed], cases=QUORUM, planted=PLANTED, corpus=corpus)

    assert len(stopped.findings) == 1
    assert "could not write" in stopped.unkept


def test_a_bug_of_another_part_is_planted_and_one_of_none_refused() -> None:
    """Each process loads what its case needs; the bug's own module may not be among that."""
    assert attempt("mining:mine", 1, PLANTED).status == "pass"
    with pytest.raises(BadInputError, match=r"did you mean quorum\.timer_lost_on_pause"):
        attempt("mining:mine", 1, ("quorum.timer_lost_on_paus",))
    with pytest.raises(BadInputError) as refused:
        search(seeds=range(2), cases=QUORUM, planted=("no.bug", "x"))
    assert [problem.value for problem in refused.value.problems] == ["no.bug", "x"]


def test_a_search_over_everything_names_the_sites_that_no_run_came_by() -> None:
    """The table of a search over one case has those of that case."""
    nothing = Search(everything=True)

    assert {site.gap for site in nothing.sites} == {"no run came by"}
    assert Search().sites == []


def test_a_corpus_that_is_none_is_refused_with_its_lines(tmp_path: Path) -> None:
    """It may be somebody's other file."""
    path = tmp_path / "notes.txt"
    path.write_text('hello\n{"format": 9}\n')

    with pytest.raises(BadInputError) as refused:
        Corpus(path, "v1")
    assert [problem.where for problem in refused.value.problems] == [f"{path}:1", f"{path}:2"]


@pytest.mark.slow
def test_several_processes_find_the_same_as_one() -> None:
    """Parallelism is for speed alone."""
    arguments = {"seeds": range(6), "cases": ("chaos:actors", "network:flood")}
    one, two = (search(jobs=jobs, **arguments) for jobs in (1, 2))  # type: ignore[arg-type]

    assert [trial.token for trial in one.trials] == [trial.token for trial in two.trials]
