"""How the laboratory runs: workers, time limits, logs, folders.

What an experiment *is* (peers, blocks, a seed) is a parameter and lives
elsewhere; no name stands in both.  :func:`load_config` reads all layers and
either returns a :class:`LabConfig`, which knows where each of its values came
from, or raises one :class:`alyslab.errors.ConfigError` with every problem.

Layout: ``sections`` and ``lab`` (the models), ``keys`` (their dotted names),
``setting`` (a value with its origin), ``tomlfile`` with ``lines``, ``preset``
and ``environment`` (the layers), ``load`` (all of it together), ``reference``
(the page in ``docs/``).
"""

from alyslab.config.lab import LabConfig
from alyslab.config.load import load_config
from alyslab.config.preset import PRESETS

__all__ = ["PRESETS", "LabConfig", "load_config"]
