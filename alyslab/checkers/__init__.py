"""Pure verdicts over journals: what was promised, what was observed, whether it held."""

from alyslab.checkers.verdict import Check, Verdict

__all__ = ["Check", "Verdict"]
