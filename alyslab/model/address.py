"""Bitcoin addresses as text, turned into the script that pays them.

Source: BIP173 and BIP350 (segwit addresses), Bitcoin's Base58Check.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from alyslab.model.errors import BridgeError
from alyslab.model.hashing import sha256d

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32, _BECH32M = 1, 0x2BC830A3
PREFIXES = ("bc", "tb", "bcrt")
"""Human-readable parts of the main, test and regression networks."""
ADDRESS_CHARS_MAX = 90


_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_FEEDBACK = tuple(reduce(xor, (g for i, g in enumerate(_GENERATORS) if top >> i & 1), 0) for top in range(32))


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value ^ _FEEDBACK[checksum >> 25]
    return checksum


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _regroup(values: bytes | list[int], width: int, to: int, pad: bool) -> list[int]:
    bits = accumulator = 0
    out = []
    for value in values:
        accumulator = accumulator << width | value
        bits += width
        while bits >= to:
            bits -= to
            out.append(accumulator >> bits & (1 << to) - 1)
    left = accumulator << to - bits & (1 << to) - 1
    if pad and bits:
        out.append(left)
    elif not pad and (bits >= width or left):
        raise BridgeError("address_padding")
    return out


def segwit_address(program: bytes, version: int, prefix: str = "bcrt") -> str:
    """Return the address of a witness program."""
    values = [version, *_regroup(program, 8, 5, pad=True)]
    constant = _BECH32 if version == 0 else _BECH32M
    checksum = _polymod(_expand(prefix) + values + [0] * 6) ^ constant
    return f"{prefix}1" + "".join(
        _CHARSET[v] for v in [*values, *(checksum >> 5 * (5 - i) & 31 for i in range(6))]
    )


def script_of(destination: bytes) -> bytes:
    """Return the script that pays the address; raises :class:`BridgeError` for anything that is none."""
    if len(destination) > ADDRESS_CHARS_MAX:
        raise BridgeError("address_too_long", length=len(destination))
    try:
        text = destination.decode("ascii")
    except UnicodeDecodeError:
        raise BridgeError("address_not_ascii", value=destination) from None
    if text.lower().startswith(tuple(f"{prefix}1" for prefix in PREFIXES)):
        return _segwit_script(text)
    return _base58_script(text)


def _segwit_script(text: str) -> bytes:
    if text not in (text.lower(), text.upper()):
        raise BridgeError("address_mixed_case", value=text)
    prefix, _, rest = text.lower().rpartition("1")
    if prefix not in PREFIXES or len(rest) < 8 or any(c not in _CHARSET for c in rest):
        raise BridgeError("address_malformed", value=text)
    values = [_CHARSET.index(c) for c in rest]
    version, program = values[0], bytes(_regroup(values[1:-6], 5, 8, pad=False))
    constant = _BECH32 if version == 0 else _BECH32M
    if _polymod(_expand(prefix) + values) != constant:
        raise BridgeError("address_checksum", value=text)
    if version > 16 or not 2 <= len(program) <= 40 or (version == 0 and len(program) not in (20, 32)):
        raise BridgeError("address_program", value=text)
    return bytes([version + 0x50 if version else 0, len(program)]) + program


def _base58_script(text: str) -> bytes:
    number = 0
    for char in text:
        if char not in _BASE58:
            raise BridgeError("address_malformed", value=text)
        number = number * 58 + _BASE58.index(char)
    zeros = len(text) - len(text.lstrip("1"))
    raw = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(raw) != 25 or sha256d(raw[:21])[:4] != raw[21:]:
        raise BridgeError("address_checksum", value=text)
    if raw[0] in (0x00, 0x6F):  # pay to public key hash
        return b"\x76\xa9\x14" + raw[1:21] + b"\x88\xac"
    if raw[0] in (0x05, 0xC4):  # pay to script hash
        return b"\xa9\x14" + raw[1:21] + b"\x87"
    raise BridgeError("address_version", value=text)
