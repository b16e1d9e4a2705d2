"""Quantiles of observed values, exact for the sample."""

from __future__ import annotations

import math
from collections.abc import Sequence


def quantile(ordered: Sequence[float], share_ratio: float) -> float | None:
    """Return the value below which ``share_ratio`` of the sample lies.

    Between two observations it interpolates linearly: the estimator of type 7,
    numpy's default.  *Source:* Hyndman and Fan, "Sample Quantiles in
    Statistical Packages", The American Statistician 50 (1996), definition 7.

    Parameters
    ----------
    ordered
        Finite values, ascending.
    share_ratio
        From 0 (the least value) to 1 (the greatest).

    Returns
    -------
    float or None
        None when there are no values.

    Raises
    ------
    ValueError
        When ``share_ratio`` is outside [0, 1].
    """
    if not 0.0 <= share_ratio <= 1.0:
        raise ValueError(f"share_ratio is {share_ratio!r}, outside [0, 1]")
    if not ordered:
        return None
    place = share_ratio * (len(ordered) - 1)
    index = math.floor(place)
    low = ordered[index]
    high = ordered[min(index + 1, len(ordered) - 1)]
    part = place - index
    step = high - low
    # Two huge values of unlike sign are further apart than a float can say.
    value = low + step * part if math.isfinite(step) else low * (1.0 - part) + high * part
    return min(max(value, low), high)
