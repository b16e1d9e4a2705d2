"""Properties of the journal: its digest stands for every event."""

from __future__ import annotations

from typing import Final

from alyslab.property.generators.journals import JournalPlan, journal_plans, recorded
from alyslab.property.property import Property, claim


def _digest_tells(plan: JournalPlan) -> None:
    one, again, other = recorded(plan.rows), recorded(plan.rows), recorded(plan.changed())
    claim(one.digest == again.digest, "the same events have two digests")
    claim(one.first_difference(again) is None, "equal journals differ")
    claim(one.digest != other.digest, f"a changed event ({plan.change}) has the same digest")
    found = one.first_difference(other)
    claim(found is not None, f"a changed event ({plan.change}) is not found")


JOURNAL_DIGEST: Final = Property(
    name="the digest tells",
    claim="a journal's digest changes with any changed event, and only then",
    cases=journal_plans,
    check=_digest_tells,
    source="design.md, principle 3",
    features=lambda plan: {"rows": len(plan.rows), "change": plan.change},
)
