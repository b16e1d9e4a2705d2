"""Which members a fault hits: a selector, resolved when the fault begins."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Select = Literal["one", "minority_third", "minority", "majority", "all", "primaries", "named", "random"]
SELECTS: Final = ("one", "minority_third", "minority", "majority", "all", "primaries", "named", "random")
MAX_SEED: Final = 2**63 - 1


class Target(BaseModel):
    """A selector of members of the system."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    select: Select = "one"
    """``one``; ``minority_third`` and ``minority``: the most that are below a third and a half;
    ``majority``: the fewest above half; ``primaries``: those that lead at that moment; ``named``;
    ``random``: each member with chance one half, at least one."""
    names: tuple[Annotated[str, Field(min_length=1)], ...] = Field(default=(), strict=False)
    """For ``named``: the members."""
    count: Annotated[int, Field(ge=1)] | None = None
    """For ``random``: exactly so many."""
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    """Draw from this seed; without one the draw is the run's, by the entry's id."""

    def size(self, members: int) -> int | None:
        """Return how many members are hit; None where that is drawn or known only then."""
        sizes = {
            "one": 1,
            "minority_third": max(0, (members - 1) // 3),
            "minority": max(0, (members - 1) // 2),
            "majority": members // 2 + 1,
            "all": members,
            "named": len(self.names),
            "random": self.count,
        }
        return sizes.get(self.select)

    def resolve(
        self,
        members: Sequence[str],
        primaries: Sequence[str],
        random: Random,
        *,
        able: Sequence[str] | None = None,
    ) -> tuple[str, ...]:
        """Return the members hit, in the system's order; draws from ``random`` unless it has a seed.

        Where only some are able to be hit, they are drawn from those; how many is a matter of all.
        """
        rng = random if self.seed is None else Random(self.seed)
        able = members if able is None else able
        match self.select:
            case "named":
                chosen = set(self.names)
            case "primaries":
                chosen = set(primaries)
            case "all":
                chosen = set(able)
            case "random" if self.count is None:
                drawn = [name for name in able if rng.random() < 0.5]
                chosen = set(drawn or [rng.choice(list(able))])
            case _:
                chosen = set(rng.sample(list(able), min(len(able), self.size(len(members)) or 0)))
        return tuple(name for name in members if name in chosen)

    def surely(self, members: Sequence[str]) -> frozenset[str]:
        """Return the members that are hit whatever is drawn."""
        if self.select == "named":
            return frozenset(self.names)
        size = self.size(len(members))
        return frozenset(members) if size is not None and size >= len(members) else frozenset()
