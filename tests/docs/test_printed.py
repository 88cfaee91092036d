"""What the pages show behind a command is what it prints today."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.transcript import ROOT, Step, alike, session, steps

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.skipif("not __import__('shutil').which('curl')")]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, where nothing says which store is meant."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ASGI_MW_STORE", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("page", "before"),
    [
        pytest.param("README.md", [], id="README"),
        pytest.param("docs/cli.md", ["asgi-mw run examples.starlette_app:app"], id="cli"),
    ],
)
def test_a_block_shows_what_its_commands_print(here: Path, page: str, before: list[str]) -> None:
    """Each block in which something is printed, behind the traffic of an example."""
    blocks = [
        block
        for block in steps((ROOT / page).read_text("utf-8"))
        if any(step.shows for step in block)
    ]
    assert blocks
    with session(here) as reader:
        for command in before:
            reader.take(Step(command, []))
        for block in blocks:
            for step in block:
                reader.take(step)


@pytest.mark.parametrize(
    "page", ["tutorial.md", "checking.md", "replay-a-failure.md", "compare-two-versions.md"]
)
def test_a_page_that_begins_with_an_app_is_what_happens(
    here: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its first command to its last, with the app as it is at that point."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    monkeypatch.delitem(sys.modules, "shop", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    shown = 0
    with session(here) as reader:
        for part in re.split(r"^(?=```)", text, flags=re.MULTILINE):
            if part.startswith("```python\n# shop.py\n"):
                (here / "shop.py").write_text(part.removeprefix("```python\n"), "utf-8")
                monkeypatch.delitem(sys.modules, "shop", raising=False)
            for block in steps(f"{part}```"):
                for step in block:
                    reader.take(step)
                    shown += bool(step.shows)
    monkeypatch.delitem(sys.modules, "shop", raising=False)
    assert shown >= 3


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        (["200  GET  /a  1.5 ms  2a1e4d"], "200  GET  /a  930 µs  ffff00\n", True),
        (["200  GET  /a  1.5 ms  2a1e4d"], "200  GET  /b  930 µs  ffff00\n", False),
        (["a", "...", "d"], "a\nb\nc\nd\n", True),
        (["a", "...", "d"], "a\nb\nc\n", False),
        (["a"], "a\nb\n", False),
        ([" 0.133  0.003     ╸    → receive"], "0.201  0.010  ━━━━━  → receive\n", True),
        (["decade"], "facade\n", False),
        (["done in 2 ms"], "done in 3 ms, then 11.4 ms of\n  background work\n", True),
        (["done in 2 ms"], "done in 3 ms, then 11.4 ms of\n  work\n", False),
    ],
)
def test_what_differs_by_its_kind_is_alike(
    shown: list[str],
    printed: str,
    expected: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """Ids, times and bars; nothing else."""
    assert expected is alike(shown, printed)
