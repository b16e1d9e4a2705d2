"""Faults of the network, made of rules (what is dropped or held) and shapings (what links are like)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from alyslab.chaos.injection import Field, Heal, Injection
from alyslab.chaos.injectors.cuts import CUTS
from alyslab.harnesses.network.link import GilbertElliott, LinkSpec

if TYPE_CHECKING:
    from alyslab.harnesses.network.message import Message

LINE_LIMIT_MESSAGES: Final = 64
"""What may queue for a narrow line; without a bound it would still be emptying long after the fault."""
UNIFORM: Final = "uniform"


def memory(field: Field, injection: Injection) -> Heal:
    """Drop what needs a larger buffer than its receiver can have."""
    entry, targets = injection.entry.id, frozenset(injection.targets)
    limit = injection.number("limit_bytes")

    def too_large(message: Message) -> bool:
        return message.receiver in targets and message.size_bytes > limit

    field.wires.drop_if(entry, too_large)
    return lambda: field.wires.restore(entry)


# --- shapes ----------------------------------------------------------------------------------------


def _shape(
    change: Callable[[Injection], Callable[[LinkSpec], LinkSpec]],
) -> Callable[[Field, Injection], Heal]:
    """Return an injector that changes the links of the targets, in the fault's direction."""

    def inject(field: Field, injection: Injection) -> Heal:
        entry, targets = injection.entry.id, injection.targets
        direction = injection.values.get("direction", "both")
        changed = change(injection)
        if direction in ("both", "out"):
            field.wires.shape(entry, targets, None, changed)
        if direction in ("both", "in"):
            # With both, links between targets are changed once, as seen from their sender.
            senders = field.wires.others(targets) if direction == "both" else None
            field.wires.shape(entry, senders, targets, changed)
        return lambda: field.wires.restore(entry)

    return inject


def _latency(injection: Injection) -> Callable[[LinkSpec], LinkSpec]:
    number = injection.number
    shape = injection.text("distribution")
    jitter_ms = 0.0 if shape == "constant" else number("jitter_ms")

    def change(spec: LinkSpec) -> LinkSpec:
        farther = spec.changed(distance_km=spec.distance_km + number("distance_km"))
        return _later(farther, number("delay_ms"), jitter_ms, shape)

    return change


def _jitter(injection: Injection) -> Callable[[LinkSpec], LinkSpec]:
    half_ms = injection.number("jitter_ms") / 2
    return lambda spec: _later(spec, half_ms, half_ms, UNIFORM).changed(fifo=False)


def _later(spec: LinkSpec, delay_ms: float, jitter_ms: float, shape: str) -> LinkSpec:
    """Return a link that takes longer; one that varies already keeps its distribution."""
    delay_ms += spec.delay_ms
    if spec.shape is not None or not jitter_ms:
        return spec.changed(delay_ms=delay_ms)
    jitter_ms += spec.jitter_ms
    distribution = shape if spec.distribution == "constant" else spec.distribution
    if distribution == UNIFORM:
        jitter_ms = min(jitter_ms, delay_ms)  # or messages would arrive before they left
    return spec.changed(delay_ms=delay_ms, jitter_ms=jitter_ms, distribution=distribution)


def _loss(injection: Injection) -> Callable[[LinkSpec], LinkSpec]:
    ratio = injection.number("loss_ratio")

    def change(spec: LinkSpec) -> LinkSpec:
        if spec.gemodel is None:
            return spec.changed(loss_ratio=_either(spec.loss_ratio, ratio))
        return spec.changed(gemodel=_worse(spec.gemodel, ratio))

    return change


def _loss_bursts(injection: Injection) -> Callable[[LinkSpec], LinkSpec]:
    number = injection.number
    bursts = GilbertElliott(
        p=number("p"),
        r=number("r"),
        bad_loss_ratio=number("loss_bad_ratio"),
        good_loss_ratio=number("loss_good_ratio"),
    )

    def change(spec: LinkSpec) -> LinkSpec:
        other = spec.loss_ratio if spec.gemodel is None else spec.gemodel.loss_ratio
        return spec.changed(loss_ratio=0.0, gemodel=_worse(bursts, other))

    return change


