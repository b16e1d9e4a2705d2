"""What property-based testing costs: the time to build a drawn chain, and the cases to find planted bugs."""

from __future__ import annotations

import statistics

from alyslab.checkers.verdict import Check
from alyslab.performance.clocks import both_turns

NUMBERS = "issue 8, Numbers"
ROUNDS = 40
BLOCKS = 100


def generation_checks() -> list[Check]:
    """Measure how long a drawn plan of 100 blocks takes to become a valid chain, without signatures.

    The plan moves money in most blocks: a transfer in every second one, a
    deposit, a burn and work in every tenth.
    """
    from alyslab.property.generators.building import built
    from alyslab.property.generators.rhythms import Rhythm

    plan = Rhythm(
        blocks=BLOCKS - 1, transfer_interval=2, deposit_interval=10, burn_interval=10, work_interval=10
    ).plan

    def build() -> None:
        built(plan, signed=False)

    measured = both_turns({"build": build}, rounds=ROUNDS)
    fastest_ms = min(measured.judged().seconds["build"]) * 1_000
    wall_ms, cpu_ms = (timings.median_s("build") * 1_000 for timings in (measured.wall, measured.cpu))
    return [
        Check(
            name="building a drawn chain of 100 blocks without signatures",
            observed=round(fastest_ms, 1),
            comparison="<=",
            limit=30.0,
            unit=f"ms, {measured.clock}, least of {ROUNDS} rounds",
            source=NUMBERS,
            note=f"median {wall_ms:.1f} ms wall, {cpu_ms:.1f} ms processor; {measured.neighbours}",
        )
    ]


def detection_checks(*, searches: int = 1) -> list[Check]:
    """Search for each planted bug that a property or machine reaches, and count the cases."""
    from alyslab.property.hunt import CASES_MOST, hunt_all
    from alyslab.property.judging import MEDIAN_MOST

    hunts = hunt_all(searches=searches)
    checks = [
        Check(
            name=f"cases to falsify {one.defect}",
            observed=one.median_cases,
            comparison="<=",
            limit=CASES_MOST,
            unit="cases",
            source=NUMBERS,
            note=f"searches took {one.cases}; by: {one.by}"
            + ("" if one.found else f"; MISSED within {CASES_MOST}"),
        )
        for one in hunts
    ]
    medians = [one.median_cases for one in hunts if one.median_cases is not None]
    overall = Check(
        name="cases to falsify the median planted bug",
        observed=statistics.median(medians) if len(medians) == len(hunts) else None,
        comparison="<",
        limit=MEDIAN_MOST,
        unit="cases",
        source=NUMBERS,
        note=f"{len(medians)} of {len(hunts)} were falsified",
    )
    return [*checks, overall]
