"""One search for a counterexample: its settings, what it counts, and the last case that failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alyslab.property.examination import Counterexample, Examination, Tally
from alyslab.property.profiles import profile
from alyslab.property.provider import own_constants_only
from alyslab.runtime.sites import planting

if TYPE_CHECKING:
    from hypothesis import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A case that failed, as text, as JSON values, and as a token."""

    case: str
    data: Any
    seen: str
    token: str


class Search:
    """Searches once, for whatever a test function draws.

    Parameters
    ----------
    weight, weight_reason
        Divides the cases of the profile ``quick``, and why.
    cases, seed, planted, shrink, profile_name
        As for :func:`~alyslab.property.examine.examine`.

    Raises
    ------
    BadInputError
        For an unknown profile or defect; nothing has started then.
    """

    def __init__(
        self,
        *,
        weight: int = 1,
        weight_reason: str = "",
        cases: int | None = None,
        seed: int | None = None,
        planted: Iterable[str] = (),
        shrink: bool = True,
        profile_name: str | None = None,
    ) -> None:
        self.planted = tuple(planted)
        """Defects that are switched on."""
        with planting(*self.planted):
            pass  # refuses unknown names before anything starts
        self.settings = chosen(profile(profile_name, weight=weight), cases, seed, shrink)
        """Of Hypothesis."""
        self._weight, self._weight_reason = weight, weight_reason
        self._seed = seed
        self._tally = Tally()
        self._smallest: Callable[[], Failing] | None = None
        self._wall_s = 0.0

    def count(self, features: Mapping[str, Hashable]) -> None:
        """Count a valid case with its features."""
        self._tally.count(features)

    def fail(self, described: Callable[[], Failing]) -> None:
        """Note that the case counted last failed; it is described only if none fails after it."""
        self._tally.fail()
        self._smallest = described

    def discard(self, *, cut_short: bool) -> None:
        """Count a case that was drawn in vain."""
        self._tally.discard(cut_short=cut_short)

    def run(self, test: Callable[..., None]) -> None:
        """Run a test that Hypothesis made under these settings.

        What falsified it has been counted; what broke it passes through.
        """
        import hypothesis

        if self._seed is not None:
            test = hypothesis.seed(self._seed)(test)
        began_s = time.perf_counter()
        try:
            with own_constants_only():
                test()
        except AssertionError:
            pass
        finally:
            self._wall_s += time.perf_counter() - began_s

    def examination(self, name: str, claim: str) -> Examination:
        """Return what came of it."""
        tally, found = self._tally, None
        if tally.found_after is not None and self._smallest is not None:
            failing = self._smallest()
            found = Counterexample(
                case=failing.case,
                data=failing.data,
                seen=failing.seen,
                token=failing.token,
                found_after=tally.found_after,
                runs=tally.runs,
            )
        return Examination(
            name=name,
            claim=claim,
            planted=self.planted,
            seed=self._seed,
            weight=self._weight,
            weight_reason=self._weight_reason,
            cases=tally.cases,
            discarded=tally.discarded,
            cut_short=tally.cut_short,
            wall_s=self._wall_s,
            distribution={feature: dict(counts) for feature, counts in tally.features.items()},
            counterexample=found,
        )


def chosen(base: settings, cases: int | None, seed: int | None, shrink: bool) -> settings:
    """Return the profile's settings with what the caller chose; a seed ends derandomisation."""
    from hypothesis import Phase, settings

    phases = [Phase.explicit, Phase.reuse, Phase.generate, Phase.target, *[Phase.shrink] * shrink]
    # The phase that explains runs the smallest case a hundred times more, and says it to nobody here.
    changes: dict[str, Any] = {"report_multiple_bugs": False, "phases": phases}
    if cases is not None:
        changes["max_examples"] = cases
    if seed is not None:
        changes |= {"derandomize": False, "database": None}
    return settings(base, **changes)
