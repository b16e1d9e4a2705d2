"""Targets of merged mining: the compact form, and how the difficulty follows the blocks.

Source: alys-system.md §1, "Retarget" (app/src/auxpow_miner.rs of branch main);
Bitcoin's compact encoding ("nBits").
"""

from __future__ import annotations

from alyslab.model.spec import Retarget, Spec

TARGET_MAX = (1 << 256) - 1


def target_of(bits: int) -> int:
    """Return the compact target; 0, which no hash meets, for negative ones and those beyond 256 bits."""
    exponent, mantissa = bits >> 24, bits & 0xFF_FFFF
    if bits < 0 or mantissa & 0x80_0000 or exponent > 34:
        return 0
    target = mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)
    return target if target <= TARGET_MAX else 0


def bits_of(target: int) -> int:
    """Return the compact form of a target below 2**256, rounded down to its 23 leading bits."""
    size = (target.bit_length() + 7) // 8
    mantissa = target >> 8 * (size - 3) if size > 3 else target << 8 * (3 - size)
    if mantissa & 0x80_0000:  # the top bit is a sign
        mantissa, size = mantissa >> 8, size + 1
    return size << 24 | mantissa


def ratio_percent(params: Retarget, distance: int, whole: bool = False) -> int:
    """Return distance / spacing in percent, rounded to two decimals, half up.

    ``whole`` rounds to a whole number instead: the planted ``retarget_rounding``.
    """
    if whole:
        return 100 * ((2 * distance + params.spacing) // (2 * params.spacing))
    return (200 * distance + params.spacing) // (2 * params.spacing)


def step_percent(params: Retarget, ratio: int) -> int:
    """Return what the target is multiplied with, in percent.

    With spacing 5 and 20 %: distances 1-4 give 20, 5 gives 100, more give 120.
    """
    if ratio < 100:
        bound = params.max_adjustment_percent
        return min(ratio, bound) if params.adjustment == "as_run" else max(ratio, 100 - bound)
    return min(ratio, 100 + params.max_adjustment_percent)


def next_target(
    spec: Spec,
    old_target: int,
    head_height: int,
    last_pow_height: int,
    deviations: frozenset[str] = frozenset(),
) -> int:
    """Return the target for proof of work in the block after the head.

    The distance is counted from the last block with work, in blocks.  A
    retarget happens when the head's height is a multiple of the interval, or
    the distance exceeds the interval.  V1 never applies the two limits.
    """
    params = spec.retarget
    distance = head_height + 1 - last_pow_height
    if params.no_retargeting or not (head_height % params.interval == 0 or distance > params.interval):
        return old_target
    ratio = ratio_percent(params, distance, whole="retarget_rounding" in deviations)
    target = min(old_target // 100 * step_percent(params, ratio), TARGET_MAX)
    if "pow_limits_unapplied" in deviations:
        return target
    return max(target_of(params.pow_lower_limit), min(target, target_of(params.pow_limit)))


def next_bits(
    spec: Spec,
    old_bits: int,
    head_height: int,
    last_pow_height: int,
    deviations: frozenset[str] = frozenset(),
) -> int:
    """Return the same in compact form, which is what blocks are held against."""
    return bits_of(next_target(spec, target_of(old_bits), head_height, last_pow_height, deviations))
