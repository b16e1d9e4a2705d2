"""The two ready queues agree, and taking a node's steps out of either keeps the order."""

from __future__ import annotations

import random
from contextvars import copy_context

from hypothesis import given
from hypothesis import strategies as st

from alyslab.runtime.ready import CALLBACK, ByChoice, InOrder
from alyslab.runtime.strategy import Fifo, SeededRandom

CONTEXT = copy_context()


def entry(number: int, label: int):
    return (number, print, (label,), CONTEXT)


# A number from 0 to 3 adds a step of that task, -1 a callback, None takes the next out.
MOVES = st.lists(st.one_of(st.none(), st.integers(CALLBACK, 3)), max_size=40)


@given(MOVES, st.sets(st.integers(0, 3)))
def test_both_queues_agree_when_the_first_is_chosen_each_time(moves, taken):
    """First-in-first-out has a fast path of its own, which must not be another order."""
    plain, chosen = InOrder(), ByChoice(Fifo())
    for label, move in enumerate(moves):
        if move is not None:
            plain.append(entry(move, label))
            chosen.append(entry(move, label))
        elif len(plain):
            assert plain.popleft() == chosen.popleft()
    assert len(plain) == len(chosen)
    assert plain.take(frozenset(taken)) == chosen.take(frozenset(taken))
    while plain:
        assert plain.popleft() == chosen.popleft()
    assert not chosen


@given(MOVES, st.integers(0, 5))
def test_callbacks_run_in_order_and_before_every_later_step(moves, seed):
    """asyncio's own bookkeeping rests on the order of callbacks; only task steps may be reordered."""
    queue = ByChoice(SeededRandom(random.Random(seed)))
    for label, move in enumerate(moves):
        queue.append(entry(CALLBACK if move is None else move, label))
    out = [queue.popleft() for _ in range(len(queue))]
    callbacks = [args[0] for number, _, args, _ in out if number == CALLBACK]
    assert callbacks == sorted(callbacks)
    for at, (number, _, (label,), _) in enumerate(out):
        if number != CALLBACK:
            assert all(later[2][0] > label for later in out[at + 1 :] if later[0] == CALLBACK)
    assert sorted(args[0] for _, _, args, _ in out) == list(range(len(moves)))


def test_a_choice_is_asked_for_only_where_there_is_one():
    """The list of choices is short, which is what makes shrinking fast."""
    queue = ByChoice(Fifo())
    queue.append(entry(0, 0))
    queue.append(entry(CALLBACK, 1))
    queue.popleft()
    queue.popleft()
    assert queue.choices == []
    queue.append(entry(0, 2))
    queue.append(entry(1, 3))
    queue.popleft()
    queue.popleft()
    assert queue.choices == [0]


def test_cleared_queue_is_empty():
    """A closed loop must not run what was left."""
    for queue in (InOrder(), ByChoice(Fifo())):
        queue.append(entry(0, 0))
        queue.append(entry(CALLBACK, 1))
        queue.clear()
        assert len(queue) == 0


@given(MOVES, st.sets(st.integers(0, 3)))
def test_taking_steps_out_leaves_callbacks_and_other_tasks(moves, taken):
    """A paused node's steps are held back; everybody else's go on in their order."""
    queue = InOrder()
    for label, move in enumerate(moves):
        queue.append(entry(CALLBACK if move is None else move, label))
    before = list(queue)
    held = queue.take(frozenset(taken))
    assert held == [item for item in before if item[0] in taken]
    assert list(queue) == [item for item in before if item[0] not in taken]
