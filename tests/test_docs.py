"""What the docs show works: code runs, commands exist, links lead somewhere, listed places are there.

In a fenced block, words after the language steer these tests and stay unseen by readers:
``sh run`` is executed in the slow lane, ``file=PATH`` is written first, there and where code runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
# The page whose code blocks are the cells of a notebook, and the name that it gives the notebook.
NOTEBOOK_PAGE, NOTEBOOK = ROOT / "docs" / "how-to" / "write-an-experiment.md", "retry"

FENCE = re.compile(r"^( *)```(.*)\n((?:.*\n)*?)\1```$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its language, the words after it, and its text."""

    language: str
    words: tuple[str, ...]
    text: str


def blocks_of(page: Path) -> list[Block]:
    blocks = []
    for _, info, text in FENCE.findall(page.read_text()):
        language, *words = info.split() or [""]
        blocks.append(Block(language=language, words=tuple(words), text=text))
    return blocks


def prose_of(page: Path) -> str:
    return FENCE.sub("", page.read_text())


def shown(page: Path) -> str:
    return str(page.relative_to(ROOT))


def pages_with(language: str, word: str = "") -> list[Path]:
    return [
        page
        for page in PAGES
        if any(b.language == language and (not word or word in b.words) for b in blocks_of(page))
    ]


def code_of(page: Path) -> str:
    return "\n".join(block.text for block in blocks_of(page) if block.language == "python")


def commands_of(page: Path) -> Iterator[str]:
    """Each command line of the page's shell blocks, and each in-line code that begins like one."""
    for block in blocks_of(page):
        if block.language == "sh":
            yield from (line for line in block.text.splitlines() if line)
    yield from re.findall(r"`((?:make|alyslab)(?: [^`…]+)?)`", prose_of(page))


def run(command: list[str], place: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=timeout_s
    )


def write_files(page: Path, place: Path) -> None:
    """Write the blocks that are files of the reader's where the page says."""
    for block in blocks_of(page):
        for word in block.words:
            if word.startswith("file=") and (place / word.removeprefix("file=")).parent.is_dir():
                (place / word.removeprefix("file=")).write_text(block.text)


def run_code(page: Path, place: Path) -> str:
    """Run the page's Python blocks as one script in ``place`` and return what it prints."""
    write_files(page, place)
    script = place / "page.py"
    script.write_text(code_of(page))
    done = run([sys.executable, "-W", "error", str(script)], place, 120)
    assert done.returncode == 0, f"{shown(page)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", pages_with("python"), ids=shown)
def test_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    """Example code that fails is worse than none; each page's blocks run in order, warnings as errors."""
    run_code(page, tmp_path)


def test_the_experiment_of_the_readme_passes_in_ten_lines(tmp_path: Path) -> None:
    """The promise that a newcomer reads first: ten lines, and a verdict from what was observed."""
    code = code_of(ROOT / "README.md")
    lines = [line for line in code.splitlines() if line and not line.startswith(("import ", "from "))]

    assert len(lines) <= 10
    assert re.match(
        r"pass after [1-9]\d* virtual s; alys1-\S+$", run_code(ROOT / "README.md", tmp_path).strip()
    )


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_target_that_a_page_names_exists() -> None:
    """A command that is not there is the first thing that a newcomer trips over."""
    named = {
        (shown(page), word)
        for page in PAGES
        for command in commands_of(page)
        if command.startswith("make ")
        for word in command.split("#")[0].split()[1:]
        if "=" not in word and not word.endswith('"')
    }

    assert {entry for entry in named if entry[1] not in make_targets()} == set()
    assert {"lab", "test"} <= {target for _, target in named}


def test_make_help_lists_every_target() -> None:
    """`make help` is the index of the Makefile; a phony target without a line there is hidden."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    help_text = run(["make", "help"], ROOT, 60).stdout

    assert set(re.findall(r"^  make (\S+)", help_text, re.MULTILINE)) == set(phony.split()) == make_targets()


def click_commands() -> dict[str, Any]:
    import typer.main

    from alyslab.cli import app

    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def click_command(words: list[str]) -> Any:
    """The command that a line calls, within its group if it is in one; None if there is none."""
    command = click_commands().get(words[1])
    if command is None or not hasattr(command, "commands"):
        return command
    return command.commands.get(words[2]) if len(words) > 2 else None


def test_every_alyslab_command_and_option_that_a_page_names_exists() -> None:
    """Options are renamed more easily than the pages that show them."""
    unknown = []
    for page in PAGES:
        for line in commands_of(page):
            words = re.sub(r"^([A-Z_]+=\S+ )*", "", line).split("#")[0].split()
            if words[:1] != ["alyslab"] or len(words) == 1 or words[1].startswith("-"):
                continue
            command = click_command(words)
            options = {name for parameter in getattr(command, "params", []) for name in parameter.opts}
            given = {word.split("=")[0] for word in words[2:] if word.startswith("-")}
            if command is None or not given <= options | {"--help"}:
                unknown.append(f"{shown(page)}: {line}")

    assert unknown == []


def test_every_alyslab_command_is_named_in_a_page() -> None:
    """A command that no page names is found by nobody."""
    named = {
        word
        for page in PAGES
        for line in commands_of(page)
        for word in re.findall(r"alyslab (\w[\w-]*)", line)
    }

    assert set(click_commands()) - named == set()


def anchors_of(page: Path) -> set[str]:
    headings = [re.sub(r"[`*]", "", heading) for heading in HEADING.findall(prose_of(page))]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    """Pages move; a link that leads nowhere ends the reader's way."""
    broken = []
    for link in LINK.findall(prose_of(page)):
        target, _, anchor = link.partition("#")
        place = (page.parent / target).resolve() if target else page
        if "://" in link:
            continue
        if not place.exists() or (anchor and anchor not in anchors_of(place)):
            broken.append(link)

    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    """A page without a way to it is not documentation."""
    reached: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        links = {(page.parent / link.split("#")[0]).resolve() for link in LINK.findall(prose_of(page))}
        ahead += [link for link in links if link.suffix == ".md" and link.is_file() and link not in reached]

    assert [shown(page) for page in PAGES if page not in reached] == []


