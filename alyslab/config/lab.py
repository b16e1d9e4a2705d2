"""The resolved configuration of the laboratory, with the origin of each of its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import Field, PrivateAttr

from alyslab.config.sections import (
    ExecutionSection,
    FrameworkSection,
    LoggingSection,
    MetricsSection,
    PathsSection,
    Section,
)

DEFAULT_ORIGIN = "default"
ARGUMENT_ORIGIN = "argument"


class LabConfig(Section):
    """How the laboratory runs.

    Made by :func:`alyslab.config.load_config`.  ``LabConfig()`` has the
    defaults of the models and is what a test needs that does not care.  Two
    configurations are equal when their values are, wherever those came from.
    """

    execution: ExecutionSection = Field(default_factory=ExecutionSection)
    framework: FrameworkSection = Field(default_factory=FrameworkSection)
    metrics: MetricsSection = Field(default_factory=MetricsSection)
    logging: LoggingSection = Field(default_factory=LoggingSection)
    paths: PathsSection = Field(default_factory=PathsSection)

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def origins(self) -> Mapping[str, str]:
        """Where each value came from, by dotted key.

        ``default``, ``preset ci``, ``/x/my.toml:12``, the name of a variable,
        or ``argument`` for what was given to the model itself.
        """
        return MappingProxyType({key: self._origin(key, *names) for key, *names in self._walk()})

    def flat(self) -> dict[str, Any]:
        """Return every value by dotted key, as a program's JSON has them (a folder is a string)."""
        values = self.model_dump(mode="json")
        return {key: values[table][name] for key, table, name in self._walk()}

    def with_origins(self, origins: Mapping[str, str]) -> LabConfig:
        """Return the same values, their origins given by dotted key; a key left out is a default."""
        known = {key: origins.get(key, DEFAULT_ORIGIN) for key, _, _ in self._walk()}
        copy = self.model_copy()
        copy._origins = known
        return copy

    # Equality needs a hash beside it, and Python's differs between processes; nothing keys by one.
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        """Compare values only: pydantic would compare the origins too."""
        return self.flat() == other.flat() if isinstance(other, LabConfig) else NotImplemented

    def _walk(self) -> Iterator[tuple[str, str, str]]:
        for table in type(self).model_fields:
            for name in type(getattr(self, table)).model_fields:
                yield f"{table}.{name}", table, name

    def _origin(self, key: str, table: str, name: str) -> str:
        section: Section = getattr(self, table)
        given = ARGUMENT_ORIGIN if name in section.model_fields_set else DEFAULT_ORIGIN
        return self._origins.get(key, given)
