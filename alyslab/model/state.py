"""Accounts and the root over them, kept incrementally.

Accounts are leaves of a binary Merkle tree in the order in which they first
appeared; the root also covers their number.  A block changes few leaves, so
only the nodes above these are hashed again.  Every application returns what
is needed to take it back.

The real node's state is the execution layer's Merkle-Patricia trie; what the
model keeps of it is that equal states have equal roots and others do not.
Source: alys-system.md §1, "Block"; issue 4 ("root of the state they produce").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256 as _sha256
from typing import NamedTuple

from alyslab.model.hashing import ZERO_HASH, merkle_root, sha256

Account = tuple[int, int]
"""Nonce, and balance in wei."""
Nodes = Mapping[int, bytes]
"""Nodes of the tree by their place: the root stands at 1, the children of n at 2n and 2n + 1."""
NO_ACCOUNT: Account = (0, 0)
_CAPACITY_FIRST = 64


class Undo(NamedTuple):
    """How to take one application back."""

    accounts: tuple[tuple[bytes, Account | None], ...]
    """Accounts with what they were before; None where they did not exist."""
    nodes: Nodes
    """The tree as it was before, where it changed."""
    capacity: int
    """Leaves that the tree had room for before."""


class _Foreseen(NamedTuple):
    """Changes that stand in the tree already, because somebody asked for their root.

    Whoever seals a block applies them next, and hashes nothing again; whoever
    does anything else first has them taken out of the tree.
    """

    changes: Mapping[bytes, Account]
    """The changes; only these very ones may be applied without hashing."""
    before: Nodes
    """The tree as it was without them, where they changed it."""


def account_leaf(address: bytes, account: Account) -> bytes:
    """Return the leaf of one account."""
    return _sha256(address + (account[0] << 256 | account[1]).to_bytes(40, "big")).digest()


class State:
    """All accounts, with their root."""

    __slots__ = ("_capacity", "_foreseen", "_tree", "accounts", "positions")

    def __init__(self, accounts: Mapping[bytes, Account] | None = None) -> None:
        self.accounts: dict[bytes, Account] = {}
        self.positions: dict[bytes, int] = {}
        self._capacity = _CAPACITY_FIRST
        self._tree = _empty_tree(_CAPACITY_FIRST)
        self._foreseen: _Foreseen | None = None
        if accounts:
            self.apply(accounts)

    def balance_wei(self, address: bytes) -> int:
        """Return what the address owns."""
        return self.accounts.get(address, NO_ACCOUNT)[1]

    def nonce(self, address: bytes) -> int:
        """Return how many transactions the address has sent."""
        return self.accounts.get(address, NO_ACCOUNT)[0]

    def __iter__(self) -> Iterator[tuple[bytes, Account]]:
        return iter(self.accounts.items())

    @property
    def root(self) -> bytes:
        """Root over the accounts and their number."""
        if self._foreseen is not None:
            self._forget()
        return _root(self._tree[1], len(self.positions))

    def root_after(self, changes: Mapping[bytes, Account]) -> bytes:
        """Return the root that these changes would give; applying them next then hashes nothing again."""
        if self._foreseen is not None:
            self._forget()
        positions, capacity = self.positions, self._capacity
        places, count = [], len(positions)
        for address in changes:
            place = positions.get(address)
            if place is None:
                place, count = count, count + 1
            places.append(capacity + place)
        if count > capacity:  # the tree must grow first
            undo = self.apply(changes)
            root = self.root
            self.revert(undo)
            return root
        self._foreseen = _Foreseen(changes, self._hash(places, changes))
        return _root(self._tree[1], count)

    def apply(self, changes: Mapping[bytes, Account]) -> Undo:
        """Set these accounts and return how to take it back.

        New addresses get the next places in the order of ``changes``, so that
        all nodes number them alike.
        """
        accounts, positions = self.accounts, self.positions
        foreseen = self._foreseen
        if foreseen is not None and foreseen.changes is not changes:
            self._forget()
        capacity_before = self._capacity
        accounts_before = tuple([(address, accounts.get(address)) for address in changes])
        for address in changes:
            if address not in positions:
                positions[address] = len(positions)
        if foreseen is not None and foreseen.changes is changes:
            self._foreseen = None
            accounts.update(changes)
            return Undo(accounts_before, foreseen.before, capacity_before)
        if len(positions) > self._capacity:
            self._grow()
        accounts.update(changes)
        capacity = self._capacity
        before = self._hash([capacity + positions[address] for address in changes], changes)
        return Undo(accounts_before, before, capacity_before)

    def _hash(self, places: list[int], changes: Mapping[bytes, Account]) -> Nodes:
        """Put the changes into the tree at these places; return the nodes as they were."""
        tree, digest = self._tree, _sha256
        before = {place: tree[place] for place in places}
        for place, (address, (nonce, balance)) in zip(places, changes.items(), strict=True):
            tree[place] = digest(address + (nonce << 256 | balance).to_bytes(40, "big")).digest()
        row: Iterable[int] = places
        for _ in range(self._capacity.bit_length() - 1):
            row = {place >> 1 for place in row}
            for place in row:
                before[place] = tree[place]
                tree[place] = digest(tree[2 * place] + tree[2 * place + 1]).digest()
        return before

    def _forget(self) -> None:
        """Take foreseen changes out of the tree."""
        assert self._foreseen is not None
        for place, node in self._foreseen.before.items():
            self._tree[place] = node
        self._foreseen = None

    def revert(self, undo: Undo) -> None:
        """Take back the latest application that has not been taken back."""
        if self._foreseen is not None:
            self._forget()
        for address, account in reversed(undo.accounts):
            if account is None:
                del self.accounts[address]
                del self.positions[address]
            else:
                self.accounts[address] = account
        if undo.capacity == self._capacity:
            for place, node in undo.nodes.items():
                self._tree[place] = node
        else:  # the tree grew meanwhile; its depth is part of the root
            self._capacity = undo.capacity
            self._rebuild()

    def _grow(self) -> None:
        while self._capacity < len(self.positions):
            self._capacity *= 2
        self._rebuild()

    def _rebuild(self) -> None:
        self._tree = _empty_tree(self._capacity)
        tree, capacity = self._tree, self._capacity
        for address, account in self.accounts.items():
            tree[capacity + self.positions[address]] = account_leaf(address, account)
        for place in range(capacity - 1, 0, -1):
            tree[place] = _sha256(tree[2 * place] + tree[2 * place + 1]).digest()


def _root(top: bytes, count: int) -> bytes:
    return sha256(top + count.to_bytes(8, "big"))


def recomputed_root(accounts: Mapping[bytes, Account], order: Mapping[bytes, int]) -> bytes:
    """Return the root over all accounts from nothing; what the incremental root is held against.

    The tree has as many leaves as the least power of two, at least 64, that
    has held all the accounts.
    """
    leaves = [account_leaf(a, accounts[a]) for a in sorted(accounts, key=order.__getitem__)]
    capacity = _CAPACITY_FIRST
    while capacity < len(leaves):
        capacity *= 2
    leaves += [ZERO_HASH] * (capacity - len(leaves))
    return _root(merkle_root(leaves), len(accounts))


def _empty_tree(capacity: int) -> list[bytes]:
    tree = [ZERO_HASH] * (2 * capacity)
    node, width = ZERO_HASH, capacity
    while width > 1:
        width //= 2
        node = _sha256(node + node).digest()
        tree[width : 2 * width] = [node] * width
    return tree
