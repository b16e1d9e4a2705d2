"""Foundation: the laboratory itself can be believed.

Later phases trust four things, so this one shows them, on a gossip network
that floods blocks: that a seed decides everything, that a token repeats a run,
that what the journal shows of the network is what such a network does, and
that the checkers fail when there is something to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alyslab.checkers.propagation import check_propagation
from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.detection import SEED_END
from alyslab.harnesses.interpreters import Interpreters
from alyslab.harnesses.network.gossip.defects import FLOOD_DEFECTS
from alyslab.harnesses.network.presets import ALYS, SIMBLOCK_BLOCK_BYTES
from alyslab.harnesses.simulated import SimulatedWorkload
from alyslab.phases.context import PhaseContext
from alyslab.phases.hunting import PLANTED, Hunt, observe_hunts
from alyslab.phases.phase import Limit, Phase, PhaseSpec
from alyslab.phases.properties import PARAMETER, observe_properties
from alyslab.phases.resilience import PARAMETER as CHAOS_SEEDS
from alyslab.phases.resilience import observe_resilience
from alyslab.runtime import Journal, Run
from alyslab.runtime.replay import replay

WORKLOAD: Final = "alyslab.harnesses.network.gossip:flood"
HASH_SEEDS: Final = (1, 2)
"""``PYTHONHASHSEED`` of the fresh interpreters; any two that differ."""
PROPERTIES: Final = (
    "the digest tells",
    "encode and decode",
    "valid chains are accepted",
    "a broken rule is named",
)
"""What all later phases build on: the journal, and the chain's rules."""

DETERMINISM: Final = "design.md, principle 2: the same seed gives the same journal, bit for bit"
REPLAY: Final = "design.md, contracts: replay runs again what the token names and compares digests"

LIMITS: Final = (
    Limit(
        name="digests_in_process",
        claim="one digest, twice in one process after other work",
        comparison="==",
        limit=1,
        unit="digests",
        source=DETERMINISM,
    ),
    Limit(
        name="digests_across_processes",
        claim="one digest, here and in fresh processes under other hash seeds",
        comparison="==",
        limit=1,
        unit="digests",
        source=DETERMINISM,
    ),
    Limit(
        name="text_hashes_across_processes",
        claim="the fresh processes really hash differently",
        comparison="==",
        limit=len(HASH_SEEDS),
        unit="hashes",
        source="without it the check above would see nothing; Python documents PYTHONHASHSEED",
    ),
    Limit(
        name="digests_across_seeds",
        claim="another seed gives another digest",
        comparison="==",
        limit=2,
        unit="digests",
        source="without it the checks above would pass on a digest that never changes",
    ),
    Limit(
        name="replay_same",
        claim="the run's token replays to the same digests",
        comparison="==",
        limit=True,
        source=REPLAY,
    ),
    Limit(
        name="propagation_ms_p90",
        claim="the median block reaches nine tenths of the peers within its slot",
        comparison="<=",
        limit=1.0,
        per="slot_ms",
        unit="ms",
        source="the next author builds on it; slot: chain.json slotDuration 5000",
    ),
    Limit(
        name="planted_bugs_missed",
        claim="the checkers find every planted bug",
        comparison="==",
        limit=0,
        unit="bugs",
        source=PLANTED,
    ),
)


async def show_foundation(context: PhaseContext) -> None:
    """Run the phase: simulate, compare, replay, read the propagation, hunt the planted bugs."""
    network = context.harness("gossip", SimulatedWorkload)
    first = await network.run(**_arguments(context))
    context.runs.append(first)
    await _observe_digests(context, network, first)
    _observe_replay(context, first)
    _observe_propagation(context, first)
    await observe_hunts(context, [_hunt(context, network)])
    await observe_properties(context, PROPERTIES)
    await observe_resilience(context, "network")


