"""What a sync costs beside the validation that it is for: 8 peers, one node, everything in one process.

The node's blocks are validated, stored and told of; peers, network, journal
and scores are what comes on top.  Baselines take the same blocks and batch
sizes, and nothing else.

With real signatures the baseline is the verification of what is signed, and
no validation: executing a block and hashing its state then count as costs of
the sync.  Blocks of one transaction bear only their own signatures, which are
verified in batches.  Full blocks also bear the members' signatures on
peg-outs, which a node verifies one by one, and so does the baseline; how the
same sync stands against the blocks' signatures alone is told beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from alyslab.checkers.verdict import Check
from alyslab.harnesses.sync import codec
from alyslab.harnesses.sync.history import History, history
from alyslab.harnesses.sync.workloads.world import World
from alyslab.model.block import SignedBlock, decode_signed_block
from alyslab.model.bls import SignedMessage
from alyslab.model.chain import Chain
from alyslab.model.scheme import RealScheme, SignatureScheme
from alyslab.performance.clocks import both_turns

BLOCKS: Final = 10_000
REAL_BLOCKS: Final = 2_000
"""Really signed blocks take long to generate."""
PEERS: Final = 8
BATCH_BLOCKS: Final = 512
"""Largest batch of the sync's policy."""
WORDS: Final = {"light": "blocks of one transaction", "full": "full blocks"}
NONE_BESIDE: Final[Mapping[str, Callable[[], None]]] = MappingProxyType({})
SOURCE: Final = "issue 6, Numbers"
_chain: list[History] = []


