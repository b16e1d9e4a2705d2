"""How long Hypothesis searches: the profiles, by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from alyslab.errors import ParameterError, Problem

if TYPE_CHECKING:
    from hypothesis import settings

CASES: Final[Mapping[str, int]] = MappingProxyType({"quick": 100, "ci": 1_000, "soak": 10_000})
"""Cases of each profile.  Source: issue 8, "Reproduction"."""
DIVIDED: Final = "quick"
"""The profile whose cases are divided by a property's weight: it must end while somebody waits."""
DATABASE: Final = Path(".hypothesis") / "examples"
"""Where failing examples are kept from one run to the next."""
VARIABLE: Final = "HYPOTHESIS_PROFILE"


def profile(name: str | None = None, *, weight: int = 1) -> settings:
    """Return the settings of a profile; None for the one that the environment names, else ``quick``.

    ``weight`` divides the cases of ``quick``, for what costs much a case; the
    others try all there are, whatever they cost.

    ``quick`` and ``ci`` are derandomised: what one machine finds, all find.
    Hypothesis keeps no database then.  ``soak`` draws anew each time and keeps
    what it finds in :data:`DATABASE`, where the next run begins.  There are
    no deadlines: machines differ, verdicts must not; nor is a health check
    ever dropped, on CI's machine as on the reader's.

    Raises
    ------
    ParameterError
        If no profile has that name.
    """
    from hypothesis import settings
    from hypothesis.database import DirectoryBasedExampleDatabase

    name = name or os.environ.get(VARIABLE, "quick")
    if name not in CASES:
        problem = Problem(where="property profile", what="unknown", value=name, allowed=", ".join(CASES))
        raise ParameterError(problem)
    soak = name == "soak"
    return settings(
        max_examples=max(1, CASES[name] // weight) if name == DIVIDED else CASES[name],
        derandomize=not soak,
        database=DirectoryBasedExampleDatabase(DATABASE) if soak else None,
        deadline=None,
        print_blob=False,
        suppress_health_check=(),  # where the environment says CI, Hypothesis would drop "too slow" by itself
    )
