"""A plan is settled and checked as a whole before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from alyslab.batch.plan import Plan, Request
from alyslab.batch.planner import make_plan
from alyslab.errors import NotebookError, ParameterError
from tests.batch.lab import write_lab, write_notebook


def planned(tmp_path: Path, request: Request | None = None, **files: str) -> Plan:
    notebooks, parameters = write_lab(tmp_path, {"one": ("pass",), "two": ("pass",)}, **files)
    return make_plan(request or Request(), notebooks=notebooks, parameters=parameters)


def refusal(tmp_path: Path, request: Request | None = None, **files: str) -> str:
    with pytest.raises((ParameterError, NotebookError)) as caught:
        planned(tmp_path, request, **files)
    return str(caught.value)


def test_each_layer_wins_over_the_one_below(tmp_path: Path) -> None:
    """The order is a promise: default, base, profile, scenario, -p, --seed."""
    layers = {"base": "seed: 2\npeers: 5", "profiles__quick": "peers: 6", "one__default": "peers: 7"}

    def of(request: Request, *names: str) -> dict[str, object]:
        kept = {name: layers[name] for name in names}
        (plan,) = [planned(tmp_path / str(len(list(tmp_path.iterdir()))), request, **kept)]
        parameters = plan.jobs[0].parameters
        return {name: parameters[name] for name in ("seed", "peers")}

    assert of(Request()) == {"seed": 1, "peers": 4}
    assert of(Request(), "base") == {"seed": 2, "peers": 5}
    assert of(Request(), "base", "profiles__quick") == {"seed": 2, "peers": 6}
    assert of(Request(), *layers) == {"seed": 2, "peers": 7}
    assert of(Request(overrides=("peers=8",), seed=9), *layers) == {"seed": 9, "peers": 8}


def test_the_runner_sets_profile_and_run_directory(tmp_path: Path) -> None:
    """A report that names another profile than the one that ran would be worthless."""
    plan = planned(tmp_path, Request(profile="ci"), profiles__ci="")

    assert (plan.jobs[0].parameters["profile"], plan.summary.parameters["run_dir"]) == ("ci", ".")
    assert "is set by --profile" in refusal(tmp_path / "other", Request(overrides=("profile=x",)))


def test_a_job_is_named_by_notebook_scenario_and_seed(tmp_path: Path) -> None:
    """The name is the file's name in the run directory, and two jobs must not share it."""
    plan = planned(tmp_path, Request(seed=11), one__big="peers: 9", profiles__quick='scenarios: ["one:*"]')

    assert [job.id for job in plan.jobs] == ["one__big__s11", "one__default__s11"]


def test_required_checks_come_from_the_profile(tmp_path: Path) -> None:
    """The gate's strictness is a parameter of the experiment, not of the machine."""
    plan = planned(tmp_path, profiles__quick='required_checks: ["one:*"]')

    assert plan.required_checks == ("one:*",)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"base": "pers: 1"},
            "base.yaml:1: pers: no notebook of this run declares this parameter (did you mean peers?)",
        ),
        ({"one__default": "\nblocks: 1"}, "default.yaml:2: blocks: notebook one declares no such parameter"),
        ({"base": "peers: many"}, "peers: must be int, not str, as notebook one declares it"),
        ({"profiles__quick": "scenarios: [one:x]"}, "'one:x' selects nothing"),
        ({"profiles__quick": "scenarios: 3"}, "scenarios: must be a list"),
        ({"profiles__quick": 'required_checks: ["three:*"]'}, "'three:*' names no notebook"),
        ({"profiles__quick": "a: !x 1"}, "the tag !x is not allowed"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    """papermill would only warn of an unknown name and run another experiment."""
    assert said in refusal(tmp_path, **files)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request(notebooks=("../one",)), "there is no notebook '../one' (did you mean one?)"),
        (Request(notebooks=("/etc/passwd",)), "there is no notebook '/etc/passwd'"),
        (Request(notebooks=("summary",)), "there is no notebook 'summary'"),
        (Request(notebooks=("one:../x",)), "has no scenario '../x'"),
        (Request(profile="../base"), "there is no profile '../base'"),
        (Request(overrides=("peers",)), "is not name=value"),
        (Request(overrides=("peers=1", "peers=2")), "is given twice"),
        (Request(overrides=("peers=x",)), "must be int"),
        (Request(overrides=("seed=1",), seed=2), "is given with -p too"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_named(tmp_path: Path, request_: Request, said: str) -> None:
    """Names are looked up among what is there, so none can lead out of its folder."""
    assert said in refusal(tmp_path, request_)


def test_everything_wrong_is_reported_at_once(tmp_path: Path) -> None:
    """One attempt must be enough to learn all."""
    write_notebook(tmp_path / "notebooks", "broken", parameters="seed = 1 + 1")
    said = refusal(tmp_path, Request(profile="nope", notebooks=("three",)), base="pers: 1")

    assert [word in said for word in ("derived", "pers", "'nope'", "'three'")] == [True] * 4


def test_a_notebook_without_a_seed_is_refused(tmp_path: Path) -> None:
    """A run that can't be told from another by its seed can't be replayed."""
    write_notebook(tmp_path / "notebooks", "seedless", parameters="peers: int = 1")

    assert "must declare a parameter 'seed: int'" in refusal(tmp_path)


def test_a_folder_without_a_summary_is_refused(tmp_path: Path) -> None:
    """Without it a run would have no gate."""
    write_notebook(tmp_path / "notebooks", "one")

    with pytest.raises(NotebookError, match=r"summary\.ipynb"):
        make_plan(Request(), notebooks=tmp_path / "notebooks", parameters=tmp_path)


@pytest.mark.parametrize("profile", ["quick", "ci", "full", "soak"])
def test_the_project_s_own_profiles_are_sound(profile: str) -> None:
    """A profile with a typing error would be found by the nightly job otherwise."""
    root = Path(__file__).parents[2]

    plan = make_plan(Request(profile=profile), notebooks=root / "notebooks", parameters=root / "parameters")

    assert plan.jobs
