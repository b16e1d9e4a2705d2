"""What a message says would have been allowed."""

from __future__ import annotations

from alyslab.wording import closest, listed, meant


def test_a_slip_of_the_finger_is_asked_about():
    """A list of a hundred names hides the one that was meant."""
    assert meant("chaos:snyc", ["chaos:sync", "actor:trial"]) == "did you mean chaos:sync?"


def test_a_name_like_none_gets_what_there_is():
    """With no guess, what is known is the next best help, but not pages of it."""
    many = [f"name-{number}" for number in range(15)]

    assert meant("zzz", ["a", "b"]) == "one of a, b"
    assert meant("zzz", ["a", "b"], otherwise="see the page") == "see the page"
    assert meant("zzz", []) == "there is none"
    assert meant("?", many).endswith("name-11 and 3 more")


def test_an_endless_name_is_compared_with_none():
    """Comparing takes the product of the lengths; bad input must not take minutes."""
    assert closest("x" * 65, ["x" * 64]) is None
    assert closest("x" * 63, ["x" * 64]) == "x" * 64


def test_lists_are_in_order_and_never_empty():
    """An empty pair of brackets tells nobody that there is nothing."""
    assert listed({"b", "a"}) == "a, b"
    assert listed(()) == "none"
