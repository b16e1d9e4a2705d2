"""Members that misbehave, as data: what each does, how honest nodes notice, and what is not built.

Detection is by honest nodes, from what they received: the rows named here are
theirs.  Where it says that nothing is detected, nothing in the protocol tells
the fault from a bad line, and the laboratory claims no detection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from alyslab.chaos.vocabulary import Fault, Parameter

ACTIVITY: Final = Parameter(
    name="activity_ratio",
    summary="share of the chances to misbehave that are taken",
    kind="ratio",
    mild=0.1,
    severe=1.0,
)
EVASION: Final = Parameter(
    name="evasion",
    summary="how it hides: waits before it acts, acts seldom, or lies low once it was noticed",
    kind="choice",
    choices=("none", "random_delay", "mimicry", "adaptive"),
)
UNNOTICED: Final = replace(
    EVASION, summary="how it hides: waits before it acts, or acts seldom", choices=EVASION.choices[:-1]
)
"""For what nobody detects: there is nothing to adapt to."""
DETECTED_BY: Final[Mapping[str, tuple[str, str, str]]] = {
    "byzantine.equivocate": ("consensus.equivocation", "what", "block"),
    "byzantine.forge": ("consensus.forged", "what", "approval"),
    "byzantine.invalid_state_root": ("consensus.rejected", "rule", "state_root"),
    "byzantine.false_sync": ("consensus.offence", "offence", "invalid"),
    "byzantine.eclipse": ("consensus.offence", "offence", "invalid"),
}
"""The rows of honest nodes that show that they noticed: kind, field and its value; a test holds each."""


def _made_up(name: str, summary: str) -> Fault:
    """Return a fault whose members send what they should not: it has its own times, so it can hide."""
    found = DETECTED_BY.get(f"byzantine.{name}")
    if found is None:
        seen, evasion = "not detected", UNNOTICED
    else:
        seen, evasion = f"detected by {found[0]} ({found[1]}: {found[2]})", EVASION
    effect = f"chaos.effect with how often; {seen}"
    return Fault(name=f"byzantine.{name}", summary=summary, effect=effect, parameters=(ACTIVITY, evasion))


def _kept_back(name: str, summary: str) -> Fault:
    """Return a fault whose members hold their own messages back, which looks like a bad line."""
    effect = "chaos.effect with how often; not detected: it looks like a bad line"
    return Fault(name=f"byzantine.{name}", summary=summary, effect=effect, parameters=(ACTIVITY,))


def _unbuilt(name: str, summary: str) -> Fault:
    return Fault(name=f"byzantine.{name}", summary=summary, effect="not built: every system refuses it")


_UNBUILT: Final = (
    _unbuilt("flip_votes", "votes for what it should not, and not for what it should"),
    _unbuilt("double_spend", "pays twice: one payment in public, the other on a branch published later"),
    _unbuilt("manipulate", "watches, makes conflicting proposals, votes as it suits, cuts who is in the way"),
    _unbuilt("sybil", "speaks under many names"),
    _unbuilt("selfish_mining", "keeps work back and publishes it when that costs others theirs"),
)
NOT_BUILT: Final = frozenset(fault.name for fault in _UNBUILT)
"""Faults that have a name and no injector yet; a plan that uses one is refused."""

BYZANTINE: Final = (
    _made_up("equivocate", "a second block for its slot, one of the two spoilt, is signed with its key"),
    _made_up("forge", "a hostile peer sends votes, blocks and payments with signatures that it made up"),
    _kept_back("withhold_votes", "does not vote"),
    _kept_back("delay_votes", "votes late"),
    _kept_back("withhold_blocks", "does not publish its blocks"),
    _kept_back("delay_blocks", "publishes its blocks late"),
    _made_up("invalid_state_root", "publishes blocks whose state root is not what execution gives"),
    _made_up("false_sync", "a hostile peer lures nodes with a branch, and answers sync requests from it"),
    _made_up("replay", "sends messages that it got from others again, to anybody"),
    _made_up(
        "eclipse",
        "the targets are the victims: they hear no other member, and a hostile peer shows them a false chain",
    ),
    *_UNBUILT,
)
"""The family, in the order of the documentation."""
