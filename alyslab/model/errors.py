"""What the model refuses, each with the rule and the offending values as attributes.

::

    AlyslabError
    └── ModelError                   something given to the model breaks a rule of the protocol
        ├── EncodingError            bytes, JSON or columns that are not the canonical form of anything
        ├── SpecError                parameters of a chain that contradict each other
        ├── BridgeError              a peg-in or peg-out that can't be read, built or paid
        ├── KeyMaterialError         a secret, public key or point that is none
        ├── ChainError               a call that the chain's present state does not allow
        │   └── CandidateCacheError  a candidate that V1 drops while syncing (incident 9)
        └── InvalidBlockError        a block that a sound node rejects

All carry exit code 2: what was given is wrong, not the laboratory.  A rejected
block is an exception here because an import either happens or does not; the
judgement of a whole experiment is a :class:`~alyslab.checkers.verdict.Verdict`.
"""

from __future__ import annotations

from alyslab.errors import AlyslabError


class ModelError(AlyslabError):
    """Something given to the model breaks a rule; ``rule`` names it, ``values`` shows what broke it."""

    exit_code = 2

    def __init__(self, rule: str, /, **values: object) -> None:
        self.rule = rule
        self.values = values
        super().__init__(rule, values)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_short(value)}" for name, value in self.values.items())
        return f"{self.rule}: {shown}" if shown else self.rule

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.rule, self.values)


class EncodingError(ModelError):
    """An encoding that is malformed, truncated, too large, of another version or not canonical.

    ``field`` is the dotted path to the value that can't be read.
    """

    def __init__(self, rule: str, /, *, field: str = "", value: object = None, **more: object) -> None:
        self.field = field
        self.value = value
        super().__init__(rule, field=field, value=value, **more)


class SpecError(ModelError):
    """Parameters of a chain that are out of range or contradict each other; ``field`` names one."""

    def __init__(self, rule: str, /, *, field: str, value: object = None, **more: object) -> None:
        self.field = field
        self.value = value
        super().__init__(rule, field=field, value=value, **more)


class BridgeError(ModelError):
    """A peg-in or peg-out that can't be read, built or paid."""


class KeyMaterialError(ModelError):
    """A secret, public key or curve point that is malformed or out of range."""


class ChainError(ModelError):
    """A call that the chain's present state does not allow, such as a rollback below finality."""


class CandidateCacheError(ChainError):
    """A candidate of a lower slot than the one that waits, which V1 refuses while it syncs."""


class InvalidBlockError(ModelError):
    """A block that a sound node rejects; ``height`` is the height it claims."""

    def __init__(self, rule: str, /, *, height: int, **values: object) -> None:
        self.height = height
        super().__init__(rule, height=height, **values)


def _short(value: object, width: int = 80) -> str:
    text = f"0x{value.hex()}" if isinstance(value, bytes) else repr(value)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _rebuild(kind: type[ModelError], rule: str, values: dict[str, object]) -> ModelError:
    return kind(rule, **values)
