"""Specs by height: a federation whose members change in the middle of its history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from alyslab.model.block import SignedBlock
from alyslab.model.spec import Spec


class Era(NamedTuple):
    """From a height on, other parameters."""

    height: int
    """First height that the spec is for."""
    spec: Spec


class Eras:
    """Which spec a block is validated by.

    Parameters
    ----------
    spec
        From the genesis on.
    eras
        Later specs, ascending.
    """

    def __init__(self, spec: Spec, eras: Sequence[Era] = ()) -> None:
        self._spec = spec
        self._eras = tuple(eras)

    def spec(self, height: int) -> Spec:
        """Return the spec of the block at this height."""
        spec = self._spec
        for era in self._eras:
            if height >= era.height:
                spec = era.spec
        return spec

    def parts(
        self, blocks: Sequence[SignedBlock], ends: Callable[[int], bool]
    ) -> Iterator[Sequence[SignedBlock]]:
        """Yield the blocks, cut before each height at which an era begins and behind each that ``ends``."""
        start = 0
        begins = {era.height for era in self._eras}
        for index, signed in enumerate(blocks, start=1):
            height = signed.block.height
            if index == len(blocks) or height + 1 in begins or ends(height):
                yield blocks[start:index]
                start = index
