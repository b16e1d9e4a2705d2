"""The chain of one node: import, rollback, heads and finality.

``Chain.import_block`` is the state transition: the rules of
:mod:`alyslab.model.validation`, then the execution layer, then the effects on
state, wallet, fees and finality, all or nothing.

Source: alys-system.md §1, "process_block order", "Fork choice/reorg",
"Halt/finality" (app/src/chain.rs of branch main).
"""

from __future__ import annotations

from collections.abc import Sequence

from alyslab.model import execution, pegout, validation
from alyslab.model.bitcoin import BitcoinView, TxOutput
from alyslab.model.block import AggregateSignature, Block, SignedBlock
from alyslab.model.bls import SignedMessage
from alyslab.model.bridge import WEI_PER_SAT, Wallet, WalletChange
from alyslab.model.context import Context
from alyslab.model.deviations import planted_deviations, waived_by
from alyslab.model.errors import ChainError, InvalidBlockError
from alyslab.model.execution import BRIDGE, Outcome
from alyslab.model.federation import federation_of
from alyslab.model.fees import divide_fees
from alyslab.model.finality import PowPointer
from alyslab.model.genesis import genesis_block
from alyslab.model.record import Record
from alyslab.model.retarget import next_bits
from alyslab.model.rollback import Reason, rollback_target
from alyslab.model.scheme import SignatureScheme
from alyslab.model.spec import Spec
from alyslab.model.state import State
from alyslab.model.trace import Trace, tell_import

__all__ = ["Chain", "Reason", "Record", "rollback_target"]


