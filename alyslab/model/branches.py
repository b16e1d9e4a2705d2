"""Two nodes that hear of the same two branches in different order, and must end up on the same chain.

Source: alys-system.md §2, fork choice as V2 documents it; Garay, Kiayias,
Leonardos (2015), "common prefix", which a checker asks of their journals.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from alyslab.model.forkchoice import ForkChoice
from alyslab.model.generate import Builder
from alyslab.model.scheme import SignatureScheme
from alyslab.model.shape import Shape
from alyslab.model.trace import Trace

FORK_HEIGHT, MAIN_BLOCKS, BRANCH_BLOCKS = 5, 8, 5
"""The branch leaves the main chain above height 5 and ends two blocks higher."""


class Ends(NamedTuple):
    """The heads of both nodes."""

    first: bytes
    """Of the one that heard of the main chain first."""
    second: bytes
    """Of the one that heard of the branch first."""


def two_orders(rng: Random, scheme: SignatureScheme, first: Trace, second: Trace) -> Ends:
    """Give both nodes all blocks, the main chain first to one and the branch first to the other."""
    shape = Shape(pow_interval=0, pegout_interval=0)
    builder = Builder(rng, shape, scheme, fork_choice="highest", reorganisation_depth=MAIN_BLOCKS)
    builder.extend(MAIN_BLOCKS)
    branch = builder.branch(FORK_HEIGHT, BRANCH_BLOCKS)
    common, main = builder.blocks[:FORK_HEIGHT], builder.blocks[FORK_HEIGHT:]
    now_ms = max(signed.block.slot for signed in [*main, *branch]) * builder.spec.slot_ms
    heads = []
    for trace, order in ((first, [*common, *main, *branch]), (second, [*common, *branch, *main])):
        choice = ForkChoice(builder.node(trace=trace))
        for signed in order:
            choice.receive(signed, now_ms)
        heads.append(choice.chain.head_root)
    return Ends(*heads)
