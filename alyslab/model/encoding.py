"""Canonical bytes and JSON of the model's records, from one schema per record.

The node encodes blocks as msgpack; so does the model, as tuples of fields in
the order of the schema.  One value has one encoding: whatever decodes is
encoded again and must give the same bytes.  JSON uses the field names, with
byte strings as ``0x…``.  Every reader raises :class:`EncodingError` with the
dotted path of the field, and nothing else, whatever it is given.

Source: alys-system.md §1, "Block" (msgpack bytes).
"""

# ruff: noqa: D102 - the methods of every kind are those of ``Kind``
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol, TypeVar

import msgpack

from alyslab.model.errors import EncodingError

R = TypeVar("R")
_HEXADECIMAL = re.compile("0x(?:[0-9a-f]{2})*")
BYTES_MAX = 1 << 24
"""Largest encoding that is looked at; a block chunk on the wire is 1 MiB at most (§1, "Sync")."""


class Kind(Protocol):
    """How one field is written and read; ``unpack`` serves bytes and JSON alike."""

    def pack(self, value: Any) -> Any:
        """Return what msgpack writes."""
        ...

    def unpack(self, item: Any, field: str) -> Any:
        """Return the value, or raise :class:`EncodingError`."""
        ...

    def to_json(self, value: Any) -> Any:
        """Return what JSON writes."""
        ...

    def from_json(self, item: Any, field: str) -> Any:
        """Return the value, or raise :class:`EncodingError`."""
        ...


