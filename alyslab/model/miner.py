"""The node's side of merged mining: templates out, work in, and what waits to be carried by a block.

Source: alys-system.md §1, "Retarget" (miner state is consumed even on failed
submit), "RPC" (createauxblock, submitauxblock, getqueuedpow), "Peg-out"
(signed after the work is queued); §7, incidents 5 and 12, "Signature starvation".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alyslab.model.bitcoin import BitcoinTransaction
from alyslab.model.block import AggregateSignature, SignedBlock
from alyslab.model.chain import Chain
from alyslab.model.context import Context
from alyslab.model.errors import BridgeError, ChainError
from alyslab.model.mining import commitment_of, template
from alyslab.model.proof import AuxPow, AuxPowHeader
from alyslab.model.validation import WITH_POW


class MinerState:
    """What one node remembers between ``createauxblock``, ``submitauxblock`` and its next slot.

    A template is known by its commitment, which is what miners put into their
    tree.  One block carries one proof, so the latest that was submitted waits.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._templates: dict[bytes, AuxPowHeader] = {}
        self._queued: AuxPowHeader | None = None

    def create(self, fee_recipient: bytes) -> tuple[bytes, AuxPowHeader]:
        """Return the commitment that a miner must put into its tree, and the template that it stands for."""
        header = template(self._chain, fee_recipient)
        commitment = commitment_of(self._chain, header)
        self._templates[commitment] = header
        return commitment, header

    def submit(self, commitment: bytes, auxpow: AuxPow) -> AuxPowHeader:
        """Queue the work for a template and return its header.

        Raises :class:`ChainError` for a commitment that nobody was given, and
        for work that breaks a rule, with that rule's name; the template is
        then still there, unless the node deviates by ``miner_state_consumed``.
        """
        header = self._templates.get(commitment)
        if header is None:
            raise ChainError("work_unknown", commitment=commitment)
        if "miner_state_consumed" in self._chain.deviations:
            del self._templates[commitment]
        complete = replace(header, auxpow=auxpow)
        broken = broken_rule(self._chain, complete)
        if broken is not None:
            raise ChainError("work_refused", broken=broken)
        self._templates.pop(commitment, None)
        self._queued = complete
        return complete

    @property
    def queued(self) -> AuxPowHeader | None:
        """The work that waits for a block."""
        return self._queued

    def carried(self) -> AuxPowHeader | None:
        """Return the work that the next block carries, if it still follows the finalised height.

        V1 ignores it at heads that are written into the code (incident 5).
        """
        chain, header = self._chain, self._queued
        if header is None:
            return None
        if "heights_bypassed" in chain.deviations and chain.height in chain.spec.pow_ignored_heads:
            return None
        if chain.height_of(header.range_start) != chain.pow.finalised_height + 1:
            self._queued = None
            return None
        return header


def broken_rule(chain: Chain, header: AuxPowHeader) -> str | None:
    """Return the first rule of merged mining that a block on the head would break by carrying this header."""
    head = chain.head.block
    payload = replace(head.payload, number=chain.height + 1)
    block = replace(head, auxpow_header=header, payload=payload, finalised_pegouts=())
    signed = SignedBlock(block=block, signature=AggregateSignature(signers=(), point=b""))
    context = Context(chain, signed, block.root, 0, signature_checked=True)
    rules = (rule for rule in WITH_POW if rule.name.startswith("pow_") and rule.name not in chain.waived)
    return next((rule.name for rule in rules if rule.check(context) is not None), None)


def payments_carried(
    chain: Chain, header: AuxPowHeader, signed: Mapping[bytes, BitcoinTransaction]
) -> tuple[BitcoinTransaction, ...]:
    """Return the signed payments that a block with this work must carry, by what has been signed.

    ``signed`` holds payments by transaction id, which a witness does not
    change.  Raises :class:`BridgeError` while one is missing: the work must
    wait.  V1 leaves the missing ones out, and then rejects its own block for
    their number: the deviation ``missing_signatures_skipped``.
    """
    start, end = chain.height_of(header.range_start), chain.height_of(header.range_end)
    if start is None or end is None:
        return ()
    proposals = [record.block.pegout_proposal for record in chain.records[start : end + 1]]
    ids = [proposal.txid for proposal in proposals if proposal is not None]
    missing = [txid for txid in ids if txid not in signed]
    if missing and "missing_signatures_skipped" not in chain.deviations:
        raise BridgeError("pegout_unsigned", txid=missing[0])
    return tuple(signed[txid] for txid in ids if txid in signed)