def _worse(model: GilbertElliott, ratio: float) -> GilbertElliott:
    return GilbertElliott(
        p=model.p,
        r=model.r,
        bad_loss_ratio=_either(model.bad_loss_ratio, ratio),
        good_loss_ratio=_either(model.good_loss_ratio, ratio),
    )


def _duplicate(injection: Injection) -> Callable[[LinkSpec], LinkSpec]:
    ratio = injection.number("duplicate_ratio")
    return lambda spec: spec.changed(duplicate_ratio=_either(spec.duplicate_ratio, ratio))


def _reorder(injection: Injection) -> Callable[[LinkSpec], LinkSpec]:
    ratio, delay_ms = injection.number("reorder_ratio"), injection.number("delay_ms")
    return lambda spec: spec.changed(
        fifo=False, reorder_ratio=_either(spec.reorder_ratio, ratio), delay_ms=spec.delay_ms + delay_ms
    )


def _corrupt(injection: Injection) -> Callable[[LinkSpec], LinkSpec]:
    ratio = injection.number("corrupt_ratio")
    return lambda spec: spec.changed(corrupt_ratio=_either(spec.corrupt_ratio, ratio))


def _bandwidth(injection: Injection) -> Callable[[LinkSpec], LinkSpec]:
    rate_bps = injection.number("rate_bps")
    return lambda spec: spec.changed(
        rate_bps=min(rate_bps, spec.rate_bps or rate_bps),
        limit_messages=min(LINE_LIMIT_MESSAGES, spec.limit_messages or LINE_LIMIT_MESSAGES),
    )


def _either(one: float, other: float) -> float:
    return 1 - (1 - one) * (1 - other)


# --- holds and connections ---------------------------------------------------------------------------


def hold(field: Field, injection: Injection) -> Heal:
    """Hold messages until healed."""
    _hold(field, injection, injection.text("direction"))
    return lambda: field.wires.restore(injection.entry.id)


def clog(field: Field, injection: Injection) -> Heal:
    """Stall the targets' links now and then; stalls and pauses are drawn, with exponential lengths."""
    entry, random = injection.entry.id, injection.random
    stall_s = injection.number("clog_ms") / 1e3
    ratio = max(injection.number("clog_ratio"), 1e-3)
    free_s = stall_s * (1 - ratio) / ratio

    async def stall() -> None:
        while True:
            await asyncio.sleep(random.expovariate(1 / free_s) if free_s else 0.0)
            _hold(field, injection, "both")
            await asyncio.sleep(random.expovariate(1 / stall_s))
            field.wires.restore(entry)

    field.spawn(entry, stall())

    def heal() -> None:
        field.stop(entry)
        field.wires.restore(entry)

    return heal


def _hold(field: Field, injection: Injection, direction: str) -> None:
    if direction in ("both", "out"):
        field.wires.hold(injection.entry.id, injection.targets, None)
    if direction in ("both", "in"):
        field.wires.hold(injection.entry.id, None, injection.targets)


def disconnect(field: Field, injection: Injection) -> None:
    """Reset every connection of the targets; they find their way back themselves."""
    for member in injection.targets:
        node = field.live.node(member)
        if node is None or node.state == "crashed":
            continue
        endpoint = field.wires.network.endpoint(node)
        peers = endpoint.peers()
        for peer in peers:
            endpoint.reset(peer)
        injection.effect(member, "connections reset", float(len(peers)))


INJECTORS: Final[Mapping[str, Callable[[Field, Injection], Heal | None]]] = MappingProxyType(
    {
        **CUTS,
        "network.latency": _shape(_latency),
        "network.jitter": _shape(_jitter),
        "network.loss": _shape(_loss),
        "network.loss_bursts": _shape(_loss_bursts),
        "network.duplicate": _shape(_duplicate),
        "network.reorder": _shape(_reorder),
        "network.corrupt": _shape(_corrupt),
        "network.bandwidth": _shape(_bandwidth),
        "network.clog": clog,
        "network.hold": hold,
        "network.disconnect": disconnect,
    }
)
"""The injectors of this family by fault."""
