from __future__ import annotations

from typing import Any

import pytest

from alyslab.harnesses.network.errors import RuleError
from alyslab.harnesses.network.partition import partition_rules
from tests.harnesses.network.bench import Bench, run


@pytest.mark.parametrize(
    "groups",
    [
        (),
        (["a"],),
        (["a"], ["a"]),
        (["a", "b"], ["b"]),
        (5, ["b"]),
        ([["a"]], ["b"]),
        ([None], ["b"]),
    ],
)
def test_what_is_no_partition_is_refused_by_name(groups: Any) -> None:
    """A plan is JSON: lists in lists and numbers come as easily as names."""
    with pytest.raises(RuleError) as caught:
        partition_rules("partition", groups, one_way=False)
    assert {problem.key for problem in caught.value.problems} <= {"groups", "senders", "receivers"}


def test_a_partition_of_somebody_unknown_installs_nothing():
    """A misspelt peer would make the fault do nothing, and the run a success."""

    async def main() -> int:
        bench = Bench()
        with pytest.raises(RuleError, match="nobody is named 'z'"), bench.network.partition("a", "z"):
            pass
        return len(bench.network.rules.active)

    assert run(main).result == 0
