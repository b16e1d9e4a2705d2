"""Monte Carlo against theory: the right model agrees, a wrong one is refuted."""

from __future__ import annotations

import numpy as np
import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.mining.chain import estimate_forks, estimate_stale, grow
from alyslab.harnesses.mining.double_spend import Model, estimate_double_spend
from alyslab.harnesses.mining.selfish import estimate_revenue


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.25, 0.4])
def test_a_selfish_miner_earns_what_theory_says(share: float, gamma: float) -> None:
    """Eyal and Sirer's formula, within three standard errors."""
    assert abs(estimate_revenue(share, gamma, seed=11, blocks=320_000).z) < 3


def test_a_selfish_miner_that_publishes_late_is_refuted() -> None:
    """A strategy that is only slightly wrong must not pass for the right one."""
    assert estimate_revenue(0.4, 0.0, seed=11, blocks=320_000, override_lead=0).z < -10


@pytest.mark.parametrize("model", ["nakamoto", "rosenfeld"])
@pytest.mark.parametrize(("share", "confirmations"), [(0.1, 2), (0.3, 5)])
def test_an_attacker_succeeds_as_often_as_theory_says(model: Model, share: float, confirmations: int) -> None:
    """Both papers, each simulated as it was derived."""
    assert abs(estimate_double_spend(share, confirmations, model=model, seed=5, trials=100_000).z) < 3


def test_an_attacker_with_a_head_start_is_refuted() -> None:
    """One block more or less is the classical mistake."""
    ahead = estimate_double_spend(0.1, 2, model="rosenfeld", seed=5, trials=20_000, head_start=1)
    assert ahead.z > 30


def test_the_two_models_of_double_spending_are_told_apart() -> None:
    """Else neither check would say which paper it holds."""
    exact = estimate_double_spend(0.3, 5, model="rosenfeld", seed=5, trials=100_000)
    poisson = estimate_double_spend(0.3, 5, model="nakamoto", seed=5, trials=100_000)
    assert abs(exact.observed - poisson.expected) > 10 * exact.sigma


def full_mesh(miners: int, delay_s: float) -> np.ndarray:
    delays = np.full((miners, miners), delay_s)
    np.fill_diagonal(delays, 0.0)
    return delays


def test_the_chain_forks_as_often_as_theory_says() -> None:
    """Decker and Wattenhofer's formula, for unequal miners and unequal delays."""
    random = np.random.default_rng(3)
    delays = random.uniform(0, 60, (7, 7))
    np.fill_diagonal(delays, 0.0)
    shares = [0.3, 0.25, 0.15, 0.1, 0.1, 0.05, 0.05]

    assert abs(estimate_forks(shares, delays, interval_s=600, seed=2, trials=200_000).z) < 3


def test_stale_blocks_are_those_that_were_published() -> None:
    """Nine miners of another simulator's 32,768 years; half the delay is refuted."""
    assert max(abs(each.z) for each in estimate_stale(seed=4, blocks=300_000)) < 3
    assert min(each.z for each in estimate_stale(seed=4, blocks=300_000, delay_s=5.0)) < -10


@pytest.mark.slow
def test_stale_blocks_are_those_that_were_published_at_a_sharper_look() -> None:
    """A count against all blocks found, not those kept, lies 2 % below: too little to see in fewer blocks."""
    assert max(abs(each.z) for each in estimate_stale(seed=11, blocks=60_000_000)) < 3


def test_without_delay_nothing_goes_stale() -> None:
    """A chain without delay is one chain."""
    growth = grow([0.5, 0.5], full_mesh(2, 0.0), interval_s=1, seed=1, blocks=1_000)

    assert sum(growth.found) == 1_000
    assert growth.stale == (0, 0)


def test_the_same_seed_gives_the_same_counts() -> None:
    """Compiled randomness must follow the seed like everything else."""
    assert estimate_revenue(0.3, 0.5, seed=9, blocks=6_400) == estimate_revenue(
        0.3, 0.5, seed=9, blocks=6_400
    )
    assert estimate_revenue(0.3, 0.5, seed=9, blocks=6_400) != estimate_revenue(
        0.3, 0.5, seed=8, blocks=6_400
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: estimate_revenue(0.6, 0.0, seed=1),
        lambda: estimate_revenue(0.3, 0.0, seed=1, blocks=1),
        lambda: estimate_double_spend(0.5, 3, model="nakamoto", seed=1),
        lambda: estimate_double_spend(0.1, 3, model="nakamoto", seed=1, head_start=4),
        lambda: estimate_forks([0.5, 0.6], full_mesh(2, 1.0), interval_s=10, seed=1),
        lambda: estimate_forks([0.5, 0.5], full_mesh(3, 1.0), interval_s=10, seed=1),
        lambda: estimate_forks([0.5, 0.5], full_mesh(2, float("nan")), interval_s=10, seed=1),
        lambda: grow([0.5, 0.5], -full_mesh(2, 1.0), interval_s=10, seed=1, blocks=5),
        lambda: grow([1.0], [[0.0]], interval_s=0.0, seed=1, blocks=5),
    ],
)
def test_impossible_parameters_are_refused(call) -> None:
    """Compiled loops check nothing: what is wrong must be found before."""
    with pytest.raises(ParameterError):
        call()
