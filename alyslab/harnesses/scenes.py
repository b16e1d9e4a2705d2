"""Scenes: the parts that a trial is made of, by name; a finding is shrunk to those that matter."""

from __future__ import annotations

from collections.abc import Sequence

from alyslab.errors import ParameterError, Problem


def check_scenes(scenes: Sequence[str], known: Sequence[str]) -> None:
    """Raise :class:`ParameterError` with every scene that a trial does not know; no scene is one too few."""
    unknown = [name for name in scenes if name not in known]
    if unknown or not scenes:
        what = f"no scene is named {', '.join(map(repr, unknown))}" if unknown else "no scene at all"
        raise ParameterError(
            Problem(where="trial", key="scenes", what=what, value=list(scenes), allowed=", ".join(known))
        )
