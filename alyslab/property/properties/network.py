"""Properties of the network: delivery obeys partitions, losses and the conditions of links."""

from __future__ import annotations

import asyncio
from typing import Final

from alyslab.checkers.network import check_network
from alyslab.harnesses.network.network import Network
from alyslab.property.generators.network import CutPlan, NetworkScenario, network_scenarios
from alyslab.property.properties.actor import refuse_failed
from alyslab.property.property import Features, Property, claim
from alyslab.runtime import require_current

TOPIC: Final = "property"


def _features(scenario: NetworkScenario) -> Features:
    link = scenario.link
    return {
        "peers": scenario.peers,
        "messages": len(scenario.sends),
        "partitions": len(scenario.cuts),
        "loss": link.loss_ratio,
        "duplication": link.duplicate_ratio,
        "reordering": link.reorder_ratio,
        "corruption": link.corrupt_ratio,
        "delay_ms": link.delay_ms,
    }


async def _delivery(scenario: NetworkScenario) -> None:
    runtime = require_current()
    network = Network(runtime, link=scenario.link.spec)
    names = [f"peer-{number}" for number in range(scenario.peers)]
    arrived: list[int] = []
    for name in names:
        endpoint = network.endpoint(runtime.node(name))
        endpoint.on_message(lambda message: arrived.append(int.from_bytes(message.payload, "big")))
    for low, one in enumerate(names):
        for other in names[low + 1 :]:
            network.join(one, other)
    async with asyncio.TaskGroup() as group:
        for number, cut in enumerate(scenario.cuts):
            group.create_task(_cut(network, names, cut, f"cut-{number}"))
        for place in range(len(scenario.sends)):
            group.create_task(_send(network, names, place, scenario))
    await network.quiet()
    refuse_failed(check_network(runtime.journal))
    _as_the_reference(scenario, arrived)


async def _cut(network: Network, names: list[str], cut: CutPlan, name: str) -> None:
    here = [names[place] for place in cut.side]
    there = [name for name in names if name not in here]
    await asyncio.sleep(cut.start_ms / 1_000)
    with network.partition(here, there, name=name, one_way=cut.one_way):
        await asyncio.sleep(cut.length_ms / 1_000)


async def _send(network: Network, names: list[str], place: int, scenario: NetworkScenario) -> None:
    send = scenario.sends[place]
    # Half a millisecond after every moment at which a partition comes or goes, so that neither is a tie.
    await asyncio.sleep((send.at_ms + 0.5) / 1_000)
    network.at(names[send.sender], "").send(names[send.receiver], TOPIC, place.to_bytes(4, "big"))


def _as_the_reference(scenario: NetworkScenario, arrived: list[int]) -> None:
    """Claim what two rules say: what is cut never arrives; over links that lose nothing all else does."""
    link = scenario.link
    if link.corrupt_ratio:
        return  # the payload no longer says which message it was
    for place, send in enumerate(scenario.sends):
        count = arrived.count(place)
        if any(_concerns(cut, send.sender, send.receiver, send.at_ms) for cut in scenario.cuts):
            claim(count == 0, f"message {place} arrived {count} times across a partition")
            continue
        if link.loss_ratio == 0:
            claim(count >= 1, f"message {place} never arrived, over a link that loses nothing")
        if link.loss_ratio == 1:
            claim(count == 0, f"message {place} arrived over a link that loses everything")
        most = 1 if link.duplicate_ratio == 0 else 2
        claim(count <= most, f"message {place} arrived {count} times")


def _concerns(cut: CutPlan, sender: int, receiver: int, at_ms: int) -> bool:
    during = cut.start_ms <= at_ms < cut.start_ms + cut.length_ms
    out = sender in cut.side and receiver not in cut.side
    back = receiver in cut.side and sender not in cut.side
    return during and (out or (back and not cut.one_way))


NETWORK_DELIVERY: Final = Property(
    name="delivery obeys the network",
    claim="partitions cut, links lose and double what they should, and every message's end is told",
    cases=network_scenarios,
    check=_delivery,
    weight=2,
    weight_reason="hundreds of messages are read back: some 10 ms a case",
    source="issue 8: delivery obeys partition and loss models",
    features=_features,
)
