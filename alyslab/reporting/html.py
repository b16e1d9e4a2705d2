"""Pages of a report: an index and one page for each executed notebook.

Nothing is fetched when they are opened: style is inside each page, figures are
data, and a content security policy forbids the rest, scripts included.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from alyslab.batch.glue import MIME
from alyslab.reporting.document import run_name, sentence
from alyslab.reporting.markdown import SYMBOLS
from alyslab.reporting.offline import without_loads

if TYPE_CHECKING:
    from jinja2 import Environment


def index_page(document: Mapping[str, Any]) -> str:
    """Return the report's first page."""
    return _environment().get_template("index.html.j2").render(report=document)


def notebook_page(
    document: Mapping[str, Any], notebook: Mapping[str, Any], executed: Mapping[str, Any]
) -> str:
    """Return an executed notebook as a page that names its run and leads back to the index."""
    body, style = notebook_body(executed)
    template = _environment().get_template("notebook.html.j2")
    return template.render(report=document, notebook=notebook, body=body, highlight=style)


def notebook_body(executed: Mapping[str, Any]) -> tuple[str, str]:
    """Return the cells of an executed notebook as HTML without a page around them, and the code's style.

    A damaged notebook gives a sentence that says so: it must not cost the
    report of the others.
    """
    from alyslab.batch.imports import without_grammars

    with without_grammars():
        from nbconvert.exporters import HTMLExporter
        from nbformat import v4

    exporter = HTMLExporter(template_name="basic", embed_images=True)  # type: ignore[no-untyped-call]
    try:
        node = v4.reads(json.dumps(_shown(executed)))  # type: ignore[no-untyped-call]
        body, resources = exporter.from_notebook_node(node)
    except Exception as error:
        return f"<p>This notebook can't be shown: {escape(f'{type(error).__name__}: {error}')}</p>", ""
    return without_loads(body), "\n".join(resources["inlining"]["css"])


def _shown(executed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the notebook without its scraps, which are data and have no looks."""

    def is_shown(output: Mapping[str, Any]) -> bool:
        return MIME not in (output.get("data") or {})

    cells = [
        {**cell, "outputs": [output for output in cell["outputs"] if is_shown(output)]}
        if "outputs" in cell
        else cell
        for cell in executed["cells"]
    ]
    return {**executed, "cells": cells}


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("alyslab.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["symbols"] = SYMBOLS
    environment.filters["sentence"] = sentence
    environment.filters["run_name"] = run_name
    environment.filters["plain"] = lambda state: str(state).replace("_", " ")
    return environment
