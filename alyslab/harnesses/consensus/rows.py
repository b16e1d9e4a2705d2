"""What a node writes down, where it takes effect.  The subject of every row is the node.

==========================  =====================================================================
kind                        fields
==========================  =====================================================================
``consensus.started``       ``authority`` (-1 for a node that only follows), ``members``, ``slot_ms``,
                            ``epoch_ms`` (Unix time at which the run began), ``gap_most`` (blocks
                            without work), and what the disk kept: ``height``, ``votes``,
                            ``abstains_until`` (it signs nothing up to this slot; -1 for no such promise)
``consensus.stopped``       ``height``, ``cause``, ``wait_ms``: the disk failed, and ended the process
``consensus.produced``      ``height``, ``root``, ``slot``, ``clock_ms``, ``transactions``, ``pegins``,
                            ``work``
``consensus.skipped``       ``slot``, ``reason``: why its author wrote no block
``consensus.halted``        ``height`` that needs work, ``finalised_height``, ``limit``
``consensus.gated``         V2's rule for when it may write: ``ratio_least``, ``behind_most`` (-1: any),
                            ``health_least``, ``needs_federation``, ``governance_most`` (-1 for any),
                            ``fresh_ms`` (how old what peers claimed may be)
``consensus.gate``          ``slot``, ``state``, ``height``, ``target``, ``health``, ``federation``,
                            ``governance``, ``age_ms``, ``allowed``: whether it may write a slot, and why
``consensus.received``      ``height``, ``root``, ``slot``, ``author``, ``sender``: a block that its author
                            signed
``consensus.candidate``     ``height``, ``root``, ``slot``, ``author``, ``early`` (approvals that came
                            before), ``held_slot`` (of the candidate that it replaced, -1 for none),
                            ``clock_ms``
``consensus.approved``      ``height``, ``root``, ``slot``, ``authority``, ``clock_ms`` (own, when decided)
``consensus.counted``       ``root``, ``authority``, ``early``: an approval that was taken for valid
``consensus.imported``      ``height``, ``root``, ``slot``, ``signers`` (bit *i* for authority *i*),
                            ``source`` (gossip or rejoin)
``consensus.finalised``     ``height``, ``root``, ``pow_height``
``consensus.rolled_back``   ``height``, ``from_height``, ``reason``
``consensus.rejected``      ``what``, ``rule``, ``height``, ``root``, ``sender``, ``own`` (its own block)
``consensus.equivocation``  ``what``, ``authority``, ``slot``, ``first``, ``second``
``consensus.forged``        ``what``, ``authority``, ``root``, ``sender``
``consensus.offence``       ``peer``, ``offence``, ``rule``, ``points`` left, ``banned``
``consensus.suspected``     ``peer``, ``what``, ``cases``, ``limit``: see :mod:`.suspicion`
``consensus.queued``        ``height`` of the work, ``start``, ``end`` (roots of its range), ``sender``
``consensus.orphan``        ``height``, ``root``, ``sender``: a block on a parent that is not the head
``consensus.rejoining``     ``height``, ``finalised_height``, ``why``
``consensus.rejoined``      ``height``, ``from_height``, ``synced``
==========================  =====================================================================

The chain's own rows (``block.imported``, ``chain.finalised``,
``chain.rolled_back``, ``block.rejected``) stand beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alyslab.runtime import Journal

FIELDS: Final = {
    "started": (
        "authority",
        "members",
        "slot_ms",
        "epoch_ms",
        "gap_most",
        "height",
        "votes",
        "abstains_until",
    ),
    "stopped": ("height", "cause", "wait_ms"),
    "produced": ("height", "root", "slot", "clock_ms", "transactions", "pegins", "work"),
    "skipped": ("slot", "reason"),
    "halted": ("height", "finalised_height", "limit"),
    "gated": (
        *("ratio_least", "behind_most", "health_least"),
        *("needs_federation", "governance_most", "fresh_ms"),
    ),
    "gate": (
        *("slot", "state", "height", "target", "health"),
        *("federation", "governance", "age_ms", "allowed"),
    ),
    "received": ("height", "root", "slot", "author", "sender"),
    "candidate": ("height", "root", "slot", "author", "early", "held_slot", "clock_ms"),
    "approved": ("height", "root", "slot", "authority", "clock_ms"),
    "counted": ("root", "authority", "early"),
    "imported": ("height", "root", "slot", "signers", "source"),
    "finalised": ("height", "root", "pow_height"),
    "rolled_back": ("height", "from_height", "reason"),
    "rejected": ("what", "rule", "height", "root", "sender", "own"),
    "equivocation": ("what", "authority", "slot", "first", "second"),
    "forged": ("what", "authority", "root", "sender"),
    "offence": ("peer", "offence", "rule", "points", "banned"),
    "suspected": ("peer", "what", "cases", "limit"),
    "queued": ("height", "start", "end", "sender"),
    "orphan": ("height", "root", "sender"),
    "rejoining": ("height", "finalised_height", "why"),
    "rejoined": ("height", "from_height", "synced"),
}


class Rows:
    """A function for each kind, that takes the node and then the fields."""

    def __init__(self, journal: Journal) -> None:
        made = {kind: journal.recorder(f"consensus.{kind}", *names) for kind, names in FIELDS.items()}
        self.__dict__.update(made)

    def __getattr__(self, kind: str) -> Callable[..., None]:  # tells the type checker what every attribute is
        raise AttributeError(kind)
