"""A run made readable: pages that open offline, and the same facts as JSON, Markdown and JUnit XML.

``document`` gathers the facts once; every format is a rendering of it.
"""

from alyslab.reporting.report import build_report

__all__ = ["build_report"]
