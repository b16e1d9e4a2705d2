"""The commands ``alyslab chaos …``: run a plan, search for violations, shrink one, list what there is.

Exit codes: 0 every promise held; 1 one was broken; 2 bad input; 3 code under
test or the laboratory raised.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from alyslab.chaos.search import Search
    from alyslab.chaos.trial import Trial

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Planted = Annotated[
    list[str] | None, typer.Option(help="Switch a planted bug on; may be repeated.", metavar="NAME")
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; the configuration's if not given.")]

chaos = typer.Typer(help="Break systems on purpose: plans, searches, shrinking.", no_args_is_help=True)


def add_chaos(app: typer.Typer, command: Callable[[Callable[..., int]], Callable[..., None]]) -> None:
    """Add the commands to the command line; ``command`` turns errors into exit codes."""
    for function in (run, search, shrink, draw, faults, catalogue, schema, reference):
        chaos.command()(command(function))
    app.add_typer(chaos, name="chaos")


def run(
    plan: Annotated[Path, typer.Argument(help="A plan as JSON; see: alyslab chaos schema.")],
    *,
    system: Annotated[str | None, typer.Option(help="The system, if the plan names none.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of all that is random.")] = 1,
    strategy: Annotated[str, typer.Option(help="How tasks are ordered: fifo, random or pct.")] = "fifo",
    plant: Planted = None,
    back_end: Annotated[str, typer.Option(help="simulation, or pressure: real load.")] = "simulation",
    journal: Annotated[Path | None, typer.Option(help="Save the journal there.", metavar="FILE")] = None,
    as_json: Json = False,
) -> int:
    """Run a plan over a system, from steady state to convergence, and judge it.

    Example: alyslab chaos run plan.json --system quorum --seed 7
    """
    from alyslab.chaos.conduct import run_plan
    from alyslab.chaos.plan import PlanError, read_file
    from alyslab.chaos.resilience import resilience
    from alyslab.chaos.validation import all_problems

    read, problems = read_file(plan)
    problems += all_problems(read, system, str(plan), back_end=back_end)
    if problems:
        raise PlanError(problems)
    if back_end == "pressure":
        return _press(read, as_json)
    outcome = run_plan(read, seed=seed, system=system, strategy=strategy, planted=plant or ())
    if journal is not None:
        outcome.run.journal.save(journal)
    figures = resilience(outcome.run.journal)
    if as_json:
        _print(
            {
                "system": outcome.system,
                "verdict": outcome.verdict.as_dict(),
                "resilience": _plain(figures),
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
            typer.echo(f"  {one.entry} {one.fault}: {back if one.recovered else 'never served again'}")
        typer.echo(f"score {figures.score}, converged after {figures.convergence_s} s\n{outcome.run.token}")
    return 1 if outcome.verdict.status == "fail" else 0


def search(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds each case gets.")] = 10,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    case: Annotated[
        list[str] | None, typer.Option(help="Only this case or harness; may be repeated.", metavar="NAME")
    ] = None,
    plant: Planted = None,
    jobs: Jobs = None,
    first: Annotated[bool, typer.Option("--first", help="Stop at the first violation.")] = False,
    corpus: Annotated[
        Path | None, typer.Option(help="Failing runs, replayed first and added to.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> int:
    """Run seeds over every workload of every harness and every system under drawn plans.

    Example: alyslab chaos search --seeds 20 --case chaos --corpus outputs/corpus.jsonl
    """
    from alyslab.batch.provenance import code_digest
    from alyslab.chaos.corpus import Corpus
    from alyslab.chaos.search import search as look

    kept = Corpus(corpus, code_digest()) if corpus is not None else None
    found = look(
        seeds=range(first_seed, first_seed + seeds),
        cases=case or (),
        planted=plant or (),
        jobs=jobs or _jobs(),
        stop_at_first=first,
        corpus=kept,
        progress=_progress,
    )
    if as_json:
        _print(_search_as_dict(found))
    else:
        _say_search(found)
    if found.violations or any(one.still_fails for one in found.replayed):
        return 1
    return 3 if found.errors else 0


def shrink(
    token: Annotated[str, typer.Argument(help="A token of a chaos run that breaks a promise, alys1-…")],
    *,
    check: Annotated[
        str | None, typer.Option(help="The check to hold fixed; the first if not given.")
    ] = None,
    limit_s: Annotated[float, typer.Option(help="Real seconds to stop at.")] = 60.0,
    out: Annotated[Path | None, typer.Option(help="Save the small plan there.", metavar="FILE")] = None,
    as_json: Json = False,
) -> int:
    """Make a failing run small: fewer faults, shorter, weaker, fewer nodes, a plainer schedule.

    Example: alyslab chaos shrink alys1-… --out small.json
    """
    from alyslab.chaos.shrink import shrink as make_small

    small = make_small(token, check=check, limit_s=limit_s, progress=None if as_json else _tell)
    if out is not None and small.plan is not None:
        out.write_text(small.plan.dump(), encoding="utf-8")
    document = {
        "check": small.check,
        "before": small.before.as_dict(),
        "after": small.after.as_dict(),
        "runs": small.runs,
        "wall_s": round(small.wall_s, 3),
        "complete": small.complete,
        "token": small.token,
        "plan": small.plan.as_dict() if small.plan is not None else None,
    }
    if as_json:
        _print(document)
        return 0
    typer.echo(f"still broken: {small.check}")
    for name, before in small.before.as_dict().items():
        typer.echo(f"  {name}: {before} → {small.after.as_dict()[name]}")
    ended = "nothing more can be left out" if small.complete else "the time was up"
    typer.echo(f"{small.runs} runs in {small.wall_s:.1f} s; {ended}\n{small.token}")
    return 0


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
        _print([_plain(fault) for fault in FAULTS.values()])
        return 0
    for fault in FAULTS.values():
        typer.echo(f"{fault.name:28}  {fault.summary}")
        for one in fault.parameters:
            span = ", ".join(one.choices) if one.choices else f"{one.low:g} to {one.high:g}"
            typer.echo(f"{'':30}{one.name}: {one.summary} ({span})")
    return 0


def catalogue(
    *,
    defect: Annotated[
        list[str] | None, typer.Option(help="Only this bug; may be repeated.", metavar="NAME")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds for each bug.")] = 200,
    clean: Annotated[int, typer.Option(min=0, help="Seeds to run with no bug planted.")] = 0,
    first_seed: Annotated[int, typer.Option(min=0, help="Where each hunt begins.")] = 0,
    jobs: Jobs = None,
    as_json: Json = False,
) -> int:
    """Hunt every planted bug, and say how many are found, how soon, and what is found where there is none.

    Example: alyslab chaos catalogue --seeds 50 --clean 20
    """
    from alyslab.chaos.catalogue import detect

    found = detect(
        defect or (),
        limit=seeds,
        clean=clean,
        first_seed=first_seed,
        jobs=jobs or _jobs(),
        progress=_hunting,
    )
    if as_json:
        _print(found.as_dict())
    else:
        for hunt in found.hunts:
            took = (
                f"{hunt.seeds} seeds"
                if hunt.seeds is not None
                else "NOT FOUND"
                if hunt.cases
                else "not hunted"
            )
            typer.echo(f"{took:12}  {hunt.defect:36}  {', '.join(hunt.checks)}")
        figures = found.as_dict()
        for name in ("found_ratio", "found_soon_ratio", "seeds_p50", "seeds_p90", "clean_runs"):
            typer.echo(f"{name}: {figures[name]}")
        typer.echo(f"false alarms: {len(found.false_alarms)}")
    missed = [hunt for hunt in found.hunted if hunt.seeds is None]
    return 1 if missed or found.false_alarms else 0


def schema() -> int:
    """Print the JSON schema of a plan.

    Example: alyslab chaos schema
    """
    from alyslab.chaos.plan import schema as plan_schema

    _print(plan_schema())
    return 0


def reference() -> int:
    """Print the page of faults, systems and planted bugs as Markdown.

    Example: alyslab chaos reference
    """
    from alyslab.chaos.reference import render

    typer.echo(render(), nl=False)
    return 0


# --- helpers ---------------------------------------------------------------------------------------


def _press(plan: Any, as_json: bool) -> int:
    from alyslab.chaos.pressure import press_plan

    felt = press_plan(plan)
    if as_json:
        _print([_plain(one) for one in felt])
    for one in () if as_json else felt:
        typer.echo(f"{one.entry} {one.fault}: held {one.held_bytes} bytes, used {one.cpu_s:.2f} CPU s")
    return 0


def _jobs() -> int:
    from alyslab.config import load_config

    return load_config().execution.jobs


def _progress(trials: Iterable[Trial], total: int) -> Iterable[Trial]:
    from alyslab.display.progress import progress

    return progress(trials, description="runs", total=total)


def _hunting(defects: Iterable[str]) -> Iterable[str]:
    from alyslab.display.progress import progress

    return progress(list(defects), description="bugs")


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _say_search(found: Search) -> None:
    for one in found.replayed:
        state = one.problem or ("still fails" if one.still_fails else "passes now")
        typer.echo(f"corpus: {one.kept.case}: {state}")
    for finding in found.findings:
        typer.echo(f"BROKEN  {finding.case}, {finding.times} runs: {'; '.join(finding.checks)}")
        typer.echo(f"        alyslab chaos shrink {finding.trial.token}")
    for trial in found.errors[:10]:
        typer.echo(f"ERROR   {trial.case} seed {trial.seed}: {trial.checks[0]}: {trial.note[:200]}")
    gaps = [site.name for site in found.sites if site.armed and not site.fired]
    if gaps:
        typer.echo(f"armed, never fired: {', '.join(gaps)}")
    counts = ", ".join(f"{count} {status}" for status, count in sorted(found.statuses.items()))
    typer.echo(f"{len(found.trials)} runs: {counts}")


def _search_as_dict(found: Search) -> dict[str, Any]:
    return {
        "runs": dict(found.statuses),
        "findings": [
            {
                "case": finding.case,
                "checks": list(finding.checks),
                "times": finding.times,
                "seed": finding.trial.seed,
                "token": finding.trial.token,
            }
            for finding in found.findings
        ],
        "errors": [{"case": one.case, "seed": one.seed, "note": one.note} for one in found.errors],
        "corpus": [
            {
                "case": one.kept.case,
                "token": one.kept.token,
                "still_fails": one.still_fails,
                "same_digest": one.same_digest,
                "problem": one.problem,
            }
            for one in found.replayed
        ],
        "sites": [_plain(one) for one in found.sites],
    }


def _plain(value: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(value)


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
    sys.stdout.flush()
