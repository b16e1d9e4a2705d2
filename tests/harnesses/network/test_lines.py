from __future__ import annotations

import pytest

from alyslab.harnesses.network.errors import LinkError
from tests.harnesses.network.bench import Bench, run


def test_changes_taken_back_out_of_order_leave_nothing_behind():
    """Faults end when their plan says so, not as they were nested."""

    async def main() -> tuple[object, ...]:
        network = Bench().network
        slow = network.shape("a", "b", delay_ms=100)
        lossy = network.shape("a", "b", loss_ratio=1.0)
        network.unshape(slow)
        between = network.line("a", "b").spec.as_pairs()
        network.unshape(lossy)
        network.unshape(lossy)
        return between, network.line("a", "b").spec.as_pairs()

    assert run(main).result == ((("delay_ms", 10), ("loss_ratio", 1.0)), (("delay_ms", 10),))


def test_a_change_that_needs_another_one_goes_too_though_the_other_went_first():
    """A correlation without its jitter is impossible: said aloud, and yet nothing may stay for ever."""

    async def main() -> object:
        network = Bench().network
        jitter = network.shape("a", "b", distribution="uniform", jitter_ms=5)
        correlation = network.shape("a", "b", correlation=0.5)
        with pytest.raises(LinkError, match="correlation: a constant latency has none"):
            network.unshape(jitter)
        network.unshape(correlation)
        return network.line("a", "b").spec.as_pairs()

    assert run(main).result == (("delay_ms", 10),)


def test_one_link_that_can_not_follow_keeps_no_other_from_it():
    """What is taken back on ten links must not stay on nine of them because of the tenth."""

    async def main() -> list[object]:
        network = Bench("abc").network
        jitter = network.shape(None, None, distribution="uniform", jitter_ms=5)
        network.shape("a", "b", correlation=0.5)
        with pytest.raises(LinkError):
            network.unshape(jitter)
        return [network.line("a", receiver).spec.jitter_ms for receiver in "bc"]

    assert run(main).result == [5, 0.0]


def test_a_function_of_links_that_returns_none_changes_nothing():
    """A slip in a plan must not leave half of the links changed."""

    async def main() -> object:
        network = Bench().network
        with pytest.raises(LinkError, match="returned None for a → b"):
            network.shape("a", "b", lambda _: None)  # type: ignore[arg-type,return-value]
        return network.line("a", "b").spec.as_pairs()

    assert run(main).result == (("delay_ms", 10),)
