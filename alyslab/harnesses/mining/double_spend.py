"""Whether an attacker undoes a payment that was confirmed: a race of two miners, simulated.

The attacker mines a branch of its own from the block before the payment on,
and has won as soon as the branch is as long as the honest one: its next block
would make it the longest.
"""

from __future__ import annotations

import math
from typing import Final, Literal

from alyslab.harnesses.mining.closed_forms import nakamoto_ratio, require, rosenfeld_ratio
from alyslab.harnesses.mining.estimate import Estimate, of_counts

Model = Literal["nakamoto", "rosenfeld"]
NEGLIGIBLE: Final = 1e-12
"""An attacker whose chance to catch up has fallen below gives up: far below any standard error here."""


def estimate_double_spend(
    share: float, confirmations: int, *, model: Model, seed: int, trials: int = 200_000, head_start: int = 0
) -> Estimate:
    """Estimate the probability that an attacker undoes a payment.

    Parameters
    ----------
    share
        The attacker's hash power, above 0 and below a half.
    confirmations
        Blocks that the merchant waits for, the payment's included.
    model
        ``rosenfeld`` mines every block; ``nakamoto`` draws how many the
        attacker has found by then from a Poisson distribution, as his paper does.
    head_start
        Blocks that the attacker has before it begins; other than 0 is another
        model, which theory refutes.

    Raises
    ------
    ParameterError
        If a value is out of range.
    """
    require(
        {
            "share": (share, 0.001, 0.4999),
            "confirmations": (confirmations, 1, 1_000),
            "trials": (trials, 1, 1e12),
            "head_start": (head_start, 0, confirmations),
        }
    )
    import numpy as np

    from alyslab.harnesses.mining.mining_compiled import double_spends

    honest = 1 - share
    poisson = model == "nakamoto"
    give_up = confirmations + math.ceil(math.log(NEGLIGIBLE) / math.log(share / honest))
    mean = confirmations * share / honest if poisson else -1.0
    expected = (nakamoto_ratio if poisson else rosenfeld_ratio)(share, confirmations)
    random = np.random.default_rng(seed)
    # A head start only shortens what has to be caught up; who confirms is another question.
    hits = double_spends(random, share, confirmations, head_start, mean, give_up, trials)
    return of_counts(f"{model}, share {share:g}, {confirmations} confirmations", hits, trials, expected)
