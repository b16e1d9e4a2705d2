"""The incremental root is the root, whatever was applied and taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alyslab.model.state import State, recomputed_root

_change = st.dictionaries(
    st.integers(0, 150).map(lambda n: n.to_bytes(20, "big")),
    st.tuples(st.integers(0, 1 << 63), st.integers(0, 1 << 200)),
    max_size=80,
)


@given(changes=st.lists(_change, max_size=6), back=st.integers(0, 6))
def test_the_incremental_root_equals_the_root_from_nothing(changes: list, back: int) -> None:
    """A shortcut that is wrong once makes every later root wrong, across growth and rollback."""
    state, undos, roots = State(), [], []
    for change in changes:
        roots.append(state.root)
        undos.append(state.apply(change))
        assert state.root == recomputed_root(state.accounts, state.positions)
    for _ in range(min(back, len(undos))):
        state.revert(undos.pop())
        assert state.root == roots.pop() == recomputed_root(state.accounts, state.positions)


@given(first=_change, second=_change)
def test_applying_again_what_was_taken_back_gives_the_same_root(first: dict, second: dict) -> None:
    """Sealing a block runs it, takes it back and applies it again without hashing."""
    state = State(first)
    undo = state.apply(second)
    root = state.root
    state.revert(undo)
    again = state.apply(second)
    assert state.root == root == recomputed_root(state.accounts, state.positions)
    state.revert(again)
    assert state.root == recomputed_root(state.accounts, state.positions)


@given(change=_change)
def test_different_states_have_different_roots(change: dict) -> None:
    """Otherwise comparing roots proves nothing."""
    address = bytes(19) + b"\1"
    state = State(change)
    nonce, balance = state.accounts.get(address, (0, 0))
    before = state.root
    state.apply({address: (nonce, balance + 1)})
    assert state.root != before


def test_an_empty_account_counts() -> None:
    """The root covers the number of accounts, so that a zero leaf is not mistaken for none."""
    assert State({bytes(20): (0, 0)}).root != State().root


def test_a_root_that_was_asked_for_is_the_root_that_comes() -> None:
    """A block is sealed with the root foreseen; asking changes nothing, also when the tree must grow."""
    state, other = State({bytes(20): (0, 1)}), State({bytes(20): (0, 1)})
    for count in (3, 200):
        changes = {number.to_bytes(20, "big"): (1, number) for number in range(count)}
        before = state.root
        foreseen = state.root_after(changes)
        assert state.root == before
        undo = state.apply(changes)
        other.apply(dict(changes))
        assert state.root == foreseen == other.root
        assert state.root == recomputed_root(state.accounts, state.positions)
        state.revert(undo)
        assert state.root == before
        state.apply(changes)


def test_a_foreseen_root_does_not_outlive_its_state() -> None:
    """Between asking and applying another change may come; then everything is hashed again."""
    state, changes = State({bytes(20): (0, 1)}), {b"\1" * 20: (0, 5)}
    foreseen = state.root_after(changes)
    state.apply({bytes(20): (1, 1)})
    state.apply(changes)
    assert state.root != foreseen
    assert state.root == recomputed_root(state.accounts, state.positions)
