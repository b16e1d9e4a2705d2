from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebooks.notebook import Notebook, not_passed


@pytest.mark.slow
def test_a_small_network_passes(tmp_path: Path) -> None:
    """The whole path: parameters in, runs made, figures drawn, verdict out."""
    small = {"peers": 20, "blocks": 2, "degree": 4, "messages": 200, "hunt_seeds": 6, "clean_seeds": 1}
    code, glued = Notebook("network").execute(tmp_path / "out.ipynb", **small)
    assert code == 0
    assert list(glued)[-1] == "verdict"
    assert glued["verdict"]["status"] == "pass", not_passed(glued["verdict"])
