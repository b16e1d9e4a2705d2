"""What the synchronisation refuses, each with the rule and the offending values.

::

    AlyslabError
    ├── SyncInputError         bytes on a disk or on the wire that can't be used     exit code 2
    │   ├── StoreError         a chain's log that is of another version or spec, or damaged
    │   ├── CheckpointError    a checkpoint that is half written, corrupted or of another chain
    │   └── ProtocolError      a request or an answer of a peer that is none
    └── StateError
        └── TransitionError    a change of state that the table does not have

A peer's :class:`ProtocolError` is caught where its answer is read, and costs
the peer its score; it never leaves the syncer.
"""

from __future__ import annotations

from alyslab.errors import AlyslabError, StateError


class SyncInputError(AlyslabError):
    """Bytes that can't be used; ``rule`` names why, ``values`` shows what was found."""

    exit_code = 2

    def __init__(self, rule: str, /, **values: object) -> None:
        self.rule = rule
        self.values = values
        shown = ", ".join(f"{name}={_short(value)}" for name, value in values.items())
        super().__init__(f"{rule}: {shown}" if shown else rule)


class StoreError(SyncInputError):
    """A chain's log of another version or spec, or one that is damaged and was not to be repaired."""


class CheckpointError(SyncInputError):
    """A checkpoint that is half written, corrupted, of another version or of another chain."""


class ProtocolError(SyncInputError):
    """A request or an answer that does not follow the protocol."""


class TransitionError(StateError):
    """A change of state that the table does not have, which is a mistake in the syncer."""


def _short(value: object, width: int = 80) -> str:
    text = f"0x{value.hex()}" if isinstance(value, bytes) else repr(value)
    return text if len(text) <= width else f"{text[: width - 1]}…"
