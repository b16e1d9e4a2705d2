"""The hashes of the chain: SHA-256, Bitcoin's double SHA-256, and two Merkle constructions.

Source: alys-system.md §1, "Block" (root = tree-hash Merkle root over the
encoded bytes) and "AuxPoW" (commitment = SHA256d over concatenated hashes).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256 as _sha256

HASH_BYTES = 32
ZERO_HASH = bytes(HASH_BYTES)


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of ``data``."""
    return _sha256(data).digest()


def sha256d(data: bytes) -> bytes:
    """Return SHA-256 of SHA-256, the hash of Bitcoin's headers, transactions and Merkle trees."""
    return _sha256(_sha256(data).digest()).digest()


def tagged_hash(tag: str, data: bytes) -> bytes:
    """Return the domain-separated hash of BIP340; Source: BIP340, "Design"."""
    prefix = sha256(tag.encode())
    return sha256(prefix + prefix + data)


_ZERO_SUBTREE: list[bytes] = [ZERO_HASH]
for _ in range(40):
    _ZERO_SUBTREE.append(_sha256(_ZERO_SUBTREE[-1] * 2).digest())


def tree_hash_root(data: bytes) -> bytes:
    """Return the Merkle root over ``data`` cut into 32-byte chunks, padded with zeros to a power of two.

    The empty string has the root of one zero chunk.  Source: the tree_hash
    crate's ``merkle_root``, which the node applies to a block's encoded bytes.
    """
    if len(data) <= HASH_BYTES:
        return data.ljust(HASH_BYTES, b"\0")
    pair, digest = 2 * HASH_BYTES, _sha256
    data += bytes(-len(data) % pair)
    return merkle_root([digest(data[i : i + pair]).digest() for i in range(0, len(data), pair)], level=1)


def merkle_root(leaves: Sequence[bytes], level: int = 0) -> bytes:
    """Return the Merkle root of 32-byte leaves; missing leaves up to a power of two are zero.

    ``level`` says how high above the leaves the given nodes stand.
    """
    if not leaves:
        return ZERO_HASH
    row, digest = list(leaves), _sha256
    while len(row) > 1:
        if len(row) & 1:
            row.append(_ZERO_SUBTREE[level])
        row = [digest(row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
        level += 1
    return row[0]


def bitcoin_merkle_root(ids: Sequence[bytes]) -> bytes:
    """Return Bitcoin's Merkle root: double SHA-256, the last item of an odd row doubled."""
    row = list(ids)
    while len(row) > 1:
        if len(row) & 1:
            row.append(row[-1])
        row = [sha256d(row[i] + row[i + 1]) for i in range(0, len(row), 2)]
    return row[0] if row else ZERO_HASH


def bitcoin_merkle_branch(ids: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the siblings from the leaf at ``index`` up to the root, lowest first."""
    row, branch = list(ids), []
    while len(row) > 1:
        if len(row) & 1:
            row.append(row[-1])
        branch.append(row[index ^ 1])
        row = [sha256d(row[i] + row[i + 1]) for i in range(0, len(row), 2)]
        index >>= 1
    return tuple(branch)


def fold_branch(leaf: bytes, branch: Iterable[bytes], side_mask: int) -> bytes:
    """Return the root that ``branch`` proves for ``leaf``.

    Bit *i* of ``side_mask`` is set when the sibling at depth *i* stands on the
    left.  Source: Bitcoin merged-mining specification, "Merkle branch".
    """
    node = leaf
    for sibling in branch:
        node = sha256d(sibling + node) if side_mask & 1 else sha256d(node + sibling)
        side_mask >>= 1
    return node