def test_every_part_of_the_house_is_in_the_architecture() -> None:
    """A reader finds any concept by its folder, so no folder may be missing from the list."""
    parts = [
        f"alyslab/{path.name}/" if path.is_dir() else f"alyslab/{path.name}"
        for path in sorted((ROOT / "alyslab").iterdir())
        if (path.is_dir() and (path / "__init__.py").exists()) or path.suffix == ".py"
    ]

    assert [part for part in parts if f"`{part}`" not in ARCHITECTURE] == []


def test_every_place_that_the_architecture_names_is_there() -> None:
    """The list of places is worth as much as its last check."""
    built = ARCHITECTURE.split("## What is not there yet")[0]
    places = re.findall(r"`((?:alyslab|notebooks|parameters|outputs|tests|docker|docs)/[^`]*)`", built)

    assert len(places) > 20
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_what_is_said_to_be_missing_is_missing() -> None:
    """The list of what arrives later must shrink when something arrives."""
    later = ARCHITECTURE.split("## What is not there yet")[1]
    parts = re.findall(r"^\| .*?`(\w+)/`", later, re.MULTILINE)

    assert parts
    assert [part for part in parts if (ROOT / "alyslab" / part).exists()] == []


def test_the_phases_said_to_be_missing_are_those_that_are_not_built() -> None:
    """A phase that is built and listed as missing is found by nobody; the reverse breaks a promise."""
    from alyslab.phases.phase import NotBuilt
    from alyslab.phases.registry import specify_all

    (row,) = re.findall(
        r"^\| phases (.+?) \|", ARCHITECTURE.split("## What is not there yet")[1], re.MULTILINE
    )
    missing = {
        phase.value.replace("_", " ") for phase, spec in specify_all().items() if isinstance(spec, NotBuilt)
    }

    assert set(row.split(", ")) == missing


@pytest.mark.parametrize(
    ("page", "arguments"),
    [
        ("configuration.md", ["config", "--reference"]),
        ("faults.md", ["chaos", "reference", "--hunts", "docs/hunts.json", "--blind", "docs/blind.json"]),
    ],
)
def test_a_generated_page_is_what_the_code_says(page: str, arguments: list[str]) -> None:
    """`make docs` writes it; asked of a fresh process, as tests plant bugs of their own in theirs."""
    command = [sys.executable, "-c", "from alyslab.cli import app; app()", *arguments]
    done = run(command, ROOT, 60)

    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "docs" / page).read_text()


def write_notebook(page: Path, path: Path) -> None:
    """Make the page's Python blocks the cells of a notebook, the first one its parameters."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    sources = [block.text.rstrip("\n") for block in blocks_of(page) if block.language == "python"]
    cells = [new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(new_notebook(cells=cells), path)


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    """A working directory with the project's notebooks and parameters, whose outputs are its own."""
    for folder in ("notebooks", "parameters"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "outputs").mkdir()
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with("sh", "run"), ids=shown)
def test_commands_of_a_page_succeed(page: Path, sandbox: Path) -> None:
    """What a how-to tells its reader to type works, in the order of the page, and exits with 0."""
    write_files(page, sandbox)
    printed = ""
    if page == NOTEBOOK_PAGE:
        write_notebook(page, sandbox / "notebooks" / f"{NOTEBOOK}.ipynb")
    elif code_of(page):
        printed = run_code(page, sandbox)
    token = next((word for word in printed.split() if word.startswith("alys1-")), "TOKEN")
    commands = [
        line.replace("TOKEN", token)
        for block in blocks_of(page)
        if block.language == "sh" and "run" in block.words
        for line in block.text.splitlines()
    ]

    for command in commands:
        done = run(["bash", "-c", command], sandbox, 240)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_the_notebook_of_the_how_to_carries_its_verdict_out(sandbox: Path) -> None:
    """The how-to promises that CI picks the notebook up: its verdict must be in the run's report."""
    write_notebook(NOTEBOOK_PAGE, sandbox / "notebooks" / f"{NOTEBOOK}.ipynb")

    done = run(["alyslab", "run", "--profile", "quick", "--notebook", NOTEBOOK], sandbox, 240)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    report = json.loads((sandbox / "outputs" / "latest" / "report" / "report.json").read_text())
    assert "every message is handled" in json.dumps(report)
