"""Source chains to sync from: generated once in a process, read by everybody, changed by nobody.

A history depends on its arguments alone, so that sharing it between runs is
invisible to them.  Peers serve it up to a height of their own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Final

from alyslab.harnesses.sync import codec
from alyslab.harnesses.sync.eras import Era
from alyslab.model.aura import slot_start_ms
from alyslab.model.bitcoin import BitcoinView
from alyslab.model.block import SignedBlock
from alyslab.model.finality import PowPointer
from alyslab.model.generate import Builder
from alyslab.model.scheme import SignatureScheme
from alyslab.model.shape import Shape
from alyslab.model.spec import Spec
from alyslab.model.workload import SCHEMES

LIGHT: Final = Shape(transactions=1, pow_interval=7, pegin_interval=0, pegout_interval=0)
"""Blocks of one transaction: what sync does with them is all that is of interest."""
SHAPES: Final = {"light": LIGHT, "full": Shape()}


class History:
    """A chain from the genesis on, with all that a node needs to validate it."""

    def __init__(self, builder: Builder, eras: tuple[Era, ...], pointers: list[PowPointer]) -> None:
        self.spec: Spec = builder.spec
        self.scheme: SignatureScheme = builder.scheme
        self.bitcoin: BitcoinView = builder.bitcoin
        self.eras = eras
        self.blocks: tuple[SignedBlock, ...] = tuple(builder.blocks)
        self.frames = [codec.encode(signed) for signed in self.blocks]
        self.roots = [record.root for record in builder.chain.records]
        self.pointers = pointers
        """Pointer to the latest proof of work at each height."""
        self.now_ms = slot_start_ms(self.spec, self.blocks[-1].block.slot)
        """When its head's slot begins: no block of it lies in the future from then on."""

    @property
    def height(self) -> int:
        """Height of the head."""
        return len(self.blocks)

    def state_root(self, height: int) -> bytes:
        """Return the state root that the block at this height, from 1 on, bears."""
        return self.blocks[height - 1].block.payload.state_root


class View:
    """A history up to a height, which may grow: what one peer has."""

    def __init__(self, history: History, height: int | None = None) -> None:
        self.history = history
        self.height = history.height if height is None else height

    @property
    def pow(self) -> PowPointer:
        """Pointer to the latest proof of work at its height."""
        return self.history.pointers[self.height]

    def root(self, height: int) -> bytes:
        """Return the root of the block at this height; 0 is the genesis."""
        return self.history.roots[height]

    def state_root(self, height: int) -> bytes:
        """Return the state root of the block at this height, from 1 on."""
        return self.history.state_root(height)

    def frames(self, start: int, count: int) -> list[bytes]:
        """Return the bytes of up to ``count`` blocks from height ``start`` on, as far as it has them."""
        return self.history.frames[start - 1 : min(start - 1 + count, self.height)]


@lru_cache(maxsize=16)
def history(
    blocks: int, *, seed: int = 0, shape: str = "light", scheme: str = "ideal", change_height: int = 0
) -> History:
    """Return a chain of ``blocks`` blocks; the same object for the same arguments within a process.

    Parameters
    ----------
    shape
        A key of :data:`SHAPES`.
    scheme
        ``ideal`` or ``real`` signatures.
    change_height
        From this height on, two authorities are others; 0 for never.
    """
    builder = Builder(Random(seed), SHAPES[shape], SCHEMES[scheme]())
    pointers = [builder.chain.pow]
    eras: tuple[Era, ...] = ()
    for height in range(1, blocks + 1):
        if height == change_height:
            eras = (Era(height, _change_members(builder)),)
        builder.step()
        pointers.append(builder.chain.pow)
    return History(builder, eras, pointers)


def _change_members(builder: Builder) -> Spec:
    """Replace the first two authorities of the builder; return the spec from the next block on."""
    fresh = [builder.rng.randrange(1, 1 << 250) for _ in range(2)]
    builder.secrets = (*fresh, *builder.secrets[2:])
    keys = tuple(builder.scheme.public_key(secret) for secret in builder.secrets)
    spec = replace(builder.chain.spec, authorities=keys)
    builder.chain.spec = spec
    return spec
