"""Replay tokens: everything that a run depends on, in one short word.

A token is ``alys1-`` followed by base64url of a compressed JSON document and a
check sum.  It names the workload as ``module:function`` with its seed,
strategy, and what differs from the defaults: parameters, planted defects, the
recorded schedule, budgets.  It also carries the digests to expect and the minor
version of Python, as asyncio's own steps differ between versions.
"""

from __future__ import annotations

import base64
import binascii
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from alyslab.errors import BadInputError, Problem, TokenError

PREFIX = "alys1-"
CHECK_BYTES = 3
DIGEST_CHARS = 16
MAX_TOKEN_CHARS = 1_000_000
MAX_DOCUMENT_BYTES = 16_000_000
"""Bounds what a hostile token can make the reader unpack."""

_KEYS = {
    "workload": "w",
    "seed": "s",
    "strategy": "y",
    "choices": "c",
    "parameters": "p",
    "planted": "b",
    "activation_ratio": "a",
    "max_steps": "n",
    "max_time_s": "t",
    "python": "v",
    "journal_digest": "j",
    "choices_digest": "d",
    "importable": "i",
}
"""Short names in the document; fields at their defaults are left out."""


def python_minor() -> str:
    """Return this interpreter's minor version: ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a run depends on, and what it came to."""

    workload: str
    """``module:function`` of the async function that was run."""
    seed: int
    strategy: str = "fifo"
    choices: Sequence[int] = ()
    """The recorded schedule, for the strategy ``recorded``."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Those that differ from the workload's defaults; JSON values."""
    planted: Sequence[str] = ()
    activation_ratio: float = 0.0
    max_steps: int | None = None
    max_time_s: float | None = None
    python: str = field(default_factory=python_minor)
    """Minor version under which the digests hold."""
    journal_digest: str = ""
    choices_digest: str = ""
    """The first 16 hexadecimal digits of each, which tell runs apart and keep the token short."""
    importable: bool = True
    """False for a function defined in a script or a notebook: it replays only where it was defined."""

    def expects(self, journal_digest: str, choices_digest: str) -> bool:
        """Return whether these full digests are the ones that the token was made with."""
        return (self.journal_digest, self.choices_digest) == (
            journal_digest[:DIGEST_CHARS],
            choices_digest[:DIGEST_CHARS],
        )

    def __str__(self) -> str:
        """Return the token as text; raises :class:`BadInputError` for parameters that are not JSON values."""
        document = {}
        for name, key in _KEYS.items():
            value = getattr(self, name)
            if name in ("workload", "seed", "python") or value != _DEFAULTS[name]:
                document[key] = list(value) if isinstance(value, tuple) else value
        try:
            text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise BadInputError(
                Problem(
                    where="parameters",
                    what=f"a parameter is not a JSON value: {error}",
                    value=dict(self.parameters),
                )
            ) from error
        packed = zlib.compress(text.encode(), 9, -15)
        return PREFIX + _encoded(_check_sum(packed) + packed)

    @classmethod
    def parse(cls, text: str) -> Token:
        """Read a token.

        Raises
        ------
        TokenError
            If the text is no token, was cut or mistyped, or is of another format.
        """
        text = text.strip()
        if not text.startswith(PREFIX):
            raise _problem(
                text, "this is no replay token of this version", f"a word that begins with {PREFIX}"
            )
        if len(text) > MAX_TOKEN_CHARS:
            raise _problem(
                text, f"a token of {len(text)} characters is not one of ours", f"at most {MAX_TOKEN_CHARS}"
            )
        document = _unpack(text)
        names = {key: name for name, key in _KEYS.items()}
        if not isinstance(document, dict) or not set(document) <= set(names):
            raise _problem(text, "the token's content is not what this version writes", None)
        return _checked(text, {names[key]: value for key, value in document.items()})


_DEFAULTS: dict[str, Any] = {
    "strategy": "fifo",
    "choices": (),
    "parameters": {},
    "planted": (),
    "activation_ratio": 0.0,
    "max_steps": None,
    "max_time_s": None,
    "journal_digest": "",
    "choices_digest": "",
    "importable": True,
}


def _unpack(text: str) -> Any:
    body = text[len(PREFIX) :]
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        if _encoded(raw) != body or raw[:CHECK_BYTES] != _check_sum(raw[CHECK_BYTES:]):
            raise _problem(
                text, "the token was cut or mistyped: its check sum differs", "the whole word, copied again"
            )
        unpacker = zlib.decompressobj(-15)
        content = unpacker.decompress(raw[CHECK_BYTES:], MAX_DOCUMENT_BYTES)
        if unpacker.unconsumed_tail:
            raise _problem(
                text, "the token unpacks to more than a token can hold", f"{MAX_DOCUMENT_BYTES} bytes"
            )
        return json.loads(content)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise _problem(text, f"the token can't be read ({error})", "the whole word, copied again") from error


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _check_sum(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=CHECK_BYTES).digest()


_TYPES: dict[str, type | tuple[type, ...]] = {
    "workload": str,
    "seed": int,
    "strategy": str,
    "choices": list,
    "parameters": dict,
    "planted": list,
    "activation_ratio": (int, float),
    "max_steps": int,
    "max_time_s": (int, float),
    "python": str,
    "journal_digest": str,
    "choices_digest": str,
    "importable": bool,
}


def _checked(text: str, values: dict[str, Any]) -> Token:
    missing = {"workload", "seed", "python"} - set(values)
    wrong = sorted(name for name, value in values.items() if not _well_typed(name, value))
    if missing or wrong:
        raise _problem(text, f"the token lacks {sorted(missing)} or has wrong values for {wrong}", None)
    for name in ("choices", "planted"):
        values[name] = tuple(values.get(name, ()))
    return Token(**values)


_ITEM_TYPES: dict[str, type] = {"choices": int, "planted": str}


def _well_typed(name: str, value: Any) -> bool:
    if (isinstance(value, bool) and name != "importable") or not isinstance(value, _TYPES[name]):
        return False
    items = value if isinstance(value, list) else ()
    return name not in _ITEM_TYPES or all(type(item) is _ITEM_TYPES[name] for item in items)


def _problem(text: str, what: str, allowed: str | None) -> TokenError:
    shown = text if len(text) <= 60 else f"{text[:40]}…{text[-10:]}"
    return TokenError(Problem(where="token", what=what, value=shown, allowed=allowed))
