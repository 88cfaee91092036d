"""What the bench found, as a part of docs/performance.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import written
from tests.bench.reasons import REASONS
from tests.bench.report import Row
from tests.marked import between

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_tables_of_the_last_run_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of a kind have a table of their own; all else on the page stays."""
    page = tmp_path / "performance.md"
    page.write_text(f"# Before\n\n{written.BEGIN}\n\nold\n\n{written.END}\n\nAfter\n", "utf-8")
    monkeypatch.setattr(written, "PAGE", page)
    ours = {"ours [us]": 2.939, "theirs [us]": 5.5}
    found = {
        "layers": [Row("timing", 0.53436, "x", 0.5, parts=ours)],
        "spool": [Row("spool, no bodies", 9042.4, "/s", 17_000, least=True, note="no dropped")],
        "listing": [Row("list", 141.1, "ms", 500, note="status:5xx", parts={"found": 20})],
        "page": [Row("page, open", 1.7, "%")],
    }

    assert written.write(found, "CPython 3.13") == page
    assert [
        "# Before",
        "",
        written.BEGIN,
        "",
        "CPython 3.13.",
        "",
        "| What | Measured | Made of | Bar | |",
        "|---|---:|---|---:|---|",
        "| timing | 0.534 | ours 2.94 us, theirs 5.50 us | 0.500 | over |",
        "",
        "### The recorder on disk",
        "",
        "| What | Measured | Made of | Bar | |",
        "|---|---:|---|---:|---|",
        "| spool, no bodies | 9,042/s | no dropped | at least 17,000/s | under |",
        "",
        "### The page",
        "",
        "| What | Measured | Made of | Bar | |",
        "|---|---:|---|---:|---|",
        "| list | 141 ms | found 20, `status:5xx` | 500 ms | holds |",
        "| page, open | 1.70 % |  |  |  |",
        "",
        "### What takes the time where a bar is not held",
        "",
        "- timing: not known yet.",
        f"- spool, no bodies: {REASONS['spool, no bodies']}.",
        "",
        written.END,
        "",
        "After",
    ] == page.read_text("utf-8").splitlines()


def test_each_bar_that_is_not_held_has_its_reason() -> None:
    """On the page, with what takes the time."""
    text = between(written.PAGE.read_text("utf-8"), written.BEGIN, written.END)
    table, _, reasons = text.partition("### What takes the time")
    missed = [line.split("|")[1].strip() for line in table.splitlines() if _is_missed(line)]

    assert missed
    assert [] == [name for name in missed if name not in reasons]
    assert "not known yet" not in reasons


def _is_missed(line: str) -> bool:
    return line.endswith(("| over |", "| under |"))
