"""Messages between members: JSON behind a check sum, so that what a link corrupts is noticed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

TOPIC: Final = "quorum"


def packed(message: Mapping[str, Any]) -> bytes:
    """Return a message as bytes."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return crc32(body).to_bytes(4, "big") + body


def unpacked(payload: bytes, *, trusting: bool) -> dict[str, Any] | None:
    """Return the message, or None for one that was damaged; ``trusting`` looks at no check sum."""
    body = payload[4:]
    if not trusting and crc32(body) != int.from_bytes(payload[:4], "big"):
        return None
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
