"""What chaos costs: virtual seconds for each real one, two processes beside one, the time to shrink."""

from __future__ import annotations

import time
from typing import Final

from alyslab.chaos.conduct import CONVERGES, run_plan
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.search import search
from alyslab.chaos.shrink import shrink
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target
from alyslab.checkers.verdict import Check
from alyslab.performance.chaos_detection import sample_checks

ISSUE: Final = "issue 7, numbers"
NODES: Final = 7
NOISE: Final = (
    "network.jitter",
    "network.duplicate",
    "clock.offset",
    "storage.lost_writes",
    "network.latency",
)


def speed_checks(*, seeds: int = 6) -> list[Check]:
    """Run a federation of seven under drawn plans, with ideal and with real signatures."""
    ideal, real = (_federation(seeds, scheme) for scheme in ("ideal", "real"))
    return [
        Check(
            name="a federation of 7 under drawn plans, against real time",
            observed=ideal[0] / ideal[1],
            comparison=">=",
            limit=200.0,
            unit="times",
            source=ISSUE,
            note=f"{seeds} seeds, journal on, ideal signatures, CPU time; "
            f"real signatures take {1 - ideal[1] / real[1]:.0%} of the time that they are used in",
        )
    ]


def _federation(seeds: int, scheme: str) -> tuple[float, float]:
    """Return virtual seconds and CPU seconds."""
    spec = system_named("consensus")
    virtual_s = cpu_s = 0.0
    for seed in range(seeds):
        plan = draw_plan(spec, seed, authorities=NODES, scheme=scheme)
        began_s = time.process_time()
        virtual_s += run_plan(plan, seed=seed).run.virtual_s
        cpu_s += time.process_time() - began_s
    return virtual_s, cpu_s


def search_checks(*, seeds: int = 120) -> list[Check]:
    """Search the same seeds with one process and with two."""
    took = []
    for jobs in (1, 2):
        began_s = time.perf_counter()
        search(seeds=range(seeds), cases=("chaos:quorum",), jobs=jobs)
        took.append(time.perf_counter() - began_s)
    return [
        Check(
            name="seeds a second of two processes, against one",
            observed=took[0] / took[1],
            comparison=">=",
            limit=1.8,
            unit="times",
            source=ISSUE,
            note=f"{seeds} seeds, the processes' start included; {seeds / took[1]:.1f} a second with two",
        )
    ]


def shrink_checks(*, entries: int = 24) -> list[Check]:
    """Shrink a plan of many faults with one cause among them."""
    token = noisy_failure(entries)
    small = shrink(token, check=CONVERGES, limit_s=60.0)
    return [
        Check(
            name=f"faults that are left of {entries}",
            observed=small.after.entries,
            comparison="<=",
            limit=3,
            unit="faults",
            source=ISSUE,
            note=f"{small.runs} runs",
        ),
        Check(
            name=f"time to shrink a plan of {entries} faults",
            observed=small.wall_s,
            comparison="<=",
            limit=60.0,
            unit="s",
            source=ISSUE,
        ),
    ]


def noisy_failure(entries: int) -> str:
    """Return the token of a run in which one pause among harmless faults trips a planted bug."""
    harmless = [
        Entry(
            fault=NOISE[number % len(NOISE)],
            target=Target(select="one"),
            start_s=0.2 * number,
            end_s=0.2 * number + 1,
            intensity=0.2,
        )
        for number in range(entries - 1)
    ]
    cause = Entry(fault="process.pause", target=Target(select="all"), start_s=0.5, end_s=5.0)
    plan = Plan(
        system="quorum",
        phases=Phases(steady_s=4.0, faults_s=max(6.0, 0.2 * entries + 1), converge_s=20.0),
        entries=(*harmless, cause),
    )
    return run_plan(plan, seed=3, planted=("quorum.timer_lost_on_pause",)).run.token


def all_checks() -> list[Check]:
    """Measure everything; of the bugs and the clean runs a sample, as all of them take hours."""
    return [*speed_checks(), *search_checks(), *shrink_checks(), *sample_checks()]
