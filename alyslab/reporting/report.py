"""Builds a run's ``report/`` folder from its directory, again and again with the same result."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alyslab.atomic import writing
from alyslab.batch.executed import read_executed
from alyslab.batch.gateway import read_run
from alyslab.errors import LabError, NotebookError
from alyslab.reporting.document import report_document
from alyslab.reporting.html import index_page, notebook_page
from alyslab.reporting.junit import junit_xml
from alyslab.reporting.markdown import report_markdown
from alyslab.reporting.offline import external_loads


def build_report(directory: Path) -> Mapping[str, Any]:
    """Write ``report/`` into a run directory, in place of an older one, and return its document.

    The folder is written beside its place and then moved there, so that a
    reader never meets half a report.

    Raises
    ------
    RunDirectoryError
        If the directory is not a run's.
    LabError
        If the disk refuses.
    """
    run = read_run(directory)
    document = report_document(run, run.decide())
    files = {
        "report.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        "report.md": report_markdown(document),
        "junit.xml": junit_xml(document),
        **_pages(directory, document),
    }
    target = directory / "report"
    with writing(target):
        fresh = Path(tempfile.mkdtemp(dir=directory, prefix=".report."))
        try:
            for name, text in files.items():
                (fresh / name).write_text(text, encoding="utf-8")
            fresh.chmod(0o755)
            _swap(fresh, target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return document


def _pages(directory: Path, document: Mapping[str, Any]) -> Mapping[str, str]:
    pages = {"index.html": index_page(document)}
    for notebook in (*document["notebooks"], document["summary"]):
        try:
            executed = read_executed(directory / f"{notebook['id']}.ipynb")
        except NotebookError:
            executed = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        pages[f"{notebook['id']}.html"] = notebook_page(document, notebook, executed)
    return pages


def _swap(fresh: Path, target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise LabError(f"{target} is not a folder and was left alone; move it away")
    if not target.exists():
        fresh.rename(target)
        return
    # A folder can't be replaced by a rename, so the old one steps aside for a moment.
    old = Path(tempfile.mkdtemp(dir=target.parent, prefix=".report."))
    target.rename(old / "old")
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def loads_of(directory: Path) -> Mapping[str, list[str]]:
    """Return what each page of a built report would fetch from elsewhere; every list should be empty."""
    pages = sorted((directory / "report").glob("*.html"))
    return {page.name: external_loads(page.read_text(encoding="utf-8")) for page in pages}
