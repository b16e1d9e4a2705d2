"""Rates are of blocks that were validated, on as many processes as the machine has processors."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest

from alyslab.model.errors import InvalidBlockError
from alyslab.model.generate import generate
from alyslab.model.scheme import RealScheme
from alyslab.model.shape import QUIET
from alyslab.performance.rates import batch_scheme, rates


def test_each_length_is_validated_and_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate without its blocks can't be checked."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    found = rates((2, 4), transactions=1)
    assert [(rate.blocks, len(rate.timings)) for rate in found] == [(2, 2), (4, 4)]
    assert [timing.height for timing in found[-1].timings] == [1, 2, 3, 4]
    for rate in found:
        taken = sum(timing.validation_s for timing in rate.timings)
        assert rate.blocks_per_s == pytest.approx(rate.blocks / taken)
        assert 0 < rate.validation_ms_p50 <= rate.validation_ms_p99


@pytest.mark.slow
@pytest.mark.parametrize("processors", [1, 2])
def test_any_number_of_processes_names_the_forger(monkeypatch: pytest.MonkeyPatch, processors: int) -> None:
    """Where a batch is verified may not change what is found."""
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    builder = generate(Random(1), RealScheme(), 6, QUIET)
    blocks = list(builder.blocks)
    forged = replace(blocks[4].signature, point=blocks[3].signature.point)
    blocks[4] = replace(blocks[4], signature=forged)
    node = builder.node()
    with batch_scheme() as scheme:
        node.scheme = scheme
        with pytest.raises(InvalidBlockError, match="signature") as caught:
            node.import_batch(blocks, builder.now_ms)
    assert (caught.value.height, node.height) == (5, 4)
