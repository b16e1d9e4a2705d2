"""The section of the reference about planted bugs: what each does, who hunts it, and what hunts came to.

A hunt is *blind* if nobody had looked at its seeds when plans and workloads
were made; what is claimed is claimed of it.  A *tuned* hunt went over the seeds
that they were made with, and shows no more than that a bug can be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alyslab.chaos.catalogue import cases_for, planted_bugs
from alyslab.chaos.detection import SOON, CleanRuns, Detection
from alyslab.chaos.hunt import Hunt
from alyslab.errors import BadInputError, Problem


def bug_lines(tuned: Detection, blind: Detection) -> Iterator[str]:
    """Yield the section; raises :class:`BadInputError` if the blind hunt went over seeds of the tuned one."""
    bugs = planted_bugs()
    names = [entry.name for entry in bugs]
    _check_blind(tuned.hunts, blind.hunts)
    yield "## Planted bugs"
    yield ""
    yield f"{len(bugs)} defects, each off unless it is asked for; `alyslab chaos catalogue` hunts them."
    yield ""
    yield "A hunt is blind if nobody had looked at its seeds when plans and workloads were made: it is what"
    yield "is claimed. The tuned hunt went over the seeds that they were made with."
    yield ""
    yield f"- Blind: {_measured(_of(blind, names), len(bugs))}"
    yield f"- Tuned: {_measured(_of(tuned, names), len(bugs))}"
    yield f"- {_clean(blind.clean if blind.clean.runs else tuned.clean)}"
    yield ""
    yield "Each row names the code that it was measured with; measure again after a change, over seeds that"
    yield "nobody has used yet: `alyslab chaos catalogue --first-seed FRESH --keep docs/blind.json`."
    yield ""
    yield "| bug | what it does | hunted by | seeds, blind | seeds, tuned | found by | code |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for entry in bugs:
        cases = ", ".join(f"`{case}`" for case in cases_for(entry.name)) or "tests of its own part"
        hunts = blind.hunts.get(entry.name), tuned.hunts.get(entry.name)
        seeds = " | ".join(_seeds(hunt) for hunt in hunts)
        shown = next((hunt for hunt in hunts if hunt is not None), None)
        by = "" if shown is None else f"{'; '.join(shown.checks)} | `{shown.version}`"
        yield f"| `{entry.name}` | {entry.summary} | {cases} | {seeds} | {by or '|'} |"


def _check_blind(tuned: Mapping[str, Hunt], blind: Mapping[str, Hunt]) -> None:
    seen = [
        name
        for name, hunt in blind.items()
        if (other := tuned.get(name)) is not None
        and hunt.first_seed < other.first_seed + other.limit
        and other.first_seed < hunt.first_seed + hunt.limit
    ]
    if seen:
        what = f"{len(seen)} hunts went over seeds of the tuned ones, {seen[0]} among them"
        raise BadInputError(Problem(where="blind", what=what, allowed="seeds that nobody has looked at"))


def _of(detection: Detection, names: list[str]) -> Detection:
    """Leave out what was hunted and is no longer planted."""
    return Detection(hunts={name: hunt for name, hunt in detection.hunts.items() if name in names})


def _measured(done: Detection, planted: int) -> str:
    """Say what the hunts that were kept came to; nothing is claimed of others."""
    if done.seeds_p50 is None or done.seeds_p90 is None:
        return "no hunt was kept, so no share found is claimed."
    limit = max(hunt.limit for hunt in done.hunted)
    first = ", ".join(f"{seed:,}" for seed in sorted({hunt.first_seed for hunt in done.hunted}))
    found = [hunt.seeds for hunt in done.hunted if hunt.seeds is not None]
    soon = sum(seeds <= SOON for seeds in found)
    return (
        f"seeds from {first}, up to {limit} for each of {len(done.hunted)} bugs of {planted}. "
        f"Found: {len(found)}, {soon} of them within {SOON} seeds; the median took {done.seeds_p50:g}, "
        f"the 90th percentile {done.seeds_p90:g}, the slowest {max(found)}."
    )


def _clean(clean: CleanRuns) -> str:
    names = "; ".join(alarm["case"] for alarm in clean.alarms) or "none"
    code = f", code `{clean.version}`" if clean.runs else ""
    return (
        f"Runs with nothing planted, over all cases in turn: {clean.runs}{code}; "
        f"false alarms: {len(clean.alarms)} ({names})."
    )


def _seeds(hunt: Hunt | None) -> str:
    if hunt is None:
        return "not measured"
    return str(hunt.seeds) if hunt.seeds is not None else hunt.outcome
