"""A report is read on trains and years later; nothing may be fetched when it opens."""

from __future__ import annotations

import pytest

from alyslab.reporting.offline import external_loads, without_loads

LOADS = [
    '<script src="https://cdn.example/x.js"></script>',
    "<SCRIPT async SRC='//cdn.example/x.js'></SCRIPT>",
    '<link rel="stylesheet" href="https://cdn.example/x.css">',
    '<img alt="a" src="http://example/x.png">',
    "<img src=https://example/x.png>",
    '<img srcset="https://example/x.png 2x">',
    '<iframe src="https://example"></iframe>',
    '<video poster="https://example/x.png"></video>',
    '<object data="https://example/x.svg"></object>',
]


@pytest.mark.parametrize(
    "page", [*LOADS, "<style>@import 'https://a/x.css'</style>", "<p style='background:url(//a/b)'>"]
)
def test_what_would_be_fetched_is_found(page: str) -> None:
    """The finder is what the tests of real reports rely on."""
    assert len(external_loads(page)) == 1


@pytest.mark.parametrize(
    "page",
    [
        '<a href="https://example">x</a>',
        '<img src="data:image/png;base64,AA">',
        "<p>https://example</p>",
        '<a href="x.html">',
    ],
)
def test_links_and_data_are_not_fetched(page: str) -> None:
    """A source that a reader may follow is welcome."""
    assert external_loads(page) == []


@pytest.mark.parametrize("output", LOADS)
def test_what_an_output_would_fetch_is_set_aside(output: str) -> None:
    """Libraries such as plotly load their scripts from a network."""
    after = without_loads(f"<p>before</p>{output}<p>after</p>")

    assert external_loads(after) == []
    assert after.startswith("<p>before</p>")
    assert after.endswith("<p>after</p>")


def test_what_an_output_shows_stays(tmp_path: object) -> None:
    """Only loads are set aside, not the figure or the text."""
    body = '<img alt="a" src="data:image/png;base64,AA"><a href="https://x">x</a><pre>src="https://x"</pre>'

    assert without_loads(body) == body
