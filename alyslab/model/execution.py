"""What the execution layer does with a payload: run it, or name the rule that it breaks.

Contract code is reduced to three behaviours, each at a fixed address:

- the bridge burns the value that it is sent to 0x…dEaD and emits ``RequestPegOut``;
- a router passes its value to the bridge, so the burn is real but the
  transaction's recipient is another contract;
- an impostor, or any constructor, emits the same event and burns nothing.

Source: alys-system.md §1 "Fees", "Peg-out"; §6 "Genesis" (contracts/src/Bridge.sol);
EIP-1559 for the base fee.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from alyslab.model.errors import ChainError
from alyslab.model.hashing import sha256
from alyslab.model.payload import Payload, Withdrawal
from alyslab.model.spec import Spec
from alyslab.model.state import NO_ACCOUNT, Account, State
from alyslab.model.transaction import BASE_GAS, BurnEvent, Receipt, Transaction, intrinsic_gas

DEAD = bytes.fromhex("000000000000000000000000000000000000dead")
"""Where burns and tips go; nobody has its key."""
BRIDGE = bytes.fromhex("bb" * 20)
"""The bridge contract, in the genesis allocation with balance 0."""
ROUTER = bytes.fromhex("c0" * 20)
"""Stands for any contract that calls the bridge."""
IMPOSTOR = bytes.fromhex("ee" * 20)
"""Stands for any contract that emits the bridge's event without burning."""
FORGED_WEI = 10**18
"""What a forged event claims to have burned."""
WEI_PER_GWEI = 10**9
ELASTICITY = 2
BASE_FEE_CHANGE_DENOMINATOR = 8

Fail = Callable[..., Exception]
"""Makes the error for a rule and its offending values."""


class Outcome(NamedTuple):
    """What running a payload produced; nothing is applied yet."""

    changes: Mapping[bytes, Account]
    """Accounts that differ, with their new values, in the order of first touch."""
    receipts: tuple[Receipt, ...]
    """One per transaction."""
    gas_used: int
    """Gas of all transactions."""
    fees_wei: int
    """Sum of gas x effective tip, which went to 0x…dEaD."""
    base_fees_wei: int
    """Sum of gas x base fee, destroyed."""
    minted_wei: int
    """Sum of the withdrawals."""


