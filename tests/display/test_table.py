from __future__ import annotations

from html.parser import HTMLParser

import pytest

from alyslab.display import Table
from alyslab.display.table import show

HOSTILE = '<script>alert("x")</script>'


class Tags(HTMLParser):
    """Collects the tags and the text that a browser would see, and checks that tags close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_everything_shown_is_escaped():
    """Names and evidence come from journals, and a journal may hold what a hostile peer sent."""
    table = Table(title=HOSTILE, columns=(HOSTILE,), rows=((HOSTILE,),), details=((HOSTILE, HOSTILE),))
    page = Tags(table._repr_html_())
    assert "script" not in page.tags
    assert page.text.count(HOSTILE) == 5


def test_the_text_says_what_the_html_says():
    """A terminal, a log and a screen reader get the same table."""
    table = Table(title="Peers", columns=("peer", "delay [ms]"), rows=(("a", 1.5), ("bb", 12_000)))
    assert repr(table).splitlines() == [
        "Peers",
        "peer  delay [ms]",
        "----  ----------",
        "a     1.5",
        "bb    12,000",
    ]
    text = Tags(table._repr_html_()).text
    assert all(word in text for word in ("Peers", "delay [ms]", "12,000"))


def test_details_stay_closed_until_opened():
    """Evidence may be long; the table is what a reader came for."""
    table = Table(title="t", columns=("a",), rows=(), details=(("evidence", "row 1\nrow 2"),))
    html = table._repr_html_()
    assert "<details" in html
    assert "<details open" not in html
    assert "evidence\nrow 1\nrow 2" in repr(table)


def test_style_rules_touch_only_our_own_tables():
    """A rule for every table of the page would restyle the reader's other outputs."""
    html = Table(title="t", columns=("a",), rows=())._repr_html_()
    css = html.split("<style>")[1].split("</style>")[0]
    selectors = [selector for rule in css.split("}") for selector in rule.split("{")[-2:-1]]
    assert selectors
    assert all(
        ".alyslab-" in part for selector in selectors for part in selector.split(",") if "@media" not in part
    )


def test_a_row_of_another_length_is_a_mistake():
    """A value in the wrong column would be believed."""
    with pytest.raises(ValueError, match="1 values for 2 columns"):
        Table(title="t", columns=("a", "b"), rows=((1,),))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "not observed"),
        (float("nan"), "not observed"),
        (True, "yes"),
        (False, "no"),
        (421, "421"),
        (12_000, "12,000"),
        (2928.54699, "2,928.55"),
        (0.1, "0.1"),
        (1234567.8, "1,234,568"),
        ("✓", "✓"),
        ({"phase": "foundation", "run": 2}, "phase=foundation, run=2"),
        (["a", None], "a, not observed"),
        ((), ""),
    ],
)
def test_values_are_shown_as_readers_expect(value, shown):
    """Above all: what was not observed must not look like a zero or a no."""
    assert show(value) == shown


def test_a_token_may_break_anywhere_and_words_may_not():
    """A token of 200 characters in one piece would push every other column off the page."""
    html = Table(title="t", columns=("a", "b"), rows=(("alys1-" + "x" * 100, "words " * 10),))._repr_html_()
    assert html.count('<td class="alyslab-code">') == 1
