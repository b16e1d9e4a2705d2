"""Properties of links by chance: shares, runs and latencies are those of the closed forms."""

from __future__ import annotations

import asyncio
from typing import Final

from alyslab.checkers.links import check_links
from alyslab.harnesses.network.endpoint import Message
from alyslab.harnesses.network.network import Network
from alyslab.property.generators.links import ChancePlan, chance_plans
from alyslab.property.property import Features, Property, claim
from alyslab.runtime import require_current

TOPIC: Final = "probe"
SAMPLE: Final = 250
"""Messages each way: so many show a chance that is halved, a burst, a correlation."""
AGAIN: Final = 4 * SAMPLE
"""Each way where the first sample was off: an honest link is off once in 100,000 checks, hardly twice."""
INTERVAL_S: Final = 0.005


def _features(plan: ChancePlan) -> Features:
    return {
        "distribution": plan.distribution,
        "correlation": plan.correlation,
        "loss": "in bursts" if plan.burst else plan.loss_ratio,
        "duplication": plan.duplicate_ratio,
        "reordering": plan.reorder_ratio,
        "corruption": plan.corrupt_ratio,
    }


async def _as_said(plan: ChancePlan) -> None:
    network = Network(require_current(), link=plan.spec)
    suspected = await _off(network, "first", SAMPLE)
    if not suspected:
        return
    confirmed = await _off(network, "second", AGAIN)
    for name, what in confirmed.items():
        claim(name not in suspected, f"{name}: {what}, after {suspected.get(name)} in a smaller sample")


async def _off(network: Network, name: str, messages: int) -> dict[str, str]:
    """Send messages both ways over a new link, and return what was off, by the name of the statistic."""
    near, far = (network.endpoint(require_current().node(f"{name}-{side}")) for side in ("a", "b"))
    for end in (near, far):
        end.on_message(_taken)
    network.join(near.name, far.name)
    for _ in range(messages):
        near.send(far.name, TOPIC, bytes(32))
        far.send(near.name, TOPIC, bytes(32))
        await asyncio.sleep(INTERVAL_S)
    await network.quiet()
    failed = check_links(require_current().journal).verdict.failed
    return {
        check.name.replace(name, "link"): f"{check.note or check.observed} ({check.observed} {check.unit})"
        for check in failed
        if f"{name}-a" in check.name
    }


def _taken(_: Message) -> None:
    """Take a message; the journal has it."""


LINK_CHANCES: Final = Property(
    name="links keep their chances",
    claim="losses, bursts, copies, flips and latencies of a link are those of its conditions' closed forms",
    cases=chance_plans,
    check=_as_said,
    weight=8,
    weight_reason="a chance shows in hundreds of messages each way only: some 100 ms a case",
    source="issue 5, links; netem(8) for what the conditions mean",
    features=_features,
)
