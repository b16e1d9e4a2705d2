"""Proof of work at a node: templates that miners ask for, and work that waits for the next block.

A miner gets a commitment and a target, and hands in an AuxPoW for it; the node
checks it and tells the others.  Whoever writes the next block puts the work
in.  Work whose range this node does not know yet is kept until it does.

Source: alys-system.md §1, "AuxPoW", "RPC" (createauxblock, submitauxblock),
"Gossip" (queue_pow); §7, incident 5 (queued work ignored) and "Remote abort".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from alyslab.harnesses.consensus.rules import fault_of_work
from alyslab.model.block import AuxPow, AuxPowHeader
from alyslab.model.chain import Chain
from alyslab.model.mining import commitment_of, template

TEMPLATES_MAX: Final = 64
LATER_MAX: Final = 8
_NOT_HERE_YET: Final = frozenset({"pow_range_start", "pow_range_end", "pow_commitment", "pow_target"})
"""Rules that work for a later head breaks too."""


class WorkBook:
    """Templates given out and work taken in by one node."""

    def __init__(self) -> None:
        self._templates: dict[bytes, AuxPowHeader] = {}
        self._later: dict[bytes, AuxPowHeader] = {}
        self.displaced: AuxPowHeader | None = None
        """What the latest work that was queued took the place of."""
        self.queued: AuxPowHeader | None = None
        """Work that waits for a block; see :meth:`usable`."""
        self._judged: AuxPowHeader | None = None
        """Work that was found right for the head with the root ``_judged_at``."""
        self._judged_at = b""

    def template(self, chain: Chain, fee_recipient: bytes) -> tuple[bytes, AuxPowHeader] | None:
        """Return the commitment to work on and its header; None when everything is finalised."""
        if chain.height <= chain.pow.finalised_height:
            return None
        header = template(chain, fee_recipient)
        commitment = commitment_of(chain, header)
        if len(self._templates) >= TEMPLATES_MAX:
            del self._templates[next(iter(self._templates))]
        self._templates[commitment] = header
        return commitment, header

    def template_of(self, commitment: bytes) -> AuxPowHeader | None:
        """Return the header that a commitment was given out for, as whoever runs the node can see."""
        return self._templates.get(commitment)

    def submitted(self, commitment: bytes, proof: AuxPow) -> AuxPowHeader | None:
        """Return the header that the proof is for, or None for a commitment that was never given out."""
        header = self._templates.get(commitment)
        return None if header is None else replace(header, auxpow=proof)

    def offer(self, chain: Chain, header: AuxPowHeader) -> str | None:
        """Queue work for the next block; return the rule that it breaks, or None when it was taken.

        Work that may be right for a head that this node has not seen is kept for :meth:`look_again`.
        """
        fault = fault_of_work(chain, header)
        if fault is None:
            if self.queued is None or self.usable(chain) is None or _longer(chain, header, self.queued):
                self.displaced, self.queued = self.queued, header
            return None
        if fault in _NOT_HERE_YET and chain.height_of(header.range_end) is None:
            if len(self._later) >= LATER_MAX:
                del self._later[next(iter(self._later))]
            self._later[header.range_end] = header
        return fault

    def look_again(self, chain: Chain) -> AuxPowHeader | None:
        """Offer work again that was kept until its range is known; return it if it was taken now."""
        header = self._later.pop(chain.head_root, None)
        return header if header is not None and self.offer(chain, header) is None else None

    def usable(self, chain: Chain) -> AuxPowHeader | None:
        """Return the queued work if the next block may carry it; drop it otherwise."""
        header, head = self.queued, chain.head_root
        if header is None or (header is self._judged and head == self._judged_at):
            return header  # it depends on the head alone
        if fault_of_work(chain, header) is not None:
            self.queued = None
        self._judged, self._judged_at = self.queued, head
        return self.queued


def _longer(chain: Chain, header: AuxPowHeader, other: AuxPowHeader) -> bool:
    return (chain.height_of(header.range_end) or 0) > (chain.height_of(other.range_end) or 0)
