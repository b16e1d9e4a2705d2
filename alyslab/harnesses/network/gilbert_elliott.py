"""Loss in bursts, after Gilbert and Elliott."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from alyslab.errors import Problem
from alyslab.harnesses.network.bounds import RATIO


@dataclass(frozen=True, slots=True, kw_only=True)
class GilbertElliott:
    """Loss in bursts: a link is good or bad, and each message may change that.

    In the long run it loses ``good_loss_ratio·r/(p+r) + bad_loss_ratio·p/(p+r)``
    of its messages, and stays bad for 1/r messages at a time.  It begins in its
    stationary state, so that the formula holds from the first message on.

    Source: netem's ``loss gemodel p r 1-h 1-k``; Gilbert 1960, Elliott 1963.
    """

    p: float
    """Chance that a good link turns bad at a message."""
    r: float
    """Chance that a bad link turns good at a message."""
    bad_loss_ratio: float = 1.0
    """netem's ``1-h``: how much a bad link loses."""
    good_loss_ratio: float = 0.0
    """netem's ``1-k``: how much a good link loses."""

    @property
    def loss_ratio(self) -> float:
        """Share of messages that is lost in the long run."""
        return (self.good_loss_ratio * self.r + self.bad_loss_ratio * self.p) / (self.p + self.r)

    @property
    def bad_run_mean(self) -> float:
        """For how many messages the link stays bad, on average."""
        return 1.0 / self.r

    def problems(self, where: str) -> Iterator[Problem]:
        """Yield what is wrong with these chances."""
        for field in fields(self):
            found = RATIO.problem(where, f"gemodel.{field.name}", getattr(self, field.name))
            if found is not None:
                yield found
        if self.p == 0 or self.r == 0:
            key = "gemodel.p" if self.p == 0 else "gemodel.r"
            what = "a link that never changes its state has no bursts"
            yield Problem(where=where, key=key, what=what, value=0, allowed="above 0; else use loss_ratio")
