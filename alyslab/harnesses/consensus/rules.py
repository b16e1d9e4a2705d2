"""What a node asks of a block before it approves it: the model's rules, but for the quorum that is to come.

A block comes with its author's signature alone.  Everything that does not need
the execution layer is checked then; the payload is run at import, as in V1,
where a block whose state root is wrong is approved and fails at everybody.

Source: alys-system.md §1, "process_block order".
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

from alyslab.harnesses.consensus.wire import Proposal
from alyslab.model.block import AuxPowHeader
from alyslab.model.chain import Chain
from alyslab.model.errors import ModelError
from alyslab.model.validation import RULES, WITH_POW, WITHOUT_POW, Context, Rule

_NOT_YET: Final = frozenset({"quorum"})
_NOT_OURS: Final = frozenset({"not_genesis", "height_above_head", "parent_known"})
"""Rules whose breach says that the two nodes are not at the same place, and nothing about the sender."""


def fault_of(chain: Chain, proposal: Proposal, now_ms: int) -> str | None:
    """Return the first rule that the block breaks as a candidate on the chain's head, or None."""
    block = proposal.signed.block
    context = Context(chain, proposal.signed, proposal.root, now_ms)
    waived = chain.waived
    for rule in _tried(
        chain.validator,
        block.auxpow_header is not None,
        bool(block.pegins),
        block.pegout_proposal is not None,
    ):
        if rule.name not in waived and rule.check(context) is not None:
            return rule.name
    return None


def is_the_senders_fault(rule: str) -> bool:
    """Return whether only a faulty author makes a block that breaks the rule, wherever its receiver is."""
    return rule not in _NOT_OURS


def fault_of_work(chain: Chain, header: AuxPowHeader) -> str | None:
    """Return the first rule that proof of work breaks for the block after the head, or None.

    Never raises, whatever the header holds.
    """
    block = replace(chain.head.block, auxpow_header=header)
    context = Context(chain, replace(chain.head, block=block), chain.head_root, 0)
    try:
        for rule in WITH_POW:
            if (
                rule.name.startswith("pow_")
                and rule.name not in chain.waived
                and rule.check(context) is not None
            ):
                return rule.name
    except ModelError as error:
        return error.rule
    return None


@cache
def _tried(validator: bool, work: bool, pegins: bool, proposal: bool) -> tuple[Rule, ...]:
    present = {"block", *["pegins"] * pegins, *["proposal"] * proposal}
    return tuple(
        rule
        for rule in RULES + (WITH_POW if work else WITHOUT_POW)
        if rule.about in present and (validator or rule.who == "everybody") and rule.name not in _NOT_YET
    )
