from __future__ import annotations

import subprocess
import sys

import pytest

from alyslab.phases import registry
from alyslab.phases.phase import NotBuilt, Phase, PhaseSpec
from alyslab.phases.registry import specify, specify_all


def test_every_phase_is_either_built_or_said_not_to_be() -> None:
    """A phase that fell out of the table would be missing from the report without a word."""
    specs = specify_all()

    assert list(specs) == list(Phase)
    assert all(spec.phase is phase and spec.title for phase, spec in specs.items())
    assert isinstance(specs[Phase.FOUNDATION], PhaseSpec)


def test_a_selection_holds_nothing_else() -> None:
    """A session over one phase must not bring up the containers of the others."""
    assert list(specify_all([Phase.ACTOR_CORE])) == [Phase.ACTOR_CORE]


def test_a_table_that_points_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistake of naming the module instead of its specification."""
    monkeypatch.setattr(registry, "_BUILT", {Phase.FOUNDATION: "alyslab.phases.foundation:WORKLOAD"})

    with pytest.raises(TypeError, match="not a PhaseSpec"):
        specify(Phase.FOUNDATION)


def test_listing_what_is_not_built_imports_no_harness() -> None:
    """A command that lists phases must not cost the import of every harness."""
    code = (
        "import sys; from alyslab.phases.registry import specify; from alyslab.phases.phase import Phase; "
        "specify(Phase.LIGHTHOUSE_MIGRATION); print('alyslab.harnesses.network' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout == "False\n"
    assert isinstance(specify(Phase.LIGHTHOUSE_MIGRATION), NotBuilt)