class Chain:
    """One node's chain.

    Parameters
    ----------
    spec, scheme, bitcoin
        The parameters, the cryptography, and this node's view of Bitcoin.
    validator
        Whether the node watches Bitcoin and keeps the federation's wallet.
    deviations
        How the node departs from the sound rules; None for what the spec says
        and what the running simulation has planted.
    waived
        Further rules that are not checked; for tests of single rules.
    trace
        Told of every event.
    receipts_missing
        Ids of transactions whose receipts this node's execution layer can't give.
    """

    def __init__(
        self,
        spec: Spec,
        scheme: SignatureScheme,
        bitcoin: BitcoinView,
        *,
        validator: bool = True,
        deviations: frozenset[str] | None = None,
        waived: frozenset[str] = frozenset(),
        trace: Trace | None = None,
        receipts_missing: frozenset[bytes] = frozenset(),
    ) -> None:
        self.spec = spec
        self.scheme = scheme
        self.bitcoin = bitcoin
        self.validator = validator
        self.deviations = spec.deviations | planted_deviations() if deviations is None else deviations
        self.waived = waived | waived_by(self.deviations)
        self.trace = trace
        self.receipts_missing = receipts_missing
        least_sat = 0 if "contract_minimum_zero" in self.deviations else spec.pegout_minimum_sat
        self.burn_least_wei = least_sat * WEI_PER_SAT
        self.federation = federation_of(spec)
        self.state = State({BRIDGE: (0, 0)})
        self.wallet = Wallet()
        self.fees_wei = 0
        self.pow = PowPointer(height=0, bits=spec.bits, finalised_height=0)
        self.finalised_height = 0
        genesis = SignedBlock(
            block=genesis_block(spec, self.state), signature=AggregateSignature(signers=(), point=b"")
        )
        root = genesis.block.root
        self.records = [Record(root, genesis, None, None, (), (), self.pow, 0)]
        self._heights = {root: 0}

    @property
    def head(self) -> SignedBlock:
        """The highest block."""
        return self.records[-1].signed

    @property
    def head_root(self) -> bytes:
        """Consensus root of the head."""
        return self.records[-1].root

    @property
    def height(self) -> int:
        """Height of the head."""
        return len(self.records) - 1

    def height_of(self, root: bytes) -> int | None:
        """Return the height of the block with this root, None when it is not in this chain."""
        return self._heights.get(root)

    def authorities_at(self, height: int) -> tuple[bytes, ...]:
        """Return whose signatures count for a block of this height."""
        if "history_under_present_authorities" in self.deviations:
            return self.spec.authorities
        return self.spec.authorities_at(height)

    def import_block(self, signed: SignedBlock, now_ms: int) -> bytes:
        """Validate the block and make it the head; return its root.

        Raises :class:`InvalidBlockError` for the first rule that it breaks, and
        :class:`ChainError` when the execution layer does not give a receipt;
        then nothing has changed.
        """
        return self._import(signed, signed.block.root, now_ms, signature_checked=False)

    def import_unsigned(self, signed: SignedBlock, now_ms: int) -> bytes:
        """Import a block whose aggregate signature was checked elsewhere, or deliberately not."""
        return self._import(signed, signed.block.root, now_ms, signature_checked=True)

    def import_batch(self, blocks: Sequence[SignedBlock], now_ms: int) -> tuple[bytes, ...]:
        """Import blocks in order, their signatures checked in one batch; return their roots.

        Raises :class:`InvalidBlockError` at the first bad block, with those
        before it imported, exactly as one import after another would.
        """
        roots = [signed.block.root for signed in blocks]
        items = [
            SignedMessage(self._signers(signed), root, signed.signature.point)
            for signed, root in zip(blocks, roots, strict=True)
        ]
        forged = set(self.scheme.forged(items))
        for index, (signed, root) in enumerate(zip(blocks, roots, strict=True)):
            self._import(signed, root, now_ms, signature_checked=index not in forged)
        return tuple(roots)

    def _signers(self, signed: SignedBlock) -> tuple[bytes, ...]:
        keys = self.authorities_at(signed.block.height)
        return tuple(key for key, bit in zip(keys, signed.signature.signers, strict=False) if bit)

    def _import(self, signed: SignedBlock, root: bytes, now_ms: int, signature_checked: bool) -> bytes:
        height = signed.block.height

        def fail(rule: str, **values: object) -> InvalidBlockError:
            return InvalidBlockError(rule, height=height, **values)

        try:
            context = Context(self, signed, root, now_ms, signature_checked)
            validation.check(context)
            payload, parent = signed.block.payload, self.head.block.payload
            outcome = execution.run_payload(
                self.state,
                payload,
                parent=parent,
                spec=self.spec,
                fail=fail,
                waived=self.waived,
                burn_least_wei=self.burn_least_wei,
            )
            if self.receipts_missing:
                skipped = "failed_receipts_skipped" in self.deviations
                outcome = execution.with_receipts_had(outcome, payload, self.receipts_missing, skipped)
            self.commit(signed, root, outcome, context)
        except InvalidBlockError as error:
            if self.trace is not None:
                self.trace("block.rejected", {"height": height, "root": root.hex(), "rule": error.rule})
            raise
        return root

    def commit(
        self, signed: SignedBlock, root: bytes, outcome: Outcome, context: Context | None = None
    ) -> None:
        """Apply an outcome and make its block the head; for whoever has just run it.

        Raises :class:`InvalidBlockError` when the state root is another.
        """
        block = signed.block
        undo = self.state.apply(outcome.changes)
        if self.state.root != block.payload.state_root and "state_root" not in self.waived:
            computed = self.state.root
            self.state.revert(undo)
            raise InvalidBlockError(
                "state_root", height=block.height, claimed=block.payload.state_root, computed=computed
            )
        spent: tuple[TxOutput, ...] = ()
        change: WalletChange | None = None
        if self.validator and (block.pegins or block.pegout_proposal is not None):
            payments = (context or Context(self, signed, root, 0)).payments
            if block.pegout_proposal is not None:
                spent = pegout.spent_outputs(self.wallet, block.pegout_proposal)
            change = self.wallet.receive(payments, block.pegout_proposal, self.federation)
        requests = pegout.requests_of(outcome.receipts, self.spec, self.deviations)
        record = Record(root, signed, undo, change, requests, spent, self.pow, self.fees_wei)
        self.records.append(record)
        self._heights[root] = self.height
        self._settle(block, outcome)
        if self.trace is not None:
            tell_import(self, record, outcome)

    def _settle(self, block: Block, outcome: Outcome) -> None:
        """Move fees and finality forward."""
        header = block.auxpow_header
        if header is not None:
            bits = next_bits(self.spec, self.pow.bits, self.height - 1, self.pow.height, self.deviations)
            self.fees_wei = divide_fees(self.spec, self.fees_wei, header.fee_recipient).remainder_wei
            end = self.height_of(header.range_end)
            finalised = self.pow.finalised_height if end is None else end
            self.pow = PowPointer(height=block.height, bits=bits, finalised_height=finalised)
            self.finalised_height = max(self.finalised_height, finalised)
        self.fees_wei += outcome.fees_wei

    def rollback(self, height: int) -> None:
        """Take blocks back until ``height`` is the head.

        Raises :class:`ChainError` below the finalised height or outside the
        chain.  The pointer to the latest proof of work goes back with its
        block, the announced finality does not.
        """
        if not 0 <= height <= self.height:
            raise ChainError("rollback_out_of_range", height=height, head=self.height)
        backwards = "finality_moves_backwards" in self.deviations
        if height < self.finalised_height and not backwards:
            raise ChainError("rollback_below_finalised", height=height, finalised=self.finalised_height)
        before = self.height
        while self.height > height:
            record = self.records.pop()
            del self._heights[record.root]
            if record.undo is not None:
                self.state.revert(record.undo)
            if record.wallet is not None and "rollback_keeps_wallet" not in self.deviations:
                self.wallet.revert(record.wallet)
            self.fees_wei = record.fees_before_wei
            if "rollback_forgets_pow_pointer" not in self.deviations:
                self.pow = record.pow_before
        if backwards:
            self.finalised_height = self.pow.finalised_height
        if self.trace is not None and before != height:
            finalised = {"finalised_height": self.finalised_height, "pow_height": self.pow.height}
            self.trace("chain.rolled_back", {"height": height, "from_height": before, **finalised})
