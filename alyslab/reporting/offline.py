"""Finds and disarms what a page would fetch from elsewhere; a report must open without a network."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LOADING = {
    "src",
    "srcset",
    "poster",
    "data",
    "background",
}
"""Attributes whose address a browser fetches by itself; ``href`` does so only in ``link`` and ``use``."""

_SCRIPT = re.compile(r"<script\b.*?(?:</script\s*>|\Z)|<link\b[^>]*>", re.IGNORECASE | re.DOTALL)
_LOAD = re.compile(
    r"(<[a-z][^<>]*?\s)((?:src|srcset|poster|data|background)"
    r"\s*=\s*[\"']?\s*(?:https?:)?//)",
    re.IGNORECASE,
)

_CSS_URL = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])\s*((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)


def external_loads(page: str) -> list[str]:
    """Return the addresses that opening ``page`` would fetch over a network, in order.

    Links that a reader may follow are none.
    """
    finder = _Finder()
    finder.feed(page)
    finder.close()
    return finder.found


def without_loads(body: str) -> str:
    """Return HTML that an output made without scripts and style links, its external addresses set aside.

    The page's policy would block both; this keeps a reader's browser from
    even naming them.
    """
    return _LOAD.sub(r"\1data-offline-\2", _SCRIPT.sub("", body))


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        for name, value in attrs:
            loads = name in _LOADING or (name.endswith("href") and tag in {"link", "use", "image"})
            if value and loads and re.match(r"(?:https?:)?//", value.strip(), re.IGNORECASE):
                self.found.append(value.strip())
            if value and name == "style":
                self.found.extend(_CSS_URL.findall(value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._style = False

    def handle_data(self, data: str) -> None:
        if self._style:
            self.found.extend(_CSS_URL.findall(data))
