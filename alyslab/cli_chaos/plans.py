"""The commands about plans: run one, draw one, say what one may hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from alyslab.cli_chaos.files import check_writable
from alyslab.cli_chaos.printing import Json, Planted, plain, print_json
from alyslab.errors import Problem


def run(
    plan: Annotated[Path, typer.Argument(help="A plan as JSON; see: alyslab chaos schema.")],
    *,
    system: Annotated[str | None, typer.Option(help="The system, if the plan names none.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of all that is random.")] = 1,
    strategy: Annotated[str, typer.Option(help="How tasks are ordered: fifo, random or pct.")] = "fifo",
    plant: Planted = None,
    sites: Annotated[float, typer.Option(help="Share of fault sites to arm; a search arms 0.25.")] = 0.0,
    back_end: Annotated[str, typer.Option(help="simulation, or pressure: real load.")] = "simulation",
    journal: Annotated[Path | None, typer.Option(help="Save the journal there.", metavar="FILE")] = None,
    as_json: Json = False,
) -> int:
    """Run a plan over a system, from steady state to convergence, and judge it.

    Example: alyslab chaos run plan.json --system quorum --seed 7
    """
    from alyslab.chaos.attacks import accounts
    from alyslab.chaos.conduct import run_plan
    from alyslab.chaos.plan import PlanError, read_file
    from alyslab.chaos.resilience import resilience
    from alyslab.chaos.validation import all_problems

    read, problems = read_file(plan)
    if read.entries or not problems:  # else it could not be read at all, and lacks everything
        problems += all_problems(read, system, str(plan), back_end=back_end)
    problems += _option_problems(strategy, plant or (), back_end, journal)
    if problems:
        raise PlanError(problems)
    check_writable(journal=journal)
    if back_end == "pressure":
        return _press(read, as_json)
    outcome = run_plan(
        read, seed=seed, system=system, strategy=strategy, planted=plant or (), activation_ratio=sites
    )
    if journal is not None:
        outcome.run.journal.save(journal)
    figures, attacks = resilience(outcome.run.journal), accounts(outcome.run.journal)
    if as_json:
        print_json(
            {
                "system": outcome.system,
                "verdict": outcome.verdict.as_dict(),
                "resilience": plain(figures),
                "attacks": [one.as_dict() for one in attacks],
                "sites": [plain(one) for one in outcome.run.sites],
                "token": outcome.run.token,
            }
        )
    else:
        typer.echo(f"{outcome.verdict.status}: {outcome.system}, {len(outcome.plan.entries)} faults")
        for check in outcome.verdict.checks:
            mark = {True: "held  ", False: "BROKEN", None: "unseen"}[check.passed]
            typer.echo(f"  {mark}  {check.name}: {check.observed} {check.unit}")
        for one in figures.incidents:
            back = "unaffected" if not one.affected else f"served again after {one.recover_s} s"
            if one.affected and one.shared == one.affected:
                back = "affected, but recovery followed another fault's healing"
            typer.echo(f"  {one.entry} {one.fault}: {back if one.recovered else 'never served again'}")
        for attack in attacks:
            typer.echo(f"  {attack.summary}")
        for site in outcome.run.sites if sites else ():
            armed = f"fired at {site.fired} of {site.visits} visits" if site.active else "not armed"
            typer.echo(f"  site {site.name}: {armed}")
        typer.echo(f"score {figures.score}, converged after {figures.convergence_s} s\n{outcome.run.token}")
    return 1 if outcome.verdict.status == "fail" else 0


def draw(
    system: Annotated[str, typer.Argument(help="The system to draw a plan for.")],
    *,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 1,
) -> int:
    """Print a plan drawn from a seed, to run, edit or compare.

    Example: alyslab chaos draw quorum --seed 7
    """
    from alyslab.chaos.swarm import draw_plan
    from alyslab.chaos.systems import system_named

    typer.echo(draw_plan(system_named(system), seed).dump(), nl=False)
    return 0


def faults(as_json: Json = False) -> int:
    """List every fault with its parameters.

    Example: alyslab chaos faults
    """
    from alyslab.chaos.faults import FAULTS

    if as_json:
        print_json([plain(fault) for fault in FAULTS.values()])
        return 0
    for fault in FAULTS.values():
        typer.echo(f"{fault.name:28}  {fault.summary}")
        for one in fault.parameters:
            span = ", ".join(one.choices) if one.choices else f"{one.low:g} to {one.high:g}"
            typer.echo(f"{'':30}{one.name}: {one.summary} ({span})")
    return 0


def schema() -> int:
    """Print the JSON schema of a plan.

    Example: alyslab chaos schema
    """
    from alyslab.chaos.plan import schema as plan_schema

    print_json(plan_schema())
    return 0


def _option_problems(
    strategy: str, plant: Sequence[str], back_end: str, journal: Path | None
) -> list[Problem]:
    """Return what options ask for that this run can't give."""
    from alyslab.chaos.case import STRATEGIES
    from alyslab.chaos.catalogue import planted_problems

    problems = planted_problems(plant)
    if strategy not in STRATEGIES:
        what, allowed = f"no strategy is named {strategy!r}", ", ".join(STRATEGIES)
        problems.append(Problem(where="--strategy", what=what, value=strategy, allowed=allowed))
    if back_end == "pressure":
        given = {"--plant": plant, "--journal": journal}
        what = "the back end pressure has none: it presses on this machine, nothing is simulated"
        problems += [Problem(where=name, what=what, value=value) for name, value in given.items() if value]
    return problems


def _press(plan: Any, as_json: bool) -> int:
    from alyslab.chaos.pressure import press_plan

    felt = press_plan(plan)
    if as_json:
        print_json([plain(one) for one in felt])
    for one in () if as_json else felt:
        disk = f"{one.file_bytes} bytes of disk, {one.files} files"
        typer.echo(
            f"{one.entry} {one.fault}: {one.held_bytes} bytes of memory, {disk}, {one.cpu_s:.2f} CPU s"
        )
    return 0
