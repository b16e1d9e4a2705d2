"""The compiled loops of :mod:`alyslab.harnesses.mining`; importing it imports numba.

Randomness comes from the numpy generator that is passed in, so the same seed
gives the same counts on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from alyslab.harnesses.compiled import compiled

Array = Any  # numpy arrays; numba compiles for the types that it is given


@compiled
def selfish_blocks(
    random: Any, share: float, gamma: float, override_lead: int, blocks: int
) -> tuple[int, int]:
    """Mine so many blocks; return how many on the main chain are the selfish miner's, and the others'."""
    selfish = 0
    honest = 0
    private = 0  # blocks since the fork that the selfish miner has
    public = 0  # blocks since the fork that the others have
    racing = False  # two published branches of one length
    for _ in range(blocks):
        if random.random() < share:
            private += 1
            if racing:
                selfish += private
                private, public, racing = 0, 0, False
        elif racing:
            if random.random() < gamma:
                selfish += private
                honest += 1
            else:
                honest += public + 1
            private, public, racing = 0, 0, False
        elif private == 0:
            honest += 1
        else:
            public += 1
            lead = private - public
            if lead < 0:
                honest += public
                private, public = 0, 0
            elif lead == 0:
                racing = True
            elif lead <= override_lead:
                selfish += private
                private, public = 0, 0
    return selfish, honest


@compiled
def double_spends(  # noqa: PLR0917 - what numba compiles takes its arguments by position
    random: Any,
    share: float,
    confirmations: int,
    head_start: int,
    poisson_mean: float,
    give_up: int,
    trials: int,
) -> int:
    """Return in how many trials the attacker draws level.

    ``poisson_mean`` below 0: blocks are mined one by one until the payment is
    confirmed; else the attacker's are drawn from a Poisson distribution.  An
    attacker who is ``give_up`` blocks behind has failed.
    """
    hits = 0
    for _ in range(trials):
        behind = confirmations - head_start
        if poisson_mean >= 0:
            behind -= random.poisson(poisson_mean)
        else:
            confirmed = 0
            while confirmed < confirmations:
                if random.random() < share:
                    behind -= 1
                else:
                    confirmed += 1
        while 0 < behind < give_up:
            behind += -1 if random.random() < share else 1
        if behind <= 0:
            hits += 1
    return hits


@compiled
def forks(random: Any, cumulated_shares: Array, delay_s: Array, interval_s: float, trials: int) -> int:
    """Return in how many trials somebody who does not know of a block yet finds another.

    ``delay_s[i, j]`` is when miner j hears of miner i's block; ``interval_s``
    the mean time between finds of all.
    """
    hits = 0
    for _ in range(trials):
        finder = np.searchsorted(cumulated_shares, random.random())
        latest = delay_s[finder].max()
        now = random.exponential(interval_s)
        while now < latest:
            other = np.searchsorted(cumulated_shares, random.random())
            if now < delay_s[finder, other]:
                hits += 1
                break
            now += random.exponential(interval_s)
    return hits


@compiled
def grow_chain(
    random: Any, cumulated_shares: Array, delay_s: Array, interval_s: float, blocks: int
) -> tuple[Array, Array]:
    """Let miners extend the longest chain that they have heard of; the first heard wins among equals.

    Returns
    -------
    found, kept
        Blocks that each miner found, and those of them on the longest chain.
    """
    miners = len(cumulated_shares)
    finder = np.empty(blocks, np.int64)
    parent = np.empty(blocks, np.int64)
    height = np.empty(blocks, np.int64)
    tip = np.full(miners, -1, np.int64)
    # Announcements on their way: few, so that the earliest is searched for.
    due_s = np.empty(64 * miners)
    due_miner = np.empty(64 * miners, np.int64)
    due_block = np.empty(64 * miners, np.int64)
    pending = 0
    now = 0.0
    for block in range(blocks):
        now += random.exponential(interval_s)
        while pending:
            next_ = 0
            for each in range(1, pending):
                if due_s[each] < due_s[next_]:
                    next_ = each
            if due_s[next_] > now:
                break
            heard, miner = due_block[next_], due_miner[next_]
            if tip[miner] < 0 or height[heard] > height[tip[miner]]:
                tip[miner] = heard
            pending -= 1
            due_s[next_], due_miner[next_] = due_s[pending], due_miner[pending]
            due_block[next_] = due_block[pending]
        miner = np.searchsorted(cumulated_shares, random.random())
        finder[block] = miner
        parent[block] = tip[miner]
        height[block] = 0 if tip[miner] < 0 else height[tip[miner]] + 1
        tip[miner] = block
        if pending + miners > len(due_s):
            raise ValueError("more announcements on their way than there is room for")
        for other in range(miners):
            if other != miner:
                due_s[pending] = now + delay_s[miner, other]
                due_miner[pending] = other
                due_block[pending] = block
                pending += 1
    found = np.zeros(miners, np.int64)
    kept = np.zeros(miners, np.int64)
    for block in range(blocks):
        found[finder[block]] += 1
    last = np.int64(np.argmax(height))
    while last >= 0:
        kept[finder[last]] += 1
        last = parent[last]
    return found, kept
