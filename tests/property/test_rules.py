"""Mutating any single validation rule of the model makes at least one property fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

import pytest

from alyslab.model import chain as chain_module
from alyslab.model import validation
from alyslab.model.validation import ENGINE_RULES, rule_names
from alyslab.property import examine
from alyslab.property.properties.chain import CHAIN_VALID, MUTANT_REJECTED

CASES = 1_000
FAST = ("author", "pow_commitment", "pow_gap", "transaction_nonce")


@contextmanager
def without(rule: str) -> Iterator[None]:
    """Take one rule out of the model, wherever it stands."""
    if rule in ENGINE_RULES:
        made = chain_module.Chain.__init__

        def deaf(self, *arguments, waived=frozenset(), **options):
            made(self, *arguments, waived=waived | {rule}, **options)

        with mock.patch.object(chain_module.Chain, "__init__", deaf):
            yield
        return
    tables = {}
    for name in ("RULES", "WITH_POW", "WITHOUT_POW"):
        tables[name] = tuple(one for one in getattr(validation, name) if one.name != rule)
    with with_tables(tables):
        yield


@contextmanager
def always_broken(rule: str) -> Iterator[None]:
    """Let one rule of the tables reject whatever it is tried on."""
    tables = {}
    for name in ("RULES", "WITH_POW", "WITHOUT_POW"):
        rules = []
        for one in getattr(validation, name):
            if one.name == rule:

                def check(_context):
                    return {"mutated": True}

                check.__name__ = rule
                one = replace(one, check=check)  # noqa: PLW2901
            rules.append(one)
        tables[name] = tuple(rules)
    with with_tables(tables):
        yield


@contextmanager
def with_tables(tables: dict[str, tuple[validation.Rule, ...]]) -> Iterator[None]:
    with mock.patch.multiple(validation, **tables):
        validation._rules_tried.cache_clear()
        try:
            yield
        finally:
            validation._rules_tried.cache_clear()


def require_found(rule: str) -> None:
    with without(rule):
        seen = examine(MUTANT_REJECTED, cases=CASES, seed=1, shrink=False)

    assert not seen.held, f"nothing misses the rule {rule}"
    assert rule in seen.counterexample.seen


@pytest.mark.parametrize("rule", FAST)
def test_a_rule_that_is_taken_out_is_missed(rule):
    """One of each kind; all of them in the slow lane."""
    require_found(rule)


@pytest.mark.slow
@pytest.mark.parametrize("rule", rule_names())
def test_each_rule_that_is_taken_out_is_missed(rule):
    """Issue 8, Done when: mutating any single rule makes at least one property fail."""
    require_found(rule)


@pytest.mark.soak
@pytest.mark.parametrize("rule", [name for name in rule_names() if name not in ENGINE_RULES])
def test_each_rule_that_rejects_everything_is_noticed(rule):
    """The other way to break a rule: valid blocks must go on being accepted."""
    with always_broken(rule):
        seen = examine(CHAIN_VALID, cases=CASES, seed=1, shrink=False)

    assert not seen.held, f"nothing notices that {rule} rejects valid blocks"


def test_a_rule_that_rejects_everything_is_noticed():
    """One of those above, in the fast lane."""
    with always_broken("withdrawals"):
        seen = examine(CHAIN_VALID, cases=100, seed=1, shrink=False)

    assert seen.counterexample is not None
    assert "rejected: withdrawals" in seen.counterexample.seen
