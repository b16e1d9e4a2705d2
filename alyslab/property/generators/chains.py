"""Chains that link and validate, drawn as plans.

A plan says what users, miners and slots do; everything else of the chain
follows from it.  So Hypothesis shrinks the plan, and what a reader sees of a
failing chain is a few lines and not a page of hashes.  Keys, addresses and
the noise in parent blocks are the same in every chain: they carry no choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from alyslab.model.address import segwit_address
from alyslab.model.block import Block, PegIn, SignedBlock
from alyslab.model.bridge import OP_RETURN, WEI_PER_SAT
from alyslab.model.execution import BRIDGE, IMPOSTOR, ROUTER, WEI_PER_GWEI, Outcome
from alyslab.model.generate import Builder
from alyslab.model.scheme import IdealScheme, SignatureScheme
from alyslab.model.shape import QUIET
from alyslab.model.transaction import Transaction
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

USERS: Final = 3
"""Accounts that hold money from block 1 on; few, so that drawn transactions meet each other."""
READABLE: Final = b"twenty ascii letters"
"""An address that is also valid text, as one in a few thousand million is by chance."""
MEMBERS: Final = 5
"""Authorities of a chain unless the plan says otherwise."""
BURN_MAX_SAT: Final = 4_000_000
"""Largest burn: a hundred blocks of two can't empty an account that was given ten bitcoin."""
TRANSFER_MAX_GWEI: Final = 1_000
"""Largest transfer; users spend it on gas, never on each other's ruin."""
CONTRACTS: Final = {"bridge": BRIDGE, "router": ROUTER, "impostor": IMPOSTOR, "constructor": None}
"""Where a burn can be sent: the bridge, another contract that calls it, and two that forge its event."""


@case
@dataclass(frozen=True, slots=True)
class Transfer:
    """A user sends wei to another one, or to an address never seen before."""

    sender: int = 0
    """Which user pays."""
    to: int = 0
    """Which user receives; from :data:`USERS` on, a new account."""
    gwei: int = 1


@case
@dataclass(frozen=True, slots=True)
class Deposit:
    """Somebody pays the federation on Bitcoin; the block credits a user for it."""

    user: int = 0
    """Which user; :data:`USERS` is a stranger whose address can be read as text."""
    sat: int = 1


@case
@dataclass(frozen=True, slots=True)
class Burn:
    """A user asks for bitcoin."""

    user: int = 0
    sat: int = 1_000_000
    """How much; below the spec's minimum nothing is burned and nothing is paid."""
    through: str = "bridge"
    """A key of :data:`CONTRACTS`."""

    @property
    def forged(self) -> bool:
        """Whether nothing is burned, and only the event says so."""
        return self.through in ("impostor", "constructor")

    @property
    def destination(self) -> bytes:
        """The Bitcoin address that is asked for: one for each user."""
        return segwit_address(bytes([self.user]) * 20, 0).encode()


@case
@dataclass(frozen=True, slots=True)
class BlockPlan:
    """What happens in one block."""

    events: tuple[Transfer | Deposit | Burn, ...] = ()
    """What users do; calls run in this order."""
    work: bool = False
    """Whether a miner finalises what came before; a block that may not go without gets it anyhow."""
    missed_slots: int = 0
    """Slots before this one that nobody filled."""


@case
@dataclass(frozen=True, slots=True)
class ChainPlan:
    """A chain: block 1 pegs the users in, then come these blocks."""

    blocks: tuple[BlockPlan, ...] = ()
    members: int = MEMBERS
    """Authorities, which are the federation too."""


EMPTY: Final = ChainPlan()
"""Nothing but block 1."""


@case
@dataclass(frozen=True, slots=True)
class Rhythm:
    """A long chain by how often what happens in it: few choices for many blocks; 0 is never."""

    blocks: int = 0
    """After block 1."""
    transfer_interval: int = 0
    deposit_interval: int = 0
    burn_interval: int = 0
    work_interval: int = 0
    missed_interval: int = 0
    """Blocks from one that comes a slot late to the next."""

    @property
    def plan(self) -> ChainPlan:
        """The chain, block for block; users take turns."""

        def due(interval: int, number: int) -> bool:
            return interval > 0 and number % interval == 0

        return ChainPlan(
            blocks=tuple(
                BlockPlan(
                    events=(
                        *[Transfer(n % USERS, (n + 1) % USERS)] * due(self.transfer_interval, n),
                        *[Deposit(n % USERS, 1_000 + n)] * due(self.deposit_interval, n),
                        *[Burn(n % USERS)] * due(self.burn_interval, n),
                    ),
                    work=due(self.work_interval, n),
                    missed_slots=int(due(self.missed_interval, n)),
                )
                for n in range(1, self.blocks + 1)
            )
        )


def transfers() -> SearchStrategy[Transfer]:
    """Draw a transfer that can be paid for; shrinks to 1 gwei from user 0 to itself."""
    from hypothesis import strategies as st

    return st.builds(
        Transfer,
        sender=st.integers(0, USERS - 1),
        to=st.integers(0, USERS + 1),
        gwei=st.integers(1, TRANSFER_MAX_GWEI),
    )


def deposits(most_sat: int = 10**7) -> SearchStrategy[Deposit]:
    """Draw a peg-in; shrinks to 1 satoshi for user 0."""
    from hypothesis import strategies as st

    return st.builds(Deposit, user=st.integers(0, USERS), sat=st.integers(1, most_sat))


