"""Which rows of a journal are asked for, decided without their values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alyslab.runtime.block import Block, Encoder, Row, Schema

Mask = list[bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """Kinds, subjects and a half-open interval of time; None matches all."""

    kinds: frozenset[str] | None
    subjects: frozenset[str] | None
    after_ns: int | None
    before_ns: int | None

    @property
    def everything(self) -> bool:
        """Whether every row matches."""
        named = self.kinds is not None or self.subjects is not None
        return not named and self.after_ns is None and self.before_ns is None

    def of_rows(self, rows: Iterable[Row], schemas: Sequence[Schema]) -> Mask | None:
        """Return which rows match; None for all."""
        if self.everything:
            return None
        return [
            (self.kinds is None or schemas[schema][0] in self.kinds)
            and (self.subjects is None or subject in self.subjects)
            and (self.after_ns is None or time_ns >= self.after_ns)
            and (self.before_ns is None or time_ns < self.before_ns)
            for time_ns, schema, subject, _ in rows
        ]

    def of_block(self, block: Block, encoder: Encoder) -> Mask | None:
        """Return which rows of a block match, by its integer columns; None for all."""
        import numpy as np

        if self.everything:
            return None
        mask = np.ones(len(block), bool)
        if self.kinds is not None:
            chosen = [number for number, (kind, _) in enumerate(encoder.schemas) if kind in self.kinds]
            mask &= np.isin(block.schemas, chosen)
        if self.subjects is not None:
            numbers = [encoder.subject_number(subject) for subject in sorted(self.subjects)]
            mask &= np.isin(block.subjects, numbers)
        if self.after_ns is not None:
            mask &= block.times >= self.after_ns
        if self.before_ns is not None:
            mask &= block.times < self.before_ns
        matches: Mask = mask.tolist()
        return matches
