"""One seed, split by label.

Each consumer of randomness asks for a stream by its own label.  The stream's
state depends on the seed and the label alone, so a new consumer shifts nobody
else's numbers, and labels may be asked for in any order.  Labels that begin with
``runtime/`` are the runtime's own.
"""

from __future__ import annotations

import random
from hashlib import blake2b

from alyslab.errors import BadInputError, Problem

SEED_LIMIT = 2**63
"""Seeds are below this, so that they fit a signed 64-bit column."""


def derive(seed: int, label: str) -> int:
    """Return 128 bits that depend on the seed and the label alone, in any process.

    BLAKE2 is used because ``hash()`` differs between processes.
    """
    return int.from_bytes(blake2b(f"{seed}/{label}".encode(), digest_size=16).digest(), "big")


def checked_seed(seed: object) -> int:
    """Return the seed if it is one: an integer from 0 to 2**63 - 1; else raise :class:`BadInputError`."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise BadInputError(
            Problem(where="seed", what="not a seed", value=seed, allowed="an integer from 0 to 2**63 - 1")
        )
    return seed


class Streams:
    """The random streams of one run.

    Raises
    ------
    BadInputError
        If the seed is not an integer from 0 to 2**63 - 1.
    """

    def __init__(self, seed: int) -> None:
        self.seed = checked_seed(seed)
        self._streams: dict[str, random.Random] = {}

    def stream(self, label: str) -> random.Random:
        """Return the stream with this label; the same object each time, so that it goes on."""
        if label not in self._streams:
            self._streams[label] = random.Random(derive(self.seed, label))
        return self._streams[label]

    def numpy_seed(self, label: str) -> int:
        """Return a seed for ``numpy.random.default_rng`` that belongs to this label."""
        return derive(self.seed, f"numpy:{label}")
