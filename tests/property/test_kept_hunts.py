"""The hunts that were made are kept, cover every reachable defect, and stand on a page of the docs."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from alyslab.errors import BadInputError
from alyslab.property.hunt import CASES_MOST
from alyslab.property.judging import MEDIAN_MOST
from alyslab.property.kept_hunts import PLACE, KeptHunt, load, save
from alyslab.property.machines import MACHINES
from alyslab.property.properties import PROPERTIES
from alyslab.property.reach import REACH
from alyslab.property.reference import page

ROOT = Path(__file__).parents[2]
ONE = KeptHunt(
    defect="model.state_root_not_compared",
    by="a broken rule is named",
    first_seed=1,
    cases=(7, None),
    seen="",
    version="0123456789ab",
)


@pytest.fixture(scope="module")
def kept() -> dict[str, KeptHunt]:
    """The hunts of this checkout."""
    return load(ROOT / PLACE)


def test_what_is_kept_was_found_by_the_finder_of_now(kept):
    """Issue 8, Numbers: what the table says must be of the finders that there are."""
    assert len(kept) > len(REACH) / 2
    assert {defect: hunt.by for defect, hunt in kept.items()} == {
        defect: by for defect, by in REACH.items() if defect in kept
    }


@pytest.mark.soak
def test_every_reachable_defect_was_hunted(kept):
    """The page says "not hunted" of those that were not: `alyslab property hunt NAME`."""
    assert REACH.keys() - kept.keys() == set()


def test_every_kept_search_found_its_defect_within_a_thousand_cases(kept):
    """Issue 8, Numbers; the searches themselves are the soak's, and `alyslab property hunt`'s."""
    late = {
        defect: hunt.cases
        for defect, hunt in kept.items()
        if not hunt.cases or not all(each is not None and each <= CASES_MOST for each in hunt.cases)
    }

    assert late == {}


def test_the_median_of_the_kept_hunts_is_below_a_hundred(kept):
    """Issue 8, Numbers."""
    assert statistics.median(statistics.median(hunt.cases) for hunt in kept.values()) < MEDIAN_MOST


def test_the_page_is_what_code_and_hunts_say(kept):
    """`make docs` writes it; a page that is not made anew says what was true once."""
    assert (ROOT / "docs" / "properties.md").read_text(encoding="utf-8") == page(kept)


def test_the_page_says_what_was_missed_and_what_was_not_hunted():
    """Nothing pretended: a search that found nothing is no small number."""
    text = page({ONE.defect: ONE})

    assert f"| `{ONE.defect}` | {ONE.by} | 7, missed | 1 to 2 |" in text
    assert f"0 of {len(REACH)} were" in text
    assert "| not hunted |" in text


@pytest.mark.parametrize("name", [*PROPERTIES, *MACHINES])
def test_what_has_fewer_cases_says_why(name):
    """Issue 8 asks for 100 of each; who sees fewer must see the reason beside it."""
    one = PROPERTIES.get(name) or MACHINES[name]

    assert (one.weight > 1) == bool(one.weight_reason)
    assert 1 <= one.weight <= 10


def test_hunts_are_kept_beside_those_of_other_defects(tmp_path):
    """One hunt again must not cost all the others."""
    path = tmp_path / "hunts.json"
    other = replace(ONE, defect="model.early_approvals_lost", cases=(3,))

    save([ONE], path)
    save([other], path)
    save([replace(ONE, cases=(5, 6))], path)

    assert load(path) == {other.defect: other, ONE.defect: replace(ONE, cases=(5, 6))}
    assert load(tmp_path / "none.json") == {}


@pytest.mark.parametrize("text", ["", "{}", '{"format": "another", "hunts": []}', "[1]"])
def test_what_is_no_file_of_hunts_is_refused(tmp_path, text):
    """A table made of something else would be shown as if it were measured."""
    path = tmp_path / "hunts.json"
    path.write_text(text)

    with pytest.raises(BadInputError, match="hunts"):
        load(path)