def burns(*, foreign: bool = True, least_sat: int = 1_000) -> SearchStrategy[Burn]:
    """Draw a peg-out that its user can pay for; shrinks to the spec's least, through the bridge.

    With ``foreign`` some are sent to other contracts and some are forged;
    about one in five is below the minimum of 1,000,000 satoshi.
    """
    from hypothesis import strategies as st

    amounts = st.integers(1_000_000, BURN_MAX_SAT)
    if least_sat < 1_000_000:
        amounts = st.one_of(amounts, amounts, amounts, amounts, st.integers(least_sat, 999_999))
    ways = st.sampled_from(tuple(CONTRACTS)) if foreign else st.just("bridge")
    return st.builds(Burn, user=st.integers(0, USERS - 1), sat=amounts, through=ways)


def block_plans(*, events: int = 3) -> SearchStrategy[BlockPlan]:
    """Draw one block with up to ``events`` things that users do; shrinks to an empty one in the next slot."""
    from hypothesis import strategies as st

    return st.builds(
        BlockPlan,
        events=st.lists(st.one_of(transfers(), deposits(), burns()), max_size=events).map(tuple),
        work=st.booleans(),
        missed_slots=st.integers(0, 3),
    )


def chain_plans(
    *, least: int = 0, most: int = 12, events: int = 3, members: SearchStrategy[int] | int = MEMBERS
) -> SearchStrategy[ChainPlan]:
    """Draw a chain of ``least`` to ``most`` blocks after block 1; shrinks to few and empty ones."""
    from hypothesis import strategies as st

    drawn = st.just(members) if isinstance(members, int) else members
    blocks = st.lists(block_plans(events=events), min_size=least, max_size=most).map(tuple)
    return st.builds(ChainPlan, blocks=blocks, members=drawn)


def rhythms(*, least: int = 20, most: int = 100) -> SearchStrategy[Rhythm]:
    """Draw a chain of ``least`` to ``most`` blocks by its rhythm; shrinks to ``least`` empty blocks.

    A long chain costs Hypothesis no more choices than a short one.
    """
    from hypothesis import strategies as st

    seldom = st.integers(0, 10)
    return st.builds(
        Rhythm,
        blocks=st.integers(least, most),
        transfer_interval=seldom,
        deposit_interval=seldom,
        burn_interval=seldom,
        work_interval=seldom,
        missed_interval=seldom,
    )


def chains(
    *, least: int = 0, most: int = 12, signed: bool = True, scheme: SignatureScheme | None = None
) -> SearchStrategy[Builder]:
    """Draw a valid chain with whoever built it: its blocks, its keys, its view of Bitcoin."""
    return chain_plans(least=least, most=most).map(lambda plan: built(plan, signed=signed, scheme=scheme))


def blocks() -> SearchStrategy[SignedBlock]:
    """Draw a valid block: the last one of a chain."""
    return chains(most=4).map(lambda builder: builder.blocks[-1])


def built(
    plan: ChainPlan, *, signed: bool = True, scheme: SignatureScheme | None = None, **spec_changes: Any
) -> Builder:
    """Return the chain that the plan describes; the same plan gives the same bytes."""
    shape = replace(QUIET, authorities=plan.members, users=USERS)
    builder = Builder(Random(0), shape, scheme or IdealScheme(), signed=signed, **spec_changes)
    builder.extend(1)
    play(builder, plan.blocks)
    return builder


def play(builder: Builder, plans: Sequence[BlockPlan]) -> list[SignedBlock]:
    """Extend the chain by what the plans say, and return the new blocks."""
    return [play_one(builder, plan) for plan in plans]


def play_one(builder: Builder, plan: BlockPlan) -> SignedBlock:
    """Extend the chain by what the plan says, and return the new block."""
    return builder.append(*draft(builder, plan))


def draft(builder: Builder, plan: BlockPlan) -> tuple[Block, Outcome]:
    """Return the block that the plan describes, on the head; its deposits are made on Bitcoin."""
    return builder.draft(
        transactions=calls(builder, plan),
        pegins=paid(builder, plan),
        with_pow=plan.work or work_needed(builder),
        slot=builder.chain.head.block.slot + 1 + plan.missed_slots,
    )


def work_needed(builder: Builder) -> bool:
    """Return whether the next block may not go without proof of work."""
    chain = builder.chain
    return chain.height + 1 - chain.pow.finalised_height > chain.spec.max_blocks_without_pow


def calls(builder: Builder, plan: BlockPlan) -> list[Transaction]:
    """Return the block's transactions, in the order of its events."""
    nonces: dict[bytes, int] = {}

    def call(user: int, to: bytes | None, wei: int, data: bytes = b"") -> Transaction:
        sender = builder.users[user]
        nonce = nonces.get(sender, builder.chain.state.nonce(sender))
        nonces[sender] = nonce + 1
        return builder.transfer(sender, to, wei, nonce, data)

    made = []
    for event in plan.events:
        if isinstance(event, Transfer):
            made.append(call(event.sender, _account(builder, event.to), event.gwei * WEI_PER_GWEI))
        elif isinstance(event, Burn):
            wei = 0 if event.forged else event.sat * WEI_PER_SAT
            made.append(call(event.user, CONTRACTS[event.through], wei, event.destination))
    return made


def paid(builder: Builder, plan: BlockPlan) -> tuple[PegIn, ...]:
    """Make the plan's deposits on Bitcoin, let them get deep enough, and return their peg-ins."""
    pegins = []
    for one in plan.events:
        if not isinstance(one, Deposit):
            continue
        # With the script spelled out, the builder leaves it to the plan which block credits the payment.
        user = builder.users[one.user] if one.user < USERS else READABLE
        pegins.append(builder.pay_federation(user, one.sat, bytes([OP_RETURN, len(user)]) + user))
    for _ in range(builder.spec.bitcoin_confirmations - 1 if pegins else 0):
        builder.bitcoin.append()
    return tuple(pegins)


def _account(builder: Builder, number: int) -> bytes:
    return builder.users[number] if number < USERS else bytes([0x50 + number]) * 20
