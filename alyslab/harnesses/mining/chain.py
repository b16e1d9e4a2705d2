"""Miners who hear of each other's blocks late: how often the chain forks, and whose blocks go stale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.mining.closed_forms import fork_ratio, require
from alyslab.harnesses.mining.estimate import Estimate, of_counts, of_ratios


def estimate_forks(
    shares: Sequence[float], delay_s: Any, *, interval_s: float, seed: int, trials: int = 1_000_000
) -> Estimate:
    """Estimate how often another block is found while one is on its way to those who don't know it.

    Parameters
    ----------
    shares
        Each miner's hash power; their sum is 1.
    delay_s
        When miner j hears of a block of miner i, in s; shape (miners, miners).
    interval_s
        Mean time between blocks, in s, of a network that tries once a second.

    Raises
    ------
    ParameterError
        If shares and delays don't describe one network.

    Theory takes the exposure from ``delay_s`` itself: its mean over who finds
    the block and who does not know it yet, weighted by hash power.
    """
    import numpy as np

    from alyslab.harnesses.mining.mining_compiled import forks

    weights, delays = _network(shares, delay_s)
    exposures = delays @ weights
    expected = float(weights @ [fork_ratio(interval_s, each) for each in exposures])
    # A chance of 1/T in each second is a mean of -1/ln(1 - 1/T) s between finds.
    mean_s = -1 / float(np.log1p(-1 / interval_s))
    random = np.random.default_rng(seed)
    hits = forks(random, _cumulated(weights), delays, mean_s, trials)
    label = f"interval {interval_s:g} s, exposure {float(weights @ exposures):.3g} s"
    return of_counts(label, hits, trials, expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What became of the blocks of a chain."""

    found: tuple[int, ...]
    """Blocks that each miner found."""
    stale: tuple[int, ...]
    """Those of them that are not on the longest chain in the end."""

    @property
    def stale_ratio(self) -> float:
        """Stale blocks of all blocks."""
        return sum(self.stale) / sum(self.found)


def grow(shares: Sequence[float], delay_s: Any, *, interval_s: float, seed: int, blocks: int) -> Growth:
    """Let honest miners grow a chain of so many blocks, with blocks found in continuous time.

    Arguments as in :func:`estimate_forks`.  Blocks must be heard of within a
    few intervals: at most some 60 may be on their way at once.
    """
    require({"interval_s": (interval_s, 1e-9, 1e12), "blocks": (blocks, 1, 1e9)})
    import numpy as np

    from alyslab.harnesses.mining.mining_compiled import grow_chain

    weights, delays = _network(shares, delay_s)
    random = np.random.default_rng(seed)
    found, kept = grow_chain(random, _cumulated(weights), delays, interval_s, blocks)
    return Growth(found=tuple(found.tolist()), stale=tuple((found - kept).tolist()))


PUBLISHED_STALE: Final = (
    *((0.30, 0.010092), (0.29, 0.010432), (0.12, 0.016208), (0.11, 0.016540), (0.08, 0.01756)),
    *((0.05, 0.018597), (0.03, 0.019293), (0.01, 0.01993), (0.01, 0.01999)),
)
"""Share of hash power, and stale blocks of that miner's, at 10 s to everybody and 600 s between blocks.

Source: darosior/miningsimulation, at second hand: 32,768 simulated years, so
that its own chance error is below 0.00004.  What the ratio is of, is inferred:
of 60 million blocks, stale ones lie 0.8 to 2.7 % below these figures when
counted against all that a miner found, and within chance of them when counted
against those that stayed on the chain.
"""
PUBLISHED_STALE_DELAY_S: Final = 10.0
PUBLISHED_STALE_INTERVAL_S: Final = 600.0
CHAINS: Final = 32
"""Independent chains for each estimate."""


def estimate_stale(*, seed: int, blocks: int, delay_s: float = PUBLISHED_STALE_DELAY_S) -> list[Estimate]:
    """Estimate each miner's stale blocks for each that stays on the chain, beside what was published.

    ``delay_s`` other than the published one is another network, which the
    published figures refute.
    """
    import numpy as np

    require({"blocks": (blocks, CHAINS, 1e9)})
    shares = [share for share, _ in PUBLISHED_STALE]
    delays = np.full((len(shares), len(shares)), delay_s)
    np.fill_diagonal(delays, 0.0)
    seeds = np.random.SeedSequence(seed).generate_state(CHAINS).tolist()
    grown = [
        grow(shares, delays, interval_s=PUBLISHED_STALE_INTERVAL_S, seed=each, blocks=blocks // CHAINS)
        for each in seeds
    ]
    return [
        of_ratios(
            f"share {share:g}",
            [growth.stale[miner] for growth in grown],
            [growth.found[miner] - growth.stale[miner] for growth in grown],
            published,
        )
        for miner, (share, published) in enumerate(PUBLISHED_STALE)
    ]


def _network(shares: Sequence[float], delay_s: Any) -> tuple[Any, Any]:
    import numpy as np

    weights, delays = np.asarray(shares, float), np.asarray(delay_s, float)
    problems = []
    if not (weights > 0).all() or not np.isclose(weights.sum(), 1.0):
        what = f"sum to {weights.sum():g}"
        problems.append(Problem(where="mining", key="shares", what=what, allowed="above 0, with a sum of 1"))
    if delays.shape != (len(weights), len(weights)):
        what = f"has shape {delays.shape}"
        allowed = f"({len(weights)}, {len(weights)})"
        problems.append(Problem(where="mining", key="delay_s", what=what, allowed=allowed))
    elif not (np.isfinite(delays).all() and (delays >= 0).all() and not delays.diagonal().any()):
        what = "holds a delay that none can be"
        problems.append(
            Problem(where="mining", key="delay_s", what=what, allowed="0 or more, and 0 to oneself")
        )
    if problems:
        raise ParameterError(problems)
    return weights, delays


def _cumulated(weights: Any) -> Any:
    import numpy as np

    cumulated = np.cumsum(weights)
    cumulated[-1] = 1.0  # a sum of floats may end below what random() returns
    return cumulated
