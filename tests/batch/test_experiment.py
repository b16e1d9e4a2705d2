"""What a notebook reports through must be complete, exact and in order."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from alyslab.batch import experiment as module
from alyslab.batch.experiment import Experiment
from alyslab.batch.glue import ScrapError
from alyslab.checkers import Verdict
from alyslab.errors import ParameterError, StateError
from tests.batch.lab import METRIC, PASS


class FakeRun:
    """The part of a run that provenance keeps."""

    class journal:  # noqa: N801
        digest = "j"

    seed, token, digest = 7, "alys1-x", "d"


@pytest.fixture
def glued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    scraps: list[tuple[str, Any]] = []
    monkeypatch.setattr(module, "glue", lambda name, data: scraps.append((name, data)))
    return scraps


def test_the_verdict_is_glued_last(glued: list[tuple[str, Any]]) -> None:
    """A notebook that dies while it reports must have no verdict."""
    Experiment("small", seed=7).finish(Verdict((PASS,)), [METRIC])

    assert [name for name, _ in glued] == ["metrics", "provenance", "verdict"]


def test_provenance_is_enough_to_obtain_the_result_again(glued: list[tuple[str, Any]]) -> None:
    """Seed, parameters, code and tokens: what a reader needs years later."""
    experiment = Experiment("small", seed=7, profile="ci", peers=60)
    experiment.add_run(FakeRun(), label="flood")
    experiment.finish(Verdict((PASS,)))
    origin = dict(glued)["provenance"]

    assert (origin["seed"], origin["profile"], origin["parameters"]) == (7, "ci", {"peers": 60})
    assert origin["runs"] == [
        {"label": "flood", "seed": 7, "token": "alys1-x", "digest": "d", "journal_digest": "j"}
    ]
    assert "git_commit" in origin
    assert origin["versions"]["python"]


def test_metrics_come_as_rows_mappings_or_a_frame(glued: list[tuple[str, Any]]) -> None:
    """Whoever computes them should not have to convert them."""
    row = type("Row", (), METRIC)()
    for metrics in ([row], [METRIC], pd.DataFrame([METRIC])):
        Experiment("small", seed=7).finish(Verdict((PASS,)), metrics)

    assert [data for name, data in glued if name == "metrics"] == [[METRIC]] * 3


def test_a_value_that_cannot_be_kept_glues_nothing(glued: list[tuple[str, Any]]) -> None:
    """Metrics without a verdict would look like a notebook that died."""
    with pytest.raises(ScrapError, match=r"metrics\[0\]\.value"):
        Experiment("small", seed=7).finish(Verdict((PASS,)), [METRIC | {"value": float("nan")}])
    assert glued == []


def test_an_experiment_is_finished_once(glued: list[tuple[str, Any]]) -> None:
    """Two verdicts of one notebook would leave the choice to chance."""
    experiment = Experiment("small", seed=7)
    experiment.finish(Verdict((PASS,)))

    with pytest.raises(StateError, match="finish is not allowed in state finished"):
        experiment.finish(Verdict((PASS,)))
    with pytest.raises(StateError):
        experiment.add_run(FakeRun())


def test_every_parameter_that_cannot_be_recorded_is_named() -> None:
    """Provenance with a hole in it can't be replayed."""
    arguments: dict[str, Any] = {"seed": True, "peers": object(), "ratio": float("nan")}

    with pytest.raises(ParameterError) as caught:
        Experiment("Not A Name", **arguments)
    assert {problem.key for problem in caught.value.problems} == {"name", "seed", "peers", "ratio"}


def test_it_shows_itself_escaped() -> None:
    """A parameter is text from a file, not markup."""
    page = Experiment("small", seed=7, note="<script>")._repr_html_()

    assert ("&lt;script&gt;" in page, "<script>" in page, ">7<" in page) == (True, False, True)


def test_outside_a_kernel_it_works_without_ipython() -> None:
    """The same code serves in pytest and in scripts."""
    experiment = Experiment("small", seed=7, peers=3)
    experiment.finish(Verdict((PASS,)))

    assert (experiment.finished, repr(experiment)) == (
        True,
        "Experiment('small', seed=7, profile='', peers=3)",
    )
