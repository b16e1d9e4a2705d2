"""The commands ``alyslab property …``: hunt planted defects with properties, print the page of all.

Exit codes: 0 every hunted defect was falsified; 1 one was not; 2 bad input; 3 a
property broke, which is no falsification.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Kept = Annotated[
    Path | None,
    typer.Option(help="File of the hunts; docs/property-hunts.json if not given.", metavar="FILE"),
]


def hunt(
    defects: Annotated[
        list[str] | None, typer.Argument(help="Which; all without one.", metavar="NAME")
    ] = None,
    *,
    first_seed: Annotated[int, typer.Option(min=0, help="Hypothesis' seed in the first search.")] = 1,
    searches: Annotated[int, typer.Option(min=1, help="Searches for each, with a seed each.")] = 1,
    cases: Annotated[int, typer.Option(min=1, help="Most cases of a search.")] = 1_000,
    keep: Kept = None,
) -> int:
    """Search for planted defects with the property that reaches each, and keep how many cases it took.

    Example: alyslab property hunt actor.priority_inverted --searches 3
    """
    from alyslab.batch.provenance import code_digest
    from alyslab.cli_chaos.files import check_writable
    from alyslab.errors import AlyslabError, BadInputError, LabError, Problem
    from alyslab.property.hunt import hunt as search
    from alyslab.property.kept_hunts import PLACE, KeptHunt, load, save
    from alyslab.property.reach import REACH
    from alyslab.wording import meant

    problems = [
        Problem(
            where="property hunt",
            what=f"no property reaches a defect {name!r}",
            value=name,
            allowed=meant(name, REACH, otherwise="docs/properties.md lists them"),
        )
        for name in defects or ()
        if name not in REACH
    ]
    if problems:
        raise BadInputError(problems)
    path = keep or PLACE
    load(path)  # what is there is no file of hunts: say so before the first search
    check_writable(keep=path)
    version = code_digest()[:12]
    missed = broken = 0
    for defect in dict.fromkeys(defects or REACH):
        try:
            found = search(defect, first_seed=first_seed, searches=searches, cases=cases)
        except AlyslabError as error:  # one property that breaks must not cost the hours of the others
            typer.echo(f"{defect:40}  {REACH[defect]} broke: {error}")
            broken += 1
            continue
        save([KeptHunt.of(found, first_seed=first_seed, version=version)], path)
        needed = ", ".join("missed" if one is None else str(one) for one in found.cases)
        typer.echo(f"{defect:40}  {found.by}: {needed}")
        missed += not found.found
    return LabError.exit_code if broken else 1 if missed else 0


def reference(*, keep: Kept = None) -> int:
    """Print the page of properties, machines and the defects they find as Markdown.

    Example: alyslab property reference
    """
    from alyslab.property.kept_hunts import PLACE, load
    from alyslab.property.reference import page

    typer.echo(page(load(keep or PLACE)), nl=False)
    return 0


def add_property(app: typer.Typer, command: Callable[[Callable[..., int]], Callable[..., None]]) -> None:
    """Add the commands to the command line; ``command`` turns errors into exit codes."""
    commands = typer.Typer(help="Falsify planted defects by properties.", no_args_is_help=True)
    for function in (hunt, reference):
        commands.command()(command(function))
    app.add_typer(commands, name="property")
