"""The commands about planted bugs: hunt them, and print the page that lists them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alyslab.cli_chaos.files import check_writable
from alyslab.cli_chaos.printing import INTERRUPTED, Jobs, Json, bar, print_json, processes, tell
from alyslab.errors import BadInputError, Problem

if TYPE_CHECKING:
    from alyslab.chaos.detection import Detection


def catalogue(
    *,
    defect: Annotated[
        list[str] | None, typer.Option(help="Only this bug; may be repeated.", metavar="NAME")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds for each bug.")] = 200,
    clean: Annotated[int, typer.Option(min=0, help="Runs with no bug planted, over all cases in turn.")] = 0,
    first_seed: Annotated[int, typer.Option(min=0, help="Where each hunt begins.")] = 0,
    jobs: Jobs = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="Save results there as they come, and go on with those of this code.", metavar="FILE"
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Hunt every planted bug, and say how many are found, how soon, and what is found where there is none.

    Example: alyslab chaos catalogue --seeds 50 --clean 20 --keep outputs/hunts.json
    """
    from alyslab.batch.provenance import code_digest
    from alyslab.chaos.detection import Detection, detect
    from alyslab.chaos.kept_hunts import load

    known = load(keep) if keep is not None else Detection()
    check_writable(keep=keep)
    told: set[str] = set()
    unkept = ""

    def note(detection: Detection) -> None:
        nonlocal unkept
        unkept = _unkept(detection, keep)
        for name, hunt in detection.hunts.items():
            if name not in told and not as_json:
                typer.echo(f"{hunt.outcome:12}  {name:36}  {hunt.case}: {', '.join(hunt.checks)}")
        told.update(detection.hunts)

    found = detect(
        defect or (),
        limit=seeds,
        clean=clean,
        first_seed=first_seed,
        jobs=jobs or processes(),
        known=known,
        version=code_digest()[:12],
        told=note,
        progress=bar("bugs, then clean runs"),
    )
    if as_json:
        print_json({**found.as_dict(), "interrupted": found.interrupted})
    else:
        _say(found)
    if unkept:
        tell(f"alyslab: {unkept}")
    if found.interrupted:
        return INTERRUPTED
    return 1 if found.missed or found.clean.alarms else 3 if unkept else 0


def _unkept(detection: Detection, keep: Path | None) -> str:
    """Save what was found; returns why it could not be, or nothing.  The hunt goes on: the next may fit."""
    from alyslab.chaos.kept_hunts import save
    from alyslab.errors import AlyslabError

    try:
        if keep is not None:
            save(detection, keep)
    except AlyslabError as error:
        return str(error)
    return ""


def _say(found: Detection) -> None:
    figures = found.figures()
    for name in ("planted", "hunted", "found_ratio", "found_soon_ratio", "seeds_p50", "seeds_p90"):
        typer.echo(f"{name}: {figures[name]}")
    for hunt in found.missed:
        typer.echo(f"MISSED  {hunt.defect}, {hunt.errors} runs raised, {hunt.alarms} found something else")
    for alarm in found.clean.alarms:
        typer.echo(f"FALSE ALARM  {alarm['case']} seed {alarm['seed']}: {'; '.join(alarm['checks'])}")
        typer.echo(f"             alyslab replay {alarm['token']}")
    counts = ", ".join(f"{count} {status}" for status, count in sorted(found.clean.statuses.items()))
    typer.echo(
        f"clean runs: {found.clean.runs} ({counts or 'none'}); false alarms: {len(found.clean.alarms)}"
    )
    if found.interrupted:
        typer.echo("interrupted: this is what was done until then")


def reference(
    *,
    hunts: Annotated[
        Path | None,
        typer.Option(help="What a hunt over seeds came to that plans were made with.", metavar="FILE"),
    ] = None,
    blind: Annotated[
        Path | None,
        typer.Option(help="What a hunt over other seeds came to: what is claimed.", metavar="FILE"),
    ] = None,
) -> int:
    """Print the page of faults, systems and planted bugs as Markdown.

    Example: alyslab chaos reference --hunts docs/hunts.json --blind docs/blind.json
    """
    from alyslab.chaos.detection import Detection
    from alyslab.chaos.kept_hunts import load
    from alyslab.chaos.reference import render

    missing = [path for path in (hunts, blind) if path is not None and not path.exists()]
    if missing:
        raise BadInputError(
            Problem(where=str(path), what="there is no such file", value=str(path)) for path in missing
        )
    tuned, untouched = (load(path) if path is not None else Detection() for path in (hunts, blind))
    typer.echo(render(tuned, untouched), nl=False)
    return 0
