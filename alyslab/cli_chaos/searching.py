"""The commands that look for violations, and make one small."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alyslab.cli_chaos.files import check_writable
from alyslab.cli_chaos.printing import (
    INTERRUPTED,
    Jobs,
    Json,
    Planted,
    bar,
    plain,
    print_json,
    processes,
    tell,
)

if TYPE_CHECKING:
    from alyslab.chaos.coverage import SiteTally
    from alyslab.chaos.search import Search
    from alyslab.chaos.shrink import Shrunk


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
    spread: Annotated[
        bool, typer.Option("--spread", help="Let each seed run one case, in turn, instead of all.")
    ] = False,
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
    check_writable(corpus=corpus)
    found = look(
        seeds=range(first_seed, first_seed + seeds),
        cases=case or (),
        planted=plant or (),
        jobs=jobs or processes(),
        stop_at_first=first,
        spread=spread,
        corpus=kept,
        progress=bar("runs"),
    )
    if as_json:
        print_json(_search_as_dict(found))
    else:
        _say_search(found)
    if found.unkept:
        tell(f"alyslab: {found.unkept}")
    return _exit_code(found)


def _exit_code(found: Search) -> int:
    """Return 130, 1, 3, 2 or 0: the first that fits a search and the kept runs before it."""
    kept_runs = [one.trial for one in found.replayed if one.trial is not None]
    if found.interrupted:
        return INTERRUPTED
    if any(trial.violates for trial in (*found.violations, *kept_runs)):
        return 1
    if found.unkept or any(trial.status == "error" for trial in (*found.errors, *kept_runs)):
        return 3
    return 2 if any(one.problem for one in found.replayed) else 0


def shrink(
    token: Annotated[str, typer.Argument(help="A token of a chaos run that breaks a promise, alys1-…")],
    *,
    check: Annotated[
        str | None, typer.Option(help="The check to hold fixed; the first if not given.")
    ] = None,
    limit_s: Annotated[float, typer.Option(min=0, help="Real seconds to stop at.")] = 60.0,
    out: Annotated[Path | None, typer.Option(help="Save the small plan there.", metavar="FILE")] = None,
    as_json: Json = False,
) -> int:
    """Make a failing run small: fewer faults, shorter, weaker, fewer nodes, a plainer schedule.

    Example: alyslab chaos shrink alys1-… --out small.json
    """
    from alyslab.atomic import write_text
    from alyslab.chaos.shrink import shrink as make_small

    check_writable(out=out)
    small = make_small(token, check=check, limit_s=limit_s, progress=None if as_json else tell)
    if out is not None and small.plan is not None:
        write_text(out, small.plan.dump())
    elif out is not None:
        tell(f"alyslab: {out} is not written: a workload has no plan, its token says everything")
    document = {
        "check": small.check,
        "before": small.before.as_dict(),
        "after": small.after.as_dict(),
        "runs": small.runs,
        "wall_s": round(small.wall_s, 3),
        "complete": small.complete,
        "interrupted": small.interrupted,
        "token": small.token,
        "plan": small.plan.as_dict() if small.plan is not None else None,
    }
    if as_json:
        print_json(document)
    else:
        _say_shrunk(small)
    return INTERRUPTED if small.interrupted else 0


def _say_shrunk(small: Shrunk) -> None:
    typer.echo(f"still broken: {small.check}")
    for name, before in small.before.as_dict().items():
        typer.echo(f"  {name}: {before} → {small.after.as_dict()[name]}")
    why = "interrupted" if small.interrupted else "the time was up"
    ended = "nothing more can be left out" if small.complete else why
    typer.echo(f"{small.runs} runs in {small.wall_s:.1f} s; {ended}\n{small.token}")


def _say_search(found: Search) -> None:
    for one in found.replayed:
        typer.echo(f"corpus: {one.kept.case}: {one.state}")
        if one.trial is not None and one.trial.status in ("fail", "error"):
            typer.echo(f"        alyslab replay {one.kept.token}")
    for finding in found.findings:
        typer.echo(f"BROKEN  {finding.case}, {finding.times} runs: {'; '.join(finding.checks)}")
        typer.echo(f"        alyslab chaos shrink {finding.trial.token}")
    for trial in found.errors[:10]:
        typer.echo(f"ERROR   {trial.case} seed {trial.seed}: {trial.checks[0]}: {trial.note[:200]}")
    _say_sites(found.sites)
    if found.interrupted:
        typer.echo("interrupted: what follows is what was run until then")
    counts = ", ".join(f"{count} {status}" for status, count in sorted(found.statuses.items()))
    typer.echo(f"{len(found.trials)} runs: {counts}")


def _say_sites(sites: Sequence[SiteTally]) -> None:
    """Print how many fault sites fired, and a row for each of which nothing was seen."""
    gaps = [site for site in sites if site.gap]
    if sites:
        typer.echo(f"fault sites: {len(sites) - len(gaps)} of {len(sites)} fired")
    for site in gaps:
        typer.echo(f"  {site.gap:18}  {site.name:36}  armed in {site.armed} runs, {site.visits} visits")


def _search_as_dict(found: Search) -> dict[str, Any]:
    return {
        "runs": dict(found.statuses),
        "interrupted": found.interrupted,
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
                "state": one.state,
                "still_fails": one.still_fails,
                "same_digest": one.same_digest,
                "problem": one.problem,
            }
            for one in found.replayed
        ],
        "unkept": found.unkept,
        "sites": [{**plain(one), "gap": one.gap} for one in found.sites],
    }
