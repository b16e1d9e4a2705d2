"""The configuration itself: immutable values that know their origins."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from pydantic import ValidationError

from alyslab.config import LabConfig, load_config
from alyslab.config.keys import known_keys


def test_without_any_layer_every_value_is_a_default() -> None:
    """Tests of other parts make one so, and may break nothing by it: chaos is off."""
    config = LabConfig()
    assert set(config.origins.values()) == {"default"}
    assert config.execution.chaos_enabled is False


def test_values_given_to_the_model_come_from_an_argument() -> None:
    """Only those that were given."""
    config = LabConfig(execution={"jobs": 3})  # type: ignore[arg-type]
    assert config.origins["execution.jobs"] == "argument"
    assert config.origins["execution.cell_timeout_s"] == "default"


def test_neither_values_nor_origins_can_be_changed() -> None:
    """What a report says at its end must be what the run began with."""
    config = load_config(environ={})
    with pytest.raises(ValidationError):
        config.execution.jobs = 5  # type: ignore[misc]
    with pytest.raises(ValidationError):
        config.execution = config.execution  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.origins["execution.jobs"] = "me"  # type: ignore[index]


@pytest.mark.parametrize("given", [{"jobs": 0}, {"jobs": "2"}, {"jbos": 2}, {"cell_timeout_s": float("nan")}])
def test_the_models_themselves_refuse_what_a_file_may_not_say(given: dict[str, object]) -> None:
    """Whoever makes one in Python gets no weaker check."""
    with pytest.raises(ValidationError):
        LabConfig(execution=given)  # type: ignore[arg-type]


def test_equal_values_are_equal_wherever_they_came_from() -> None:
    """A resumed run compares its configuration with the first one's."""
    one, other = load_config("local", environ={}), load_config("local", environ={"TEST_PARALLEL": "2"})
    assert one.origins != other.origins
    assert one == other
    assert one != load_config("local", environ={"TEST_PARALLEL": "3"})
    assert one != "local"


def test_a_copy_in_another_process_keeps_values_and_origins() -> None:
    """Worker processes get one by pickle."""
    config = load_config("ci", environ={"TEST_PARALLEL": "3"})
    copy = pickle.loads(pickle.dumps(config))
    assert copy == config
    assert copy.origins == config.origins


def test_the_flat_view_is_json_with_every_key() -> None:
    """A run's manifest keeps it."""
    flat = load_config(environ={"ALYSLAB__PATHS__OUTPUTS": "a/b"}).flat()
    assert list(flat) == list(known_keys())
    assert json.loads(json.dumps(flat)) == flat
    assert flat["paths.outputs"] == str(Path("a/b"))
