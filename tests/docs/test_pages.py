"""What the README and the docs show is true: their blocks run, their commands and links exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from asgi_mw.cli import group
from tests.nested import ENVIRONMENT
from tests.system import PATIENCE

ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).with_name("run_page.py")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
}
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FILES = f"{PROJECT['urls']['Homepage']}/blob/main/"
COMMANDS = sorted(
    {
        (page, command)
        for page, text in PAGES.items()
        for command in re.findall(r"^\$ (?:\w+=\S+ )*asgi-mw (.+?)(?: \| .+)?$", text, re.MULTILINE)
    }
)
LANGUAGES = {"console", "json", "python", "sql", "text"}


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if "```python" in text])
def test_the_python_of_a_page_runs(page: str, tmp_path: Path) -> None:
    """In a process and a folder of its own; a warning is an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(RUNNER), str(ROOT / page)],
        cwd=tmp_path,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr if done.returncode else "")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_its_language(page: str) -> None:
    """At the beginning of a line, so that none is missed by the one who runs them."""
    fences = re.findall(r"^[ \t]*```.*$", PAGES[page], re.MULTILINE)

    assert set(fences[1::2]) <= {"```"}
    assert set(fences[::2]) <= {f"```{language}" for language in LANGUAGES}


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_is_right_usage(
    page: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is parsed, and not begun; the files that it names are empty ones."""
    verb, *arguments = shlex.split(command, comments=True)
    monkeypatch.chdir(tmp_path)
    for option, name in pairwise(arguments):
        if option == "--env-file" or option.startswith("--ssl-"):
            Path(name).touch()
    for variable in re.findall(r"=env:(\w+)", command):
        monkeypatch.setenv(variable, "there")
    context = group.make_context("asgi-mw", [verb])
    parsed = group.get_command(context, verb)

    assert parsed is not None
    assert verb == parsed.make_context(verb, arguments, parent=context).info_name


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page: str) -> None:
    """As ``make test``."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"^(?:\$ )?make ([a-z-]+)|`make ([a-z-]+)", PAGES[page], re.MULTILINE)

    assert {first or second for first, second in named} <= set(targets)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """To a file of the project, and to a heading of it."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", PAGES[page])):
        if target.startswith(("https://", "http://")) and not target.startswith(FILES):
            continue
        path, _, anchor = target.removeprefix(FILES).removesuffix("?raw=true").partition("#")
        beside = ROOT if target.startswith(FILES) else (ROOT / page).parent
        found = beside / path if path else ROOT / page
        if not found.exists() or (anchor and anchor not in _anchors(found)):
            broken.append(target)

    assert broken == []


def test_the_links_of_the_readme_are_whole() -> None:
    """It is read on the package index, too, where there are no files beside it."""
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", PAGES["README.md"]))

    assert [one for one in targets if not one.startswith("https://")] == []


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
