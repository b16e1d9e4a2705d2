"""A plan is data: it goes to JSON and back, and what is wrong with it is said all at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import FORMAT, PlanError, parse_plan, read_plan, read_text, schema
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import system_named

FULL = {
    "format": FORMAT,
    "system": "quorum",
    "options": {"nodes": 3},
    "entries": [
        {
            "fault": "network.partition",
            "target": {"select": "named", "names": ["member-0"]},
            "start_s": 1,
            "end_s": 2.5,
        },
        {"fault": "process.crash", "id": "kill", "parameters": {"state": "kept"}, "heal": "quiet"},
    ],
}


def wrong(document: Any) -> dict[str, str]:
    """What is wrong with a document, by key."""
    return {str(problem.key): problem.what for problem in parse_plan(document)[1]}


def test_a_plan_goes_to_json_and_back() -> None:
    """Tokens, files and the shrinker all carry plans as JSON."""
    plan, problems = parse_plan(FULL)
    again, more = read_text(plan.dump())

    assert (problems, more) == ([], [])
    assert again == plan
    assert [entry.id for entry in plan.entries] == ["e1", "kill"]


def test_drawn_plans_go_to_json_and_back_too() -> None:
    """Whatever a swarm draws must survive its token."""
    for seed in range(30):
        plan = draw_plan(system_named("quorum"), seed)
        assert parse_plan(json.loads(plan.dump())) == (plan, [])


def test_every_problem_of_shape_is_listed_at_once() -> None:
    """Correcting a plan one error a run wastes the reader's day."""
    found = wrong(
        {
            "format": "something/9",
            "color": "red",
            "phases": {"faults_s": -3},
            "entries": [
                {"fault": "process.crash", "start_s": -1, "intensity": 2, "colour": 1},
                {"start_s": 1},
                "crash",
                {"fault": "network.loss", "target": {"select": "somebody"}},
            ],
        }
    )

    assert set(found) == {
        "format",
        "color",
        "phases.faults_s",
        "entries[0].start_s",
        "entries[0].intensity",
        "entries[0].colour",
        "entries[1]",
        "entries[2]",
        "entries[3].target.select",
    }


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"entries": {}}', '{"entries": [[]]}', "[" * 100_000, '{"options": 5}']
)
def test_nonsense_is_refused_and_never_raises_anything_else(text: str) -> None:
    """A file given by mistake must be answered with words."""
    assert read_text(text)[1]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "true", '"1"'])
def test_what_is_no_time_is_refused(number: str) -> None:
    """A NaN that slips through would make every comparison of times false."""
    text = f'{{"entries": [{{"fault": "process.pause", "start_s": {number}}}]}}'

    assert [problem.key for problem in read_text(text)[1]] == ["entries[0].start_s"]


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    """The most usual mistake of all."""
    with pytest.raises(PlanError, match="can't be read"):
        read_plan(tmp_path / "none.json")


def test_the_schema_names_its_version_and_every_fault() -> None:
    """Editors complete from it, so it must know what the code knows."""
    document = schema()

    assert document["$id"] == FORMAT
    assert document["$defs"]["Entry"]["properties"]["fault"]["enum"] == list(FAULTS)


def test_a_key_that_stands_twice_is_refused() -> None:
    """The last would win without a word, and another plan than the one written would run."""
    _, problems = read_text('{"system": "quorum", "system": "sync", "entries": []}')

    assert ["twice in one object: system" in str(problem) for problem in problems] == [True]
