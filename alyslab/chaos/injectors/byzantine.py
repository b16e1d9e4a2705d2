"""Members that misbehave: the system under test has the roles, this switches them."""

from __future__ import annotations

from alyslab.chaos.injection import Field, Heal, Injection
from alyslab.errors import HarnessError


def cheat(field: Field, injection: Injection) -> Heal:
    """Let the targets misbehave until healed; how often they did is the effect."""
    cheats = field.live.cheat
    if cheats is None:
        raise HarnessError(f"{injection.fault.name}: nobody in this system can misbehave")
    behaviour = injection.fault.name.partition(".")[2]
    entry = injection.entry.id
    cheats.begin(entry, behaviour, injection.targets, dict(injection.values))

    def heal() -> None:
        injection.effect("", behaviour, float(cheats.end(entry)))

    return heal
