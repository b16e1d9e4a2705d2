"""The folder that a reader opens."""

from __future__ import annotations

import errno
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from alyslab.checkers import Check, Verdict
from alyslab.errors import LabError, RunDirectoryError
from alyslab.reporting import build_report
from alyslab.reporting.report import loads_of
from tests.batch.lab import FAIL, PASS, UNSEEN, code, document, glued, write_run

VOID = {"meta", "link", "img", "br", "hr", "input", "path", "use", "circle", "rect", "line"}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["printed <b>\n"]},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": "<script src='https://x/y.js'></script>"},
        },
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo="}},
        *glued(Verdict((PASS, FAIL, UNSEEN))),
    ]
    return write_run(tmp_path / "r1", {"one": outputs, "two": None})


class Page(HTMLParser):
    """Checks that tags close in order and collects links and targets."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_folder_holds_every_format_and_a_page_for_each_notebook(directory: Path) -> None:
    """These names are a contract that tools rely on."""
    build_report(directory)

    assert {path.name for path in (directory / "report").iterdir()} == {
        "index.html",
        "report.json",
        "report.md",
        "junit.xml",
        "summary.html",
        "one__default__s7.html",
        "two__default__s7.html",
    }


def test_pages_are_well_formed_and_every_link_leads_somewhere(directory: Path) -> None:
    """A reader without the project has only these pages."""
    build_report(directory)
    report = directory / "report"

    for path in report.glob("*.html"):
        page = Page(path.read_text())
        for link in page.links:
            target = link.removeprefix("#") in page.ids if link.startswith("#") else (report / link).exists()
            assert target, f"{path.name}: {link}"


def test_pages_load_nothing_and_forbid_scripts(directory: Path) -> None:
    """One of the outputs asks for a script from a network."""
    build_report(directory)

    assert set(map(tuple, loads_of(directory).values())) == {()}
    for path in (directory / "report").glob("*.html"):
        text = path.read_text()
        assert "default-src 'none'" in text
        assert "<script" not in text.lower()


def test_the_index_says_the_verdict_in_words_and_how_to_replay(directory: Path) -> None:
    """Verdict, seed, token, evidence: what a reader came for."""
    build_report(directory)
    text = (directory / "report" / "index.html").read_text()

    for said in (
        "The gate does not hold",
        "alyslab replay alys1-abc",
        "inconclusive",
        "<dd>7</dd>",
        "not built",
    ):
        assert said in text
    assert "blocks &lt;spread&gt;" in text


def test_a_notebook_s_page_shows_what_it_printed(directory: Path) -> None:
    """The executed notebook is the experiment's record."""
    build_report(directory)
    text = (directory / "report" / "one__default__s7.html").read_text()

    assert "printed &lt;b&gt;" in text
    assert "data:image/png;base64,iVBORw0KGgo=" in text
    assert "scrapbook" not in text


def test_a_report_is_built_again_with_the_same_result(directory: Path) -> None:
    """`alyslab report` must not depend on anything but the directory."""
    build_report(directory)
    before = {path.name: path.read_bytes() for path in (directory / "report").iterdir()}

    build_report(directory)

    assert {path.name: path.read_bytes() for path in (directory / "report").iterdir()} == before
    assert [path.name for path in directory.iterdir() if path.name.startswith(".")] == []


def test_a_damaged_notebook_costs_no_other_its_page(directory: Path) -> None:
    """One broken file must not hide the report of the rest."""
    (directory / "one__default__s7.ipynb").write_text("{")
    broken = document(code("x", outputs=[{"output_type": "nonsense"}]), {"cell_type": "strange"})
    (directory / "two__default__s7.ipynb").write_text(json.dumps(broken))

    document_ = build_report(directory)

    assert document_["verdict"] == "fail"
    assert (directory / "report" / "summary.html").exists()


def test_a_full_disk_leaves_the_old_report(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a report would be read as a whole one."""
    build_report(directory)
    before = (directory / "report" / "index.html").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(LabError, match="No space left on device"):
        build_report(directory)
    assert (directory / "report" / "index.html").read_bytes() == before
    assert [path.name for path in directory.iterdir() if path.name.startswith(".")] == []


def test_a_foreign_directory_is_left_alone(tmp_path: Path) -> None:
    """A mistyped path must not gain a report folder."""
    with pytest.raises(RunDirectoryError):
        build_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_named_report_is_left_alone(directory: Path) -> None:
    """It may be somebody's notes."""
    (directory / "report").write_text("mine")

    with pytest.raises(LabError, match="left alone"):
        build_report(directory)
    assert (directory / "report").read_text() == "mine"


def test_a_run_that_holds_says_so(tmp_path: Path) -> None:
    """The page must be able to bring good news."""
    directory = write_run(tmp_path / "r1", {"one": glued(Verdict((PASS,)))})

    assert build_report(directory)["exit_code"] == 0
    assert "Every gate held" in (directory / "report" / "index.html").read_text()


def test_an_unfinished_run_says_so(tmp_path: Path) -> None:
    """Its counts are not those of the experiment."""
    directory = write_run(tmp_path / "r1", {"one": glued(Verdict((PASS,)))}, status="interrupted")
    build_report(directory)

    assert "not complete (interrupted)" in (directory / "report" / "index.html").read_text()


def test_text_of_notebooks_is_escaped_everywhere(tmp_path: Path) -> None:
    """A check's name is data, also when it looks like markup."""
    hostile = Check(
        name="<img src=x onerror=alert(1)>", observed="</td>", comparison="==", limit="'\"", note="<script>"
    )
    directory = write_run(tmp_path / "r1", {"one": glued(Verdict((hostile,)))})
    build_report(directory)

    text = (directory / "report" / "index.html").read_text()
    assert "<img" not in text
    assert "<script" not in text
    Page(text)
