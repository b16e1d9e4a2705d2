"""The sections of the configuration: every key with its meaning, unit, range and default.

A key stands here because something reads it; a test fails on one that nothing
does.  The reference page is generated from these models.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

DAY_S = 86_400.0
"""Upper bound of every time limit: CI ends long before, and a larger number is a slip of the unit."""


class Section(BaseModel):
    """A table of the configuration; immutable, exact about types, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _usable_folder(name: object) -> object:
    """Refuse what ``Path`` would take for the current folder, or no folder can be called."""
    if name == "" or "\0" in str(name):
        raise ValueError("not the name of a folder")
    return name


# Files can only say strings, so this one type is not strict.
Folder = Annotated[Path, Field(strict=False), BeforeValidator(_usable_folder)]
TimeLimit = Annotated[float, Field(gt=0, le=DAY_S)]


class ExecutionSection(Section):
    """How notebooks are executed, and what they are allowed to do."""

    jobs: int = Field(
        default=1, ge=1, le=256, description="Notebooks executed at the same time, each in a worker process."
    )
    cell_timeout_s: TimeLimit = Field(
        default=600.0, description="Longest time that one cell of a notebook may take."
    )
    notebook_timeout_s: TimeLimit = Field(
        default=1_800.0,
        description="Longest time that one notebook may take; after it the watchdog ends its kernel.",
    )
    chaos_enabled: bool = Field(
        default=False,
        description="Whether a phase may inject faults; one that must is inconclusive otherwise.",
    )


class FrameworkSection(Section):
    """Time limits of a session over the migration phases."""

    initialize_timeout_s: TimeLimit = Field(
        default=60.0, description="Longest time until all harnesses of a session are up."
    )
    shutdown_timeout_s: TimeLimit = Field(
        default=30.0, description="Longest time that the harnesses are given to shut down."
    )
    phase_timeout_s: TimeLimit = Field(default=900.0, description="Longest time that one phase may take.")


class MetricsSection(Section):
    """What is measured beside the journal."""

    sample_interval_s: float = Field(
        default=1.0,
        ge=0.01,
        le=3_600.0,
        description="Time between two samples of this process's CPU time, memory, descriptors and threads.",
    )


class LoggingSection(Section):
    """What the laboratory says while it works."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe line that is written."
    )
    format: Literal["console", "json"] = Field(
        default="console", description="Lines for a reader, or one JSON object a line for a program."
    )


class PathsSection(Section):
    """Folders; a relative one starts at the directory in which the laboratory was started."""

    outputs: Folder = Field(default=Path("outputs"), description="Where run directories are created.")
    notebooks: Folder = Field(default=Path("notebooks"), description="Where the notebooks are.")
    parameters: Folder = Field(
        default=Path("parameters"), description="Where parameter layers, profiles and scenarios are."
    )
