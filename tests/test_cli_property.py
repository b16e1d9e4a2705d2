"""The commands about properties, as somebody types them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from alyslab.cli import app
from alyslab.errors import LabError
from alyslab.property import hunt as hunting

DEFECT = "model.early_approvals_lost"
runner = CliRunner()


def test_a_hunt_by_hand_is_kept_and_shown(tmp_path):
    """The way in which the table of docs/properties.md is made."""
    path = tmp_path / "hunts.json"

    hunted = runner.invoke(app, ["property", "hunt", DEFECT, "--keep", str(path)])
    page = runner.invoke(app, ["property", "reference", "--keep", str(path)])

    assert (hunted.exit_code, page.exit_code) == (0, 0)
    kept = json.loads(path.read_text())["hunts"]
    assert [(row["defect"], len(row["cases"]), len(row["version"])) for row in kept] == [(DEFECT, 1, 12)]
    assert f"| `{DEFECT}` | candidates keep their approvals | {kept[0]['cases'][0]} |" in page.stdout
    assert kept[0]["version"] in page.stdout


def test_a_hunt_that_finds_nothing_says_missed_and_fails(tmp_path):
    """One case is too few for this defect, and that is no success."""
    path = tmp_path / "hunts.json"

    missed = runner.invoke(app, ["property", "hunt", DEFECT, "--cases", "1", "--keep", str(path)])

    assert missed.exit_code == 1
    assert "missed" in missed.stdout
    assert json.loads(path.read_text())["hunts"][0]["cases"] == [None]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["hunt", "no.such", DEFECT, "nor.this"], ("no.such", "nor.this")),
        (["hunt", DEFECT, "--keep", "/proc/none/hunts.json"], ("/proc/none/hunts.json",)),
        (["hunt", DEFECT, "--searches", "0"], ("searches",)),
        (["reference", "--keep", __file__], ("no file of hunts",)),
    ],
)
def test_what_cannot_be_hunted_is_refused_before_the_first_search(words, told):
    """Minutes of searching must not end in a message about the command line."""
    refused = runner.invoke(app, ["property", *words])

    assert refused.exit_code == 2
    assert all(word in refused.output for word in told)


def test_a_property_that_breaks_costs_no_other_hunt(tmp_path, monkeypatch):
    """The hunt of all takes a while; what is whole must be kept, and what broke is no find."""
    path = tmp_path / "hunts.json"
    real = hunting.hunt

    def hunt(defect, **how):
        if defect == "model.heights_bypassed":
            raise LabError("torn")
        return real(defect, **how)

    monkeypatch.setattr(hunting, "hunt", hunt)

    hunted = runner.invoke(app, ["property", "hunt", "model.heights_bypassed", DEFECT, "--keep", str(path)])

    assert hunted.exit_code == 3
    assert "broke: torn" in hunted.stdout
    assert [row["defect"] for row in json.loads(path.read_text())["hunts"]] == [DEFECT]
