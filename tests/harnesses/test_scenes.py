"""Trials are made of scenes with names; a name that is none is refused."""

from __future__ import annotations

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.actor.workloads.trial import SCENES, trial
from alyslab.harnesses.scenes import check_scenes
from alyslab.runtime import simulate


def test_unknown_scenes_are_refused_all_at_once_and_so_is_none() -> None:
    """A mistyped scene would be left out without a word."""
    check_scenes(["b"], ["a", "b"])
    with pytest.raises(ParameterError, match="no scene is named 'x', 'y'"):
        check_scenes(["a", "x", "y"], ["a", "b"])
    with pytest.raises(ParameterError, match="no scene at all"):
        check_scenes([], ["a"])


def test_a_trial_runs_the_scenes_that_are_named_and_no_others() -> None:
    """The last one can be had alone: a finding is shrunk to what matters."""
    alone = simulate(trial, seed=1, parameters={"scenes": ["fragile"]})
    whole = simulate(trial, seed=1)
    said = simulate(trial, seed=1, parameters={"scenes": list(SCENES)})

    assert {event.subject.partition("-")[0] for event in alone.journal.select(kind="actor.state")} <= {
        event.subject.partition("-")[0] for event in whole.journal.select(kind="actor.state")
    }
    assert 0 < len(alone.journal) < len(whole.journal) / 4
    assert said.journal.digest == whole.journal.digest