@dataclass(frozen=True, slots=True)
class Uint:
    """An unsigned integer below 2**bits; above 64 bits it is written as big-endian bytes without zeros."""

    bits: int = 64
    """How many bits a value may have."""

    def pack(self, value: int) -> int | bytes:
        return value if self.bits <= 64 else value.to_bytes((value.bit_length() + 7) // 8, "big")

    def unpack(self, item: Any, field: str) -> int:
        if self.bits > 64:
            if type(item) is not bytes or len(item) * 8 > self.bits or item[:1] == b"\0":
                raise EncodingError("not_an_amount", field=field, value=item, bits=self.bits)
            return int.from_bytes(item, "big")
        return self.from_json(item, field)

    def to_json(self, value: int) -> int:
        return value

    def from_json(self, item: Any, field: str) -> int:
        if type(item) is not int or not 0 <= item < 1 << self.bits:
            raise EncodingError("integer_out_of_range", field=field, value=item, bits=self.bits)
        return item


@dataclass(frozen=True, slots=True)
class Data:
    """A byte string of at least ``least`` and at most ``most`` bytes."""

    least: int
    """Least length in bytes."""
    most: int
    """Greatest length in bytes."""

    def pack(self, value: bytes) -> bytes:
        return value

    def unpack(self, item: Any, field: str) -> bytes:
        if type(item) is not bytes or not self.least <= len(item) <= self.most:
            raise EncodingError("wrong_length", field=field, value=item, least=self.least, most=self.most)
        return item

    def to_json(self, value: bytes) -> str:
        return f"0x{value.hex()}"

    def from_json(self, item: Any, field: str) -> bytes:
        if type(item) is not str or not _HEXADECIMAL.fullmatch(item):
            raise EncodingError("not_hexadecimal", field=field, value=item)
        return self.unpack(bytes.fromhex(item[2:]), field)


def fixed(length: int) -> Data:
    """Return the kind of a byte string of exactly ``length`` bytes."""
    return Data(length, length)


@dataclass(frozen=True, slots=True)
class Optional:
    """A value or nothing."""

    kind: Kind
    """Of what kind the value is."""

    def pack(self, value: Any) -> Any:
        return None if value is None else self.kind.pack(value)

    def unpack(self, item: Any, field: str) -> Any:
        return None if item is None else self.kind.unpack(item, field)

    def to_json(self, value: Any) -> Any:
        return None if value is None else self.kind.to_json(value)

    def from_json(self, item: Any, field: str) -> Any:
        return None if item is None else self.kind.from_json(item, field)


@dataclass(frozen=True, slots=True)
class Many:
    """At most ``most`` values of one kind, as a tuple."""

    kind: Kind
    """Of what kind each value is."""
    most: int
    """How many there may be."""

    def _items(self, items: Any, field: str) -> Any:
        if not isinstance(items, (list, tuple)) or len(items) > self.most:
            raise EncodingError("not_a_list", field=field, value=items, most=self.most)
        return enumerate(items)

    def pack(self, value: Any) -> Any:
        return [self.kind.pack(item) for item in value] if value else ()

    def unpack(self, item: Any, field: str) -> tuple[Any, ...]:
        return tuple(self.kind.unpack(entry, f"{field}[{i}]") for i, entry in self._items(item, field))

    def to_json(self, value: Any) -> Any:
        return [self.kind.to_json(item) for item in value]

    def from_json(self, item: Any, field: str) -> tuple[Any, ...]:
        return tuple(self.kind.from_json(entry, f"{field}[{i}]") for i, entry in self._items(item, field))


class Flag:
    """A truth value."""

    def pack(self, value: bool) -> bool:
        return value

    to_json = pack

    def unpack(self, item: Any, field: str) -> bool:
        if type(item) is not bool:
            raise EncodingError("not_a_flag", field=field, value=item)
        return item

    from_json = unpack


def _written_as_is(kind: Kind) -> bool:
    return isinstance(kind, Data) or (isinstance(kind, Uint) and kind.bits <= 64)


class Record:
    """A dataclass whose fields are written in the order of its schema."""

    def __init__(self, cls: type[Any], **fields: Kind) -> None:
        self.cls = cls
        self.fields = fields
        self._values = attrgetter(*fields)
        kinds = enumerate(fields.values())
        self._packed_otherwise = [(i, kind.pack) for i, kind in kinds if not _written_as_is(kind)]

    def pack(self, value: Any) -> Any:
        """Return the fields as a list."""
        values = list(self._values(value))
        for index, pack_field in self._packed_otherwise:
            values[index] = pack_field(values[index])
        return values

    def unpack(self, item: Any, field: str) -> Any:
        """Return the record that a list of fields is."""
        if not isinstance(item, (list, tuple)) or len(item) != len(self.fields):
            raise EncodingError("wrong_fields", field=field, value=item, expected=tuple(self.fields))
        pairs = zip(self.fields.items(), item, strict=True)
        return self.cls(**{name: kind.unpack(entry, f"{field}.{name}") for (name, kind), entry in pairs})

    def to_json(self, value: Any) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: kind.to_json(getattr(value, name)) for name, kind in self.fields.items()}

    def from_json(self, item: Any, field: str) -> Any:
        """Return the record that an object with exactly these names is."""
        if not isinstance(item, Mapping) or set(item) != set(self.fields):
            raise EncodingError("wrong_fields", field=field, value=item, expected=tuple(self.fields))
        return self.cls(
            **{name: kind.from_json(item[name], f"{field}.{name}") for name, kind in self.fields.items()}
        )


_UINT64_MAX = (1 << 64) - 1
_pack_again = msgpack.Packer(use_bin_type=True).pack  # a new packer for each call costs more than packing


def pack(item: Any) -> bytes:
    """Return the msgpack bytes of lists, 64-bit integers, byte strings, booleans and None.

    Raises :class:`EncodingError` for a larger integer.
    """
    try:
        packed: bytes = _pack_again(item)
    except OverflowError:
        raise EncodingError("integer_too_large", value=item, most=_UINT64_MAX) from None
    return packed


def unpack(data: bytes, field: str) -> Any:
    """Return what ``pack`` was given; raises :class:`EncodingError` for what it never wrote."""
    if not isinstance(data, (bytes, bytearray, memoryview)) or len(data) > BYTES_MAX:
        raise EncodingError("not_bytes_or_too_long", field=field, value=type(data).__name__, most=BYTES_MAX)
    try:
        item = msgpack.unpackb(data, raw=False, use_list=False, max_ext_len=0, max_map_len=0)
        canonical = pack(item) == bytes(data)
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        raise EncodingError(
            "malformed", field=field, value=bytes(data[:64]), reason=str(error)[:120]
        ) from None
    if not canonical:
        raise EncodingError("not_canonical", field=field, value=bytes(data[:64]))
    return item


def decode(record: Record, data: bytes, field: str) -> Any:
    """Return the record that ``data`` is the canonical encoding of."""
    return record.unpack(unpack(data, field), field)
