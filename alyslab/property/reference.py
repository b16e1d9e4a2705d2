"""The page ``docs/properties.md``: each property with its cases, each planted defect with its finder."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

from alyslab.property.hunt import CASES_MOST
from alyslab.property.kept_hunts import KeptHunt
from alyslab.property.machines import MACHINES
from alyslab.property.profiles import CASES, DIVIDED
from alyslab.property.properties import PROPERTIES
from alyslab.property.reach import OUT_OF_REACH, REACH

_HEAD = """\
# Properties, machines and the defects they find

<!-- Made from the code by `alyslab property reference`; edit the code, then run `make docs`. -->

What must hold for every case that can be drawn. [How to write one of your own](how-to/write-a-property.md).
"""


def page(kept: Mapping[str, KeptHunt]) -> str:
    """Return the page, with these hunts."""
    return "\n".join([_HEAD, *_properties(), "", *_hunts(kept), "", *_out_of_reach()]) + "\n"


def _properties() -> Iterator[str]:
    cases = ", ".join(f"`{name}` {number:,}" for name, number in CASES.items())
    yield "## Cases by profile"
    yield ""
    yield f"`HYPOTHESIS_PROFILE` chooses how many cases are tried: {cases}."
    yield f"Under `{DIVIDED}`, which runs while somebody waits, what costs much a case has fewer; under the"
    yield "others all have all."
    yield ""
    rows = [
        (one.name, one.claim, CASES[DIVIDED] // one.weight, one.weight_reason) for one in PROPERTIES.values()
    ]
    rows += [
        (name, (one.__doc__ or "").partition("\n")[0], CASES[DIVIDED] // one.weight, one.weight_reason)
        for name, one in MACHINES.items()
    ]
    yield from _table(("property or machine", "claim", f"cases of `{DIVIDED}`", "why fewer"), rows)


def _hunts(kept: Mapping[str, KeptHunt]) -> Iterator[str]:
    yield "## Planted defects that are falsified"
    yield ""
    medians = [
        statistics.median(each for each in kept[defect].cases if each is not None)
        for defect in REACH
        if defect in kept and None not in kept[defect].cases
    ]
    versions = ", ".join(sorted({f"`{hunt.version}`" for hunt in kept.values()}))
    middle = f"; the median one in {statistics.median(medians):g}" if medians else ""
    yield f"{len(medians)} of {len(REACH)} were, by every search within {CASES_MOST:,} cases{middle}."
    yield "`alyslab property hunt NAME` hunts one again and keeps what came of it."
    yield f"Code that was searched: {versions or 'none'}."
    yield ""
    rows = []
    for defect, by in REACH.items():
        hunt = kept.get(defect)
        cases = "not hunted" if hunt is None else ", ".join(map(_number, hunt.cases))
        seeds = "" if hunt is None else f"{hunt.first_seed} to {hunt.first_seed + len(hunt.cases) - 1}"
        rows.append((f"`{defect}`", by, cases, seeds, "" if hunt is None else hunt.seen))
    yield from _table(("defect", "found by", "cases of each search", "seeds", "seen in the last"), rows)


def _out_of_reach() -> Iterator[str]:
    yield "## Planted defects that no property finds"
    yield ""
    yield from _table(("defect", "why"), [(f"`{defect}`", why) for defect, why in OUT_OF_REACH.items()])


def _number(cases: int | None) -> str:
    return "missed" if cases is None else str(cases)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |"
