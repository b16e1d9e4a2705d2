"""Links by geography: how far apart peers are on the globe, and what light in fibre makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alyslab.errors import Problem
from alyslab.harnesses.network.bounds import Bounds
from alyslab.harnesses.network.errors import LinkError
from alyslab.harnesses.network.link import LinkSpec

EARTH_RADIUS_KM: Final = 6_371.0088
"""Mean radius of the Earth, in km.  Source: IUGG, R1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the globe.

    Raises
    ------
    LinkError
        If it is on no globe.
    """

    latitude: float
    """North of the equator, in degrees, -90 to 90."""
    longitude: float
    """East of Greenwich, in degrees, -180 to 180."""

    def __post_init__(self) -> None:
        problems = [
            Problem(where="place", key=key, what=f"is {value!r}", value=value, allowed=f"-{most} to {most}")
            for key, value, most in (
                ("latitude", self.latitude, 90),
                ("longitude", self.longitude, 180),
            )
            if not Bounds(low=-most, high=most).holds(value)
        ]
        if problems:
            raise LinkError(problems)

    def distance_km(self, other: Place) -> float:
        """Return the length of the great circle to another place, in km (haversine)."""
        here, there = math.radians(self.latitude), math.radians(other.latitude)
        across = math.radians(other.longitude - self.longitude)
        half = (
            math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2
        )
        return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def geographic_links(
    places: Mapping[str, Place], *, base_ms: float, detour: float = 1.0, **conditions: Any
) -> Callable[[str, str], LinkSpec]:
    """Return the conditions between peers by where they are, as :class:`Network` takes them.

    Parameters
    ----------
    places
        Where each peer is, by name.
    base_ms
        What every message takes beside the distance, in ms.
    detour
        How much longer a cable is than the great circle; 1 or more.
    conditions
        Further fields of :class:`LinkSpec`, such as ``jitter_ms`` and ``distribution``.

    Raises
    ------
    LinkError
        If a condition is none, or the cable would be shorter than the distance.
    """
    if not Bounds(low=1.0, high=1e3).holds(detour):
        what = f"is {detour!r}"
        raise LinkError(
            Problem(where="geography", key="detour", what=what, value=detour, allowed="1 to 1000")
        )
    base = LinkSpec().changed(delay_ms=base_ms, **conditions)

    def link(sender: str, receiver: str) -> LinkSpec:
        # Whole metres: the last bits of sine and cosine differ between C libraries.
        distance_km = round(detour * places[sender].distance_km(places[receiver]), 3)
        return base.changed(distance_km=distance_km)

    return link