def next_base_fee(parent: Payload) -> int:
    """Return the base fee of the block after ``parent`` in wei per gas.  Source: EIP-1559."""
    target = parent.gas_limit // ELASTICITY
    fee = parent.base_fee_wei
    if parent.gas_used > target:
        return fee + max(fee * (parent.gas_used - target) // target // BASE_FEE_CHANGE_DENOMINATOR, 1)
    return fee - fee * (target - parent.gas_used) // target // BASE_FEE_CHANGE_DENOMINATOR


def created_address(sender: bytes, nonce: int) -> bytes:
    """Return where a contract is created; the model hashes with SHA-256, the EVM with Keccak."""
    return sha256(sender + nonce.to_bytes(8, "big"))[-20:]


def run_transactions(
    state: State,
    transactions: tuple[Transaction, ...],
    *,
    ids: list[bytes],
    base_fee_wei: int,
    fail: Fail,
    waived: frozenset[str],
    burn_least_wei: int = 0,
) -> Outcome:
    """Run transactions on top of ``state`` without applying them; the bridge reverts smaller burns.

    Raises what ``fail`` makes, for the first rule broken that is not waived.
    Each rule is tried in the order of the EVM: nonce, fee, gas, balance.
    """
    accounts, changes = state.accounts, dict[bytes, Account]()
    receipts: list[Receipt] = []
    seen: set[bytes] = set()
    gas_total = fees = dead = 0
    for transaction, id_ in zip(transactions, ids, strict=True):
        sender, value, max_fee = transaction.sender, transaction.value_wei, transaction.max_fee_wei
        nonce, balance = changes.get(sender) or accounts.get(sender) or NO_ACCOUNT
        gas = BASE_GAS if not transaction.data else intrinsic_gas(transaction.data)
        if (
            id_ in seen
            or transaction.nonce != nonce
            or max_fee < base_fee_wei
            or gas > transaction.gas_limit
            or balance < transaction.gas_limit * max_fee + value
        ):
            rule = _broken(transaction, id_ in seen, (nonce, balance), base_fee_wei, waived)
            if rule:
                raise fail(rule, transaction=id_, nonce=nonce, balance_wei=balance, gas=gas)
        seen.add(id_)
        tip = transaction.tip_wei
        if tip + base_fee_wei > max_fee:
            tip = max(max_fee - base_fee_wei, 0)
        gas_total += gas
        fees += gas * tip
        to = transaction.to
        events: tuple[BurnEvent, ...] = ()
        changes[sender] = (nonce + 1, balance - value - gas * (base_fee_wei + tip))
        if to is None or to in _CONTRACTS:
            to, burned, events = _call(transaction, burn_least_wei)
            dead += burned
        if to != DEAD:
            there = changes.get(to) or accounts.get(to) or NO_ACCOUNT
            changes[to] = (there[0], there[1] + value)
        else:
            dead += value if not events else 0
        receipts.append(Receipt(id_, transaction.to, gas, events))
    if dead or fees:
        there = changes.get(DEAD) or accounts.get(DEAD) or NO_ACCOUNT
        changes[DEAD] = (there[0], there[1] + dead + fees)
    return Outcome(changes, tuple(receipts), gas_total, fees, gas_total * base_fee_wei, 0)


_CONTRACTS = frozenset({BRIDGE, ROUTER, IMPOSTOR})


def _broken(
    transaction: Transaction, repeated: bool, account: Account, base_fee_wei: int, waived: frozenset[str]
) -> str:
    """Return the first rule that the transaction breaks and that is not waived, else the empty text."""
    nonce, balance = account
    worst_wei = transaction.gas_limit * transaction.max_fee_wei + transaction.value_wei
    broken = {
        "transaction_unique": repeated,
        "transaction_nonce": transaction.nonce != nonce and not repeated,
        "transaction_fee": transaction.max_fee_wei < base_fee_wei,
        "transaction_gas": intrinsic_gas(transaction.data) > transaction.gas_limit,
        "transaction_balance": balance < worst_wei,
    }
    return next((rule for rule, is_broken in broken.items() if is_broken and rule not in waived), "")


def _call(transaction: Transaction, burn_least_wei: int) -> tuple[bytes, int, tuple[BurnEvent, ...]]:
    """Return where the value ends up, how much was burned, and the events.

    The bridge reverts without a Bitcoin address, and for less than would be
    paid out: the value goes back to the sender.  V1's contract has no least
    amount, which is the deviation ``contract_minimum_zero``.
    """
    sender, value, data = transaction.sender, transaction.value_wei, transaction.data
    if transaction.to is None:
        created = created_address(sender, transaction.nonce)
        events = (BurnEvent(created, sender, data, FORGED_WEI),) if data else ()
        return created, 0, events
    if transaction.to == IMPOSTOR:
        return IMPOSTOR, 0, (BurnEvent(IMPOSTOR, sender, data, FORGED_WEI),)
    if not data or value < burn_least_wei:
        return sender, 0, ()
    caller = sender if transaction.to == BRIDGE else ROUTER
    return DEAD, value, (BurnEvent(BRIDGE, caller, data, value),)


def run_payload(
    state: State,
    payload: Payload,
    *,
    parent: Payload,
    spec: Spec,
    fail: Fail,
    waived: frozenset[str] = frozenset(),
    burn_least_wei: int = 0,
) -> Outcome:
    """Check the payload as ``newPayload`` does and run it on top of ``state``, without applying it.

    Raises what ``fail`` makes for the first broken rule that is not waived.
    The state root is compared by the caller, who applies the outcome.
    """
    ids = [transaction.id for transaction in payload.transactions]
    base_fee = next_base_fee(parent)
    if payload.block_hash != payload.hash_with_ids(ids) and "payload_hash" not in waived:
        raise fail("payload_hash", claimed=payload.block_hash)
    if payload.fee_recipient != DEAD and "payload_fee_recipient" not in waived:
        raise fail("payload_fee_recipient", claimed=payload.fee_recipient, expected=DEAD)
    if payload.timestamp_s <= parent.timestamp_s and "payload_timestamp" not in waived:
        raise fail("payload_timestamp", claimed=payload.timestamp_s, parent=parent.timestamp_s)
    if payload.gas_limit != spec.gas_limit and "payload_gas_limit" not in waived:
        raise fail("payload_gas_limit", claimed=payload.gas_limit, expected=spec.gas_limit)
    if payload.base_fee_wei != base_fee and "payload_base_fee" not in waived:
        raise fail("payload_base_fee", claimed=payload.base_fee_wei, expected=base_fee)
    outcome = run_transactions(
        state,
        payload.transactions,
        ids=ids,
        base_fee_wei=payload.base_fee_wei,
        fail=fail,
        waived=waived,
        burn_least_wei=burn_least_wei,
    )
    for rule, holds in (
        ("payload_gas_used", outcome.gas_used == payload.gas_used),
        ("payload_gas_within_limit", outcome.gas_used <= payload.gas_limit),
    ):
        if not holds and rule not in waived:
            raise fail(rule, claimed=payload.gas_used, computed=outcome.gas_used, limit=payload.gas_limit)
    return with_withdrawals(state, payload.withdrawals, outcome)


def with_withdrawals(state: State, withdrawals: tuple[Withdrawal, ...], outcome: Outcome) -> Outcome:
    """Return the outcome with withdrawals credited after the transactions."""
    if not withdrawals:
        return outcome
    changes, minted = dict(outcome.changes), 0
    for credit in withdrawals:
        amount = credit.amount_gwei * WEI_PER_GWEI
        nonce, balance = changes.get(credit.address) or state.accounts.get(credit.address) or NO_ACCOUNT
        changes[credit.address] = (nonce, balance + amount)
        minted += amount
    return Outcome(
        changes, outcome.receipts, outcome.gas_used, outcome.fees_wei, outcome.base_fees_wei, minted
    )


def with_receipts_had(
    outcome: Outcome, payload: Payload, missing: frozenset[bytes], skipped: bool
) -> Outcome:
    """Return the outcome as a node sees it whose execution layer does not give some receipts.

    Raises :class:`ChainError`: without them neither burns nor fees are known.
    V1 asks once and leaves them out (``skipped``), the deviation
    ``failed_receipts_skipped``.
    """
    lost = [receipt for receipt in outcome.receipts if receipt.transaction_id in missing]
    if lost and not skipped:
        raise ChainError("receipt_missing", transaction=lost[0].transaction_id)
    had = [
        (receipt, transaction)
        for receipt, transaction in zip(outcome.receipts, payload.transactions, strict=True)
        if receipt.transaction_id not in missing
    ]
    base_fee = payload.base_fee_wei
    fees = sum(receipt.gas_used * transaction.effective_tip_wei(base_fee) for receipt, transaction in had)
    return outcome._replace(receipts=tuple(receipt for receipt, _ in had), fees_wei=fees)
