"""One peg-in and one peg-out, followed to the last satoshi.

Source: alys-system.md §1, "Peg-in", "Peg-out", "Fees".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from alyslab.model.address import segwit_address
from alyslab.model.bridge import WEI_PER_SAT
from alyslab.model.execution import BRIDGE
from alyslab.model.generate import MINER, Builder
from alyslab.model.scheme import SignatureScheme
from alyslab.model.shape import QUIET


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyStep:
    """Where the money is after one step; all amounts are read from the chain and the wallet."""

    step: str
    """What has just happened."""
    height: int
    """Height of the chain then."""
    user_wei: int
    """What the user's account holds."""
    wallet_sat: int
    """What the federation holds."""
    paid_sat: int
    """What peg-out payments pay to the user's Bitcoin address."""
    bitcoin_fee_sat: int
    """What they leave to Bitcoin's miners."""
    fees_pending_wei: int
    """Tips that wait for the next proof of work."""
    alys_fees_wei: int
    """What the user paid for gas, base fee and tip."""
    miner_wei: int
    """What the merged miner's account holds."""


def follow_money(rng: Random, *, pegin_sat: int, burn_wei: int, scheme: SignatureScheme) -> list[MoneyStep]:
    """Peg in, burn, propose, finalise; return where the money is after each."""
    builder = Builder(rng, QUIET, scheme)
    builder.extend(1)
    user, chain, steps = rng.randbytes(20), builder.chain, list[MoneyStep]()
    others_sat = chain.wallet.balance_sat
    gas_wei = 0

    def note(step: str) -> None:
        proposals = [r for r in chain.records if r.block.pegout_proposal is not None]
        outputs = [out for r in proposals if (p := r.block.pegout_proposal) for out in p.outputs]
        paid = sum(out.value_sat for out in outputs if out.script != chain.federation.script)
        spent = sum(out.value_sat for r in proposals for out in r.spent)
        steps.append(
            MoneyStep(
                step=step,
                height=chain.height,
                user_wei=chain.state.balance_wei(user),
                wallet_sat=chain.wallet.balance_sat - others_sat,
                paid_sat=paid,
                bitcoin_fee_sat=spent - sum(out.value_sat for out in outputs),
                fees_pending_wei=chain.fees_wei,
                alys_fees_wei=gas_wei,
                miner_wei=chain.state.balance_wei(MINER),
            )
        )

    builder.pay_federation(user, pegin_sat)
    note("paid on Bitcoin, not deep enough")
    builder.step()
    note("pegged in")
    destination = segwit_address(rng.randbytes(20), 0).encode()
    burn = builder.transfer(user, BRIDGE, burn_wei, 0, destination)
    block, outcome = builder.draft(transactions=[burn])
    gas_wei = outcome.fees_wei + outcome.base_fees_wei
    builder.append(block, outcome)
    note("burned")
    builder.step()
    note("payment proposed")
    builder.append(*builder.draft(with_pow=True))
    note("finalised and signed")
    return steps


def unaccounted(steps: Sequence[MoneyStep], *, pegin_sat: int, burn_wei: int) -> dict[str, int]:
    """Return what is missing or too much at the end: 0 wei and 0 satoshi when every one is accounted for."""
    end = steps[-1]
    whole_sat = burn_wei // WEI_PER_SAT
    return {
        "wei of the user": pegin_sat * WEI_PER_SAT - burn_wei - end.alys_fees_wei - end.user_wei,
        "satoshi of the peg-out": whole_sat - end.paid_sat - end.bitcoin_fee_sat,
        "satoshi of the federation": pegin_sat - whole_sat - end.wallet_sat,
    }
