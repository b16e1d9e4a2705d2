"""A selfish miner's revenue, simulated block by block.

The miner keeps its blocks to itself, answers an honest block by publishing as
many of its own, and publishes everything when its lead shrinks to one block.
Blocks travel in no time; ``gamma`` stands for what the network decides.

Source: Eyal and Sirer, "Majority is not enough: Bitcoin mining is vulnerable",
2014, section 4.2 and algorithm 1.
"""

from __future__ import annotations

from typing import Final

from alyslab.harnesses.mining.closed_forms import require, selfish_revenue_ratio
from alyslab.harnesses.mining.estimate import Estimate, of_ratios

OVERRIDE_LEAD: Final = 1
"""Lead at which everything is published.  Source: as above, algorithm 1, "if Δprev = 2"."""
BATCHES: Final = 64
"""Independent chains for each estimate: enough to know its standard error to 9 %."""


def estimate_revenue(
    share: float, gamma: float, *, seed: int, blocks: int = 1_000_000, override_lead: int = OVERRIDE_LEAD
) -> Estimate:
    """Estimate which part of the main chain a selfish miner gets.

    Parameters
    ----------
    share, gamma
        As in :func:`~alyslab.harnesses.mining.closed_forms.selfish_revenue_ratio`.
    seed
        Of numpy's PCG64; everything random derives from it.
    blocks
        Blocks mined in all, by everybody.
    override_lead
        0 makes a miner that publishes too late: another model, which theory refutes.

    Raises
    ------
    ParameterError
        If a value is out of range.
    """
    require({"blocks": (blocks, BATCHES, 1e12), "override_lead": (override_lead, 0, 1)})
    expected = selfish_revenue_ratio(share, gamma)
    import numpy as np

    from alyslab.harnesses.mining.mining_compiled import selfish_blocks

    random = np.random.default_rng(seed)
    batches = [selfish_blocks(random, share, gamma, override_lead, blocks // BATCHES) for _ in range(BATCHES)]
    return of_ratios(
        f"share {share:g}, gamma {gamma:g}",
        [selfish for selfish, _ in batches],
        [selfish + honest for selfish, honest in batches],
        expected,
    )
