"""What theory says of proof of work, as formulas.

Shares of hash power are of the whole network, 0 to 1; nothing here is random.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from alyslab.errors import ParameterError, Problem


def require(ranges: Mapping[str, tuple[float, float, float]]) -> None:
    """Refuse values outside their range: name -> (value, lowest, highest), ends included.

    Raises
    ------
    ParameterError
        With every value that is outside, or no number.
    """
    problems = [
        Problem(where="mining", key=name, what=f"is {value!r}", value=value, allowed=f"{low:g} to {high:g}")
        for name, (value, low, high) in ranges.items()
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high
    ]
    if problems:
        raise ParameterError(problems)


def selfish_revenue_ratio(share: float, gamma: float) -> float:
    """Return which part of the main chain's blocks a selfish miner gets.

    Parameters
    ----------
    share
        The selfish miner's hash power, below a half.
    gamma
        Which part of the honest power mines on the selfish block when two
        blocks of one height are published.

    Source: Eyal and Sirer, "Majority is not enough", 2014, equation 8.
    """
    require({"share": (share, 0.0, 0.4999), "gamma": (gamma, 0.0, 1.0)})
    gained = share * (1 - share) ** 2 * (4 * share + gamma * (1 - 2 * share)) - share**3
    return gained / (1 - share * (1 + (2 - share) * share))


def selfish_threshold(gamma: float) -> float:
    """Return the hash power above which selfish mining pays.  Source: as above, observation 1."""
    require({"gamma": (gamma, 0.0, 1.0)})
    return (1 - gamma) / (3 - 2 * gamma)


def nakamoto_ratio(share: float, confirmations: int) -> float:
    """Return the probability that an attacker ever undoes a payment with so many confirmations.

    The attacker's blocks meanwhile are taken to be Poisson, which is an
    approximation; :func:`rosenfeld_ratio` is exact.

    Source: Nakamoto, "Bitcoin", 2008, section 11.
    """
    require({"share": (share, 0.0, 0.4999), "confirmations": (confirmations, 0, 10_000)})
    honest = 1 - share
    mean = confirmations * share / honest
    fails = 0.0
    chance = math.exp(-mean)  # of exactly `found` attacker's blocks
    for found in range(confirmations + 1):
        fails += chance * (1 - (share / honest) ** (confirmations - found))
        chance *= mean / (found + 1)
    return 1 - fails


def rosenfeld_ratio(share: float, confirmations: int) -> float:
    """Return the same probability exactly: the attacker's blocks are negative binomial.

    Source: Rosenfeld, "Analysis of hashrate-based double-spending", 2012, equation 1.
    """
    require({"share": (share, 0.0, 0.4999), "confirmations": (confirmations, 0, 1_000)})
    honest, n = 1 - share, confirmations
    fails = math.fsum(
        math.comb(m + n - 1, m) * (honest**n * share**m - honest**m * share**n) for m in range(n + 1) if n
    )
    return 1 - fails


def confirmations_for(share: float, risk: float) -> int:
    """Return the fewest confirmations with which Nakamoto's probability is below ``risk``."""
    require({"risk": (risk, 1e-12, 1.0)})
    return next(n for n in range(10_001) if nakamoto_ratio(share, n) < risk)


def fork_ratio(interval_s: float, exposure_s: float) -> float:
    """Return the probability that somebody finds another block while one is on its way.

    Parameters
    ----------
    interval_s
        Mean time between blocks of the whole network, above 1.
    exposure_s
        For how long the network mines on without knowing of a block: the
        integral of 1 - f(t), where f is the share of hash power that knows.

    Source: Decker and Wattenhofer, "Information propagation in the Bitcoin network", 2013, equation 5.
    """
    require({"interval_s": (interval_s, 1.000001, 1e12), "exposure_s": (exposure_s, 0.0, 1e12)})
    return 1 - float((1 - 1 / interval_s) ** exposure_s)