def _arguments(context: PhaseContext, seed: int | None = None) -> dict[str, Any]:
    own = {"strategy", "hunt_seeds", PARAMETER, CHAOS_SEEDS}
    return {
        "seed": context.seed if seed is None else seed,
        "strategy": str(context.parameters["strategy"]),
        "parameters": {name: value for name, value in context.parameters.items() if name not in own},
    }


async def _observe_digests(context: PhaseContext, network: SimulatedWorkload, first: Run) -> None:
    # The other seed's run is the "other work" that lies between the two equal ones.
    other = await network.run(**_arguments(context, (context.seed + 1) % SEED_END))
    again = await network.run(**_arguments(context))
    interpreters = context.harness("interpreters", Interpreters)
    fresh = [
        await interpreters.fingerprint(network.workload, **_arguments(context), hash_seed=hash_seed)
        for hash_seed in HASH_SEEDS
    ]
    context.runs += [other, again]
    context.observe(
        "digests_in_process",
        len({first.digest, again.digest}),
        unit="digests",
        evidence=_difference(first, again),
    )
    context.observe(
        "digests_across_processes",
        len({first.digest, *(answer.digest for answer in fresh)}),
        unit="digests",
        note=f"PYTHONHASHSEED {', '.join(answer.hash_seed for answer in fresh)}",
    )
    context.observe(
        "text_hashes_across_processes", len({answer.text_hash for answer in fresh}), unit="hashes"
    )
    context.observe("digests_across_seeds", len({first.digest, other.digest}), unit="digests")


def _difference(first: Run, again: Run) -> tuple[Mapping[str, Any], ...]:
    difference = first.journal.first_difference(again.journal)
    return () if difference is None else ({"first difference": str(difference)},)


def _observe_replay(context: PhaseContext, first: Run) -> None:
    outcome = replay(first.token)
    context.observe("replay_same", outcome.same, note="" if outcome.same else outcome.report)


def _observe_propagation(context: PhaseContext, first: Run) -> None:
    seen = check_propagation(first.journal)
    context.include(seen.verdict)
    for share_ratio, name in ((0.5, "p50"), (0.9, "p90")):
        median_ms, worst_ms = seen.median_reach_ms(share_ratio), seen.worst_reach_ms(share_ratio)
        context.observe(f"propagation_ms_{name}", median_ms, unit="ms")
        # No document promises anything for half of the peers or the slowest block, so no limit does.
        context.observe(f"propagation_worst_ms_{name}", worst_ms, unit="ms")


def _hunt(context: PhaseContext, network: SimulatedWorkload) -> Hunt:
    """Return the search for the flood's planted bugs, in networks as large as the first.

    A defect that shows now and then may not show at all in a short run.
    """
    arguments = _arguments(context)
    return Hunt(
        trial=network.trial(strategy=arguments["strategy"]),
        defects=FLOOD_DEFECTS,
        seeds=int(context.parameters["hunt_seeds"]),
        clean_seeds=0,
        parameters=arguments["parameters"],
        keeps_finds=True,
    )


def _flood_verdict(journal: Journal) -> Verdict:
    return check_propagation(journal).verdict


FOUNDATION: Final = PhaseSpec(
    phase=Phase.FOUNDATION,
    title="the laboratory itself: determinism, replay, a first network, planted bugs",
    workload=show_foundation,
    limits=LIMITS,
    harnesses={
        "gossip": lambda _config: SimulatedWorkload(
            "gossip",
            workload=WORKLOAD,
            check=_flood_verdict,
            probe_parameters={"peers": 4, "blocks": 1, "degree": 2},
        ),
        "interpreters": lambda _config: Interpreters("interpreters"),
    },
    parameters={
        "peers": 60,
        "blocks": 12,
        "degree": 8,
        "slot_ms": ALYS.slot_ms,
        "block_bytes": SIMBLOCK_BLOCK_BYTES,
        "strategy": "fifo",
        "hunt_seeds": 60,
        PARAMETER: 25,
        CHAOS_SEEDS: 3,
    },
)
