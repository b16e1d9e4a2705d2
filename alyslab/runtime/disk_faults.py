"""What a disk refuses while a fault lasts: errors, a full disk, no more files."""

from __future__ import annotations

import math
from dataclasses import dataclass

from alyslab.errors import BadInputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFaults:
    """How a disk fails while it serves; the default is not at all.

    An operation that fails changes nothing, and is a row ``disk.fault`` of the
    journal.

    Raises
    ------
    BadInputError
        For a ratio outside 0 to 1, or a negative limit.
    """

    read_error_ratio: float = 0.0
    """Chance that a read fails."""
    write_error_ratio: float = 0.0
    """Chance that a write fails."""
    sync_error_ratio: float = 0.0
    """Chance that a sync fails; the writes stay pending."""
    capacity_bytes: int | None = None
    """Bytes that all files may have together; a write beyond it fails."""
    new_files: int | None = None
    """Files that may still be created; a write to one more fails."""

    def __post_init__(self) -> None:
        ratios = (self.read_error_ratio, self.write_error_ratio, self.sync_error_ratio)
        limits = (self.capacity_bytes, self.new_files)
        if not all(0 <= ratio <= 1 and not math.isnan(ratio) for ratio in ratios):
            self._refuse("a ratio outside 0 to 1", ratios, "0 to 1 each")
        if not all(limit is None or limit >= 0 for limit in limits):
            self._refuse("a limit below 0", limits, "0 or more, or None")

    @staticmethod
    def _refuse(what: str, value: object, allowed: str) -> None:
        raise BadInputError(Problem(where="DiskFaults", what=what, value=value, allowed=allowed))


NONE = DiskFaults()
"""A disk in order."""
