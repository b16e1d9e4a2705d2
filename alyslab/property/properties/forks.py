"""Properties over forks: money and state survive reorganisations, and the higher branch is followed."""

from __future__ import annotations

from random import Random
from typing import Final

from alyslab.model.bridge import WEI_PER_SAT, payments_of
from alyslab.model.chain import Chain
from alyslab.model.errors import ModelError
from alyslab.model.execution import DEAD
from alyslab.model.forkchoice import ForkChoice
from alyslab.model.incidents import SCENES
from alyslab.model.scheme import IdealScheme
from alyslab.property.generators.events import Burn, Deposit
from alyslab.property.generators.forks import ForkPlan, fork_plans
from alyslab.property.properties.chain import verdict_of
from alyslab.property.property import Features, Property, claim

REORGANISATION_DEPTH: Final = 32
"""Source: alys-system.md §2."""


def fork_features(plan: ForkPlan) -> Features:
    """Return what describes a fork: how long, how deep, what it takes back."""
    blocks = (*plan.chain.blocks, *plan.branch)
    return {
        "blocks": len(plan.chain.blocks) + 1,
        "fork depth": plan.depth,
        "branch": len(plan.branch),
        "deposits": sum(isinstance(e, Deposit) for block in blocks for e in block.events),
        "burns": sum(isinstance(e, Burn) for block in blocks for e in block.events),
        "blocks with work": sum(block.work for block in blocks),
    }


def require_conserved(node: Chain) -> None:
    """Claim that every satoshi and wei of the chain is accounted for, read from its blocks alone."""
    came = gone = 0
    for record in node.records:
        block = record.block
        payments = payments_of(block.pegins, node.bitcoin, node.federation, frozenset())
        came += sum(payment.amount_sat for payment in payments)
        if block.pegout_proposal is not None:
            own = node.federation.script
            change = sum(out.value_sat for out in block.pegout_proposal.outputs if out.script == own)
            gone += sum(out.value_sat for out in record.spent) - change
    held = node.wallet.balance_sat
    claim(held == came - gone, f"the wallet holds {held} sat; {came} came in and {gone} were promised out")
    alive = sum(balance for address, (_, balance) in node.state if address != DEAD)
    backed = held * WEI_PER_SAT
    claim(alive + node.fees_wei <= backed, f"{alive} wei circulate, and {backed} are backed by bitcoin")


def _reorganised(plan: ForkPlan) -> None:
    fork = plan.forked()
    node = fork.builder.node()
    for signed in fork.first:
        claim(verdict_of(node, signed) == "accepted", f"valid block {signed.block.height} was rejected")
    require_conserved(node)
    states = (node.state.root, node.wallet.balance_sat, node.fees_wei, node.pow)
    node.rollback(fork.height)
    require_conserved(node)
    for signed in fork.second:
        seen = verdict_of(node, signed)
        claim(seen == "accepted", f"block {signed.block.height} of the other branch was rejected: {seen}")
    require_conserved(node)
    chain = fork.builder.chain
    claim(node.state.root == chain.state.root, "after a reorganisation the state is another")
    claim(node.pow == chain.pow, f"after a reorganisation the last work is {node.pow}, not {chain.pow}")
    if fork.height < node.finalised_height:
        return
    node.rollback(fork.height)
    for signed in fork.first[fork.height :]:
        seen = verdict_of(node, signed)
        claim(seen == "accepted", f"block {signed.block.height} was rejected the second time: {seen}")
    again = (node.state.root, node.wallet.balance_sat, node.fees_wei, node.pow)
    claim(again == states, "back on the first branch, state, wallet or work are others than before")


REORGANISED: Final = Property(
    name="money survives reorganisations",
    claim="whatever is taken back and imported again, every satoshi and wei stays accounted for",
    cases=fork_plans,
    check=_reorganised,
    source="issue 4: conservation; alys-system.md §7, incidents 12 and 16",
    features=fork_features,
)


def _higher_branch(plan: ForkPlan) -> None:
    fork = plan.forked(fork_choice="highest", reorganisation_depth=REORGANISATION_DEPTH)
    node = fork.builder.node()
    choice = ForkChoice(node)
    finalised = 0
    for signed in (*fork.first, *fork.second):
        try:
            choice.receive(signed, fork.now_ms)
        except ModelError as error:
            rule = getattr(error, "rule", "")
            claim(fork.height < finalised, f"valid block {signed.block.height} was refused: {rule}")
            return
        finalised = node.finalised_height
    expected = max(len(fork.first), fork.height + len(fork.second))
    seen = f"the head is at {node.height}, and a valid branch reaches {expected}"
    claim(node.height == expected or fork.height < finalised, seen)


HIGHER_BRANCH: Final = Property(
    name="the higher branch is followed",
    claim="where fork choice asks for it, a node that hears of two branches ends on the higher one",
    cases=fork_plans,
    check=_higher_branch,
    source="alys-system.md §2, V1→V2 parameter drift",
    features=fork_features,
)


def _scenes() -> object:
    from hypothesis import strategies as st

    return st.lists(st.sampled_from(tuple(SCENES)), min_size=1, max_size=4, unique=True).map(tuple)


def _incidents(names: tuple[str, ...]) -> None:
    for name in names:
        outcome = SCENES[name](Random(0), IdealScheme())
        claim(
            outcome.observed == outcome.expected,
            f"{name}: a sound node does {outcome.expected!r}, this one {outcome.observed!r}",
        )


INCIDENTS: Final = Property(
    name="incidents stay mended",
    claim="put through what once broke the network, a node does what a sound one does",
    cases=_scenes,  # type: ignore[arg-type]
    check=_incidents,
    source="alys-system.md §7",
    features=lambda names: {"scenes": len(names), "first scene": names[0]},
)