async def full() -> bool:
    """Sync the chain under measurement; each run sets everything up again."""
    world = World(_chain[-1], peers=PEERS, import_ms=1.0, telling=False)
    world.add_node()
    return await world.all_arrived(["node-0"], 3_600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRate:
    """A sync held against the validation that it is for."""

    name: str
    baseline: str
    """What it is held against."""
    sync_blocks_per_s: float
    """Blocks in a second of the clock that was judged."""
    alone_blocks_per_s: float
    ratio: float
    """Median over rounds of the sync's rate over the baseline's."""
    limit: float
    """The least ratio that is asked."""
    clock: str
    note: str

    def check(self) -> Check:
        """Return the ratio held against its limit."""
        return Check(
            name=self.name,
            observed=round(self.ratio, 3),
            comparison=">=",
            limit=self.limit,
            unit=f"x the rate of {self.baseline}, {self.clock}",
            source=SOURCE,
            note=f"{self.note}; {self.sync_blocks_per_s:,.0f} and {self.alone_blocks_per_s:,.0f} blocks/s",
        )


def sync_checks(*, blocks: int = BLOCKS, real_blocks: int = REAL_BLOCKS, rounds: int = 3) -> list[Check]:
    """Measure syncs and hold them against their limits; arguments as for :func:`sync_rates`."""
    return [rate.check() for rate in sync_rates(blocks=blocks, real_blocks=real_blocks, rounds=rounds)]


def sync_rates(
    *, blocks: int = BLOCKS, real_blocks: int = REAL_BLOCKS, rounds: int = 3, share: float = 1.0
) -> list[SyncRate]:
    """Measure syncs with ideal signatures, with every block decoded anew, and with real signatures.

    Parameters
    ----------
    blocks, real_blocks
        Lengths of the chains with ideal and with real signatures; 0 leaves that part out.
    rounds
        How often each is timed.
    share
        What part of each limit is asked: below 1 for chains so short that setting up weighs.
    """
    rates = []
    if blocks:
        chain = history(blocks, shape="full")
        rates += [_ideal(chain, rounds), _decoding(chain, rounds)]
    if real_blocks:
        rates += [_real(real_blocks, shape, rounds) for shape in ("light", "full")]
    return [replace(rate, limit=rate.limit * share) for rate in rates]


def _ideal(chain: History, rounds: int) -> SyncRate:
    def alone() -> None:
        _validate(chain, chain.blocks)

    for signed in chain.blocks:  # as in any run of the laboratory: what was encoded is known
        codec.encode(signed)
    name = f"{chain.height:,} blocks synced from {PEERS} peers, ideal signatures"
    return _rate(name, chain, alone, baseline="validation of decoded blocks", limit=0.7, rounds=rounds)


def _decoding(chain: History, rounds: int) -> SyncRate:
    def alone() -> None:
        _validate(chain, [decode_signed_block(frame) for frame in chain.frames])

    name = "the same, every block decoded anew"
    baseline = "decoding and validation"
    return _rate(name, chain, alone, baseline=baseline, limit=0.7, rounds=rounds, forget=True)


class _Spends(RealScheme):
    """Writes down which spends a validation has verified; blocks' own signatures pass unseen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bytes, bytes, bytes, bool]] = []

    def forged(self, items: Sequence[SignedMessage]) -> tuple[int, ...]:  # noqa: ARG002
        return ()

    def verify_spend(self, key: bytes, digest: bytes, signature: bytes, *, ecdsa: bool = False) -> bool:
        self.seen.append((key, digest, signature, ecdsa))
        return True


def _real(blocks: int, shape: str, rounds: int) -> SyncRate:
    """Hold a sync against the verification of all that is signed in a chain of this shape."""
    chain = history(blocks, shape=shape, scheme="real")
    keys = chain.spec.authorities
    items = [
        SignedMessage(
            tuple(key for key, bit in zip(keys, signed.signature.signers, strict=True) if bit),
            root,
            signed.signature.point,
        )
        for signed, root in zip(chain.blocks, chain.roots[1:], strict=True)
    ]
    spends = _Spends()
    _validate(chain, chain.blocks, spends)

    def batches() -> None:
        for start in range(0, len(items), BATCH_BLOCKS):
            assert not chain.scheme.forged(items[start : start + BATCH_BLOCKS])

    def all_signed() -> None:
        batches()
        for key, digest, signature, ecdsa in spends.seen:
            assert chain.scheme.verify_spend(key, digest, signature, ecdsa=ecdsa)

    name = f"{blocks:,} {WORDS[shape]} synced from {PEERS} peers, real signatures"
    alone = "their signatures verified in batches"
    if not spends.seen:
        return _rate(name, chain, batches, baseline=alone, limit=0.8, rounds=rounds)
    baseline = f"{alone}, and {len(spends.seen):,} on peg-outs"
    return _rate(
        name, chain, all_signed, baseline=baseline, limit=0.8, rounds=rounds, beside={alone: batches}
    )


def _validate(chain: History, blocks: Sequence[SignedBlock], scheme: SignatureScheme | None = None) -> None:
    node = Chain(chain.spec, scheme or chain.scheme, chain.bitcoin)
    for start in range(0, len(blocks), BATCH_BLOCKS):
        node.import_batch(blocks[start : start + BATCH_BLOCKS], chain.now_ms)


def _rate(
    name: str,
    chain: History,
    alone: Callable[[], None],
    *,
    baseline: str,
    limit: float,
    rounds: int,
    forget: bool = False,
    beside: Mapping[str, Callable[[], None]] = NONE_BESIDE,
) -> SyncRate:
    """Time a sync and its baseline in turn; what stands ``beside`` is timed and told, and not judged."""
    from alyslab.runtime import simulate

    def synced() -> None:
        if forget:
            codec.forget()
        _chain[:] = [chain]
        run = simulate(full, seed=1)
        assert run.result, "the sync did not end"

    measured = both_turns({"sync": synced, "alone": alone, **beside}, rounds=rounds)
    timings = measured.judged()
    told = [f"{measured.ratio('sync', other).median:.3f} against {other}" for other in beside]
    return SyncRate(
        name=name,
        baseline=baseline,
        sync_blocks_per_s=chain.height / timings.median_s("sync"),
        alone_blocks_per_s=chain.height / timings.median_s("alone"),
        ratio=measured.ratio("sync", "alone").median,
        limit=limit,
        clock=measured.clock,
        note="; ".join([measured.note("sync", "alone"), *told]),
    )
