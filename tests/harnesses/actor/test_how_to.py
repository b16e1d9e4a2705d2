"""The page that a newcomer follows, run as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "test-your-actor.md"


def test_the_page_leads_to_a_verdict_that_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first thing that a newcomer sees must not be an error, nor a run that shows nothing."""
    actor, workload, judging, looking, _ = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    (tmp_path / "wallet.py").write_text(f"{actor}\n\n{workload}")
    monkeypatch.syspath_prepend(tmp_path)

    exec(compile(f"from wallet import wallet\n{judging}\n{looking}", "page", "exec"), {})

    verdict, token = capsys.readouterr().out.splitlines()
    assert verdict == "pass []"
    assert token.startswith("alys1-")
