"""Studies of proof of work for an engineer at a notebook: each returns estimates beside theory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from alyslab.checkers.verdict import Check
from alyslab.harnesses.mining.chain import PUBLISHED_STALE, estimate_forks, estimate_stale
from alyslab.harnesses.mining.closed_forms import fork_ratio, selfish_revenue_ratio
from alyslab.harnesses.mining.double_spend import Model, estimate_double_spend
from alyslab.harnesses.mining.estimate import Estimate, check_estimates, decided, of_ratios
from alyslab.harnesses.mining.miner import longest_chain, mine
from alyslab.harnesses.mining.selfish import estimate_revenue
from alyslab.runtime import Run, simulate
from alyslab.runtime.randomness import Streams

__all__ = [
    "PUBLISHED_STALE",
    "double_spends",
    "forks",
    "forks_by_messages",
    "judge",
    "revenue_by_messages",
    "revenues",
    "stale",
]

SHARES: Final = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
GAMMAS: Final = (0.0, 0.5, 1.0)
MODELS: Final[tuple[Model, ...]] = ("nakamoto", "rosenfeld")
CONFIRMATIONS: Final = {0.1: (1, 2, 3, 4), 0.2: (1, 3, 5, 7), 0.3: (1, 5, 10)}
INTERVAL_S: Final = 633.68
"""Between Bitcoin's blocks in 2013.  Source: Decker and Wattenhofer 2013, section 4.2."""
EXPOSURE_S: Final = 11.37
"""As above: the mean time during which hash power does not know of a block."""


def revenues(seed: int, blocks: int) -> list[tuple[float, float, Estimate]]:
    """Estimate a selfish miner's revenue over shares and gammas: (share, gamma, estimate)."""

    def estimate(share: float, gamma: float) -> Estimate:
        return decided(
            lambda attempt, factor: estimate_revenue(
                share, gamma, seed=_seed(seed, f"{share} {gamma}", attempt), blocks=factor * blocks
            )
        )

    return [(share, gamma, estimate(share, gamma)) for gamma in GAMMAS for share in SHARES]


def double_spends(seed: int, trials: int) -> list[tuple[Model, float, int, Estimate]]:
    """Estimate the probability of a double spend: (model, share, confirmations, estimate)."""

    def estimate(model: Model, share: float, confirmations: int) -> Estimate:
        return decided(
            lambda attempt, factor: estimate_double_spend(
                share,
                confirmations,
                model=model,
                seed=_seed(seed, f"{model} {share} {confirmations}", attempt),
                trials=factor * trials,
            )
        )

    return [
        (model, share, confirmations, estimate(model, share, confirmations))
        for model in MODELS
        for share, counts in CONFIRMATIONS.items()
        for confirmations in counts
    ]


def forks(seed: int, trials: int) -> list[Estimate]:
    """Estimate how often 50 equal miners fork, at delays of a tenth to ten times Bitcoin's of 2013."""
    import numpy as np

    def estimate(factor: float) -> Estimate:
        delays = np.full((50, 50), factor * EXPOSURE_S * 50 / 49)  # who found the block knows it at once
        np.fill_diagonal(delays, 0.0)
        return decided(
            lambda attempt, larger: estimate_forks(
                [1 / 50] * 50,
                delays,
                interval_s=INTERVAL_S,
                seed=_seed(seed, f"forks {factor}", attempt),
                trials=larger * trials,
            )
        )

    return [estimate(factor) for factor in (0.1, 0.5, 1.0, 3.0, 10.0)]


def stale(seed: int, blocks: int) -> list[Estimate]:
    """Estimate each miner's stale blocks in the scenario of darosior/miningsimulation."""

    @cache
    def estimates(attempt: int, factor: int) -> list[Estimate]:
        return estimate_stale(seed=_seed(seed, "stale", attempt), blocks=factor * blocks)

    return [
        decided(lambda attempt, factor, miner=miner: estimates(attempt, factor)[miner])  # type: ignore[misc]
        for miner in range(len(PUBLISHED_STALE))
    ]


def revenue_by_messages(
    seed: int, *, chains: int, blocks: int, planted: Iterable[str] = ()
) -> tuple[Estimate, list[Run]]:
    """Estimate a selfish miner's revenue on the message-by-message network, from independent chains.

    Blocks take 1 ms, so that theory, which has them take nothing, is off by
    less than 1 in 100,000.
    """
    parameters = {"shares": [0.4, 0.2, 0.2, 0.2], "latency_ms": 1.0, "blocks": blocks, "selfish": True}
    runs = _mined(seed, chains, parameters, planted)
    mains = [longest_chain(run.journal) for run in runs]
    return of_ratios(
        "share 0.4, gamma 0, message by message",
        [sum(miner == "miner-1" for _, miner in main) for main in mains],
        [len(main) for main in mains],
        selfish_revenue_ratio(0.4, 0.0),
    ), runs


def forks_by_messages(
    seed: int, *, chains: int, blocks: int, planted: Iterable[str] = ()
) -> tuple[Estimate, list[Run]]:
    """Estimate how many heights get more than one block on the message-by-message network.

    20 equal miners, so the network does not know of a block for 19/20 of the
    delay.  Theory takes blocks one at a time; that two meet changes it by less
    than a fiftieth.
    """
    parameters = {
        "shares": [0.05] * 20,
        "interval_s": INTERVAL_S,
        "latency_ms": 1e3 * EXPOSURE_S,
        "blocks": blocks,
    }
    runs = _mined(seed, chains, parameters, planted)
    heights = [Counter(e.fields["height"] for e in run.journal.select(kind="mining.found")) for run in runs]
    return of_ratios(
        "20 miners, message by message",
        [sum(count > 1 for count in each.values()) for each in heights],
        [len(each) for each in heights],
        fork_ratio(INTERVAL_S, EXPOSURE_S * 19 / 20),
    ), runs


def _mined(seed: int, chains: int, parameters: dict[str, Any], planted: Iterable[str]) -> list[Run]:
    names = tuple(planted)
    return [simulate(mine, seed=seed + i, parameters=parameters, planted=names) for i in range(chains)]


def judge(
    *,
    revenue: list[Estimate],
    double_spend: list[Estimate],
    fork: list[Estimate],
    stale_blocks: list[Estimate],
) -> list[Check]:
    """Hold the estimates against theory, a check for each theory."""
    return [
        check_estimates(
            "selfish mining earns what theory says",
            revenue,
            "Eyal and Sirer 2014, equation 8",
        ),
        check_estimates(
            "double spending succeeds as often as theory says",
            double_spend,
            "Nakamoto 2008, section 11; Rosenfeld 2012, equation 1",
        ),
        check_estimates(
            "the chain forks as often as theory says",
            fork,
            "Decker and Wattenhofer 2013, equation 5",
        ),
        check_estimates(
            "blocks go stale as often as published",
            stale_blocks,
            "darosior/miningsimulation, 32,768 simulated years",
        ),
    ]


def _seed(seed: int, label: str, attempt: int) -> int:
    return Streams(seed).stream(f"validation:{label}:{attempt}").getrandbits(63)
