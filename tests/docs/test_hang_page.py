"""The page on a test that hangs shows the report that pytest prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.transcript import ROOT, alike, steps
from tests.nested import ENVIRONMENT
from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs" / "why-does-my-test-hang.md").read_text("utf-8")
# What differs from one machine, or version of a library, to the next
_KINDS = (
    (r'"[^"]*/(shop\.py|(?:\w+/)+\w+\.py)"', r'"\1"'),
    (r'"(?:\w+/)*(site-packages|home/me/shop)/', '"'),
    (r"line \d+, in acquire", "line N, in acquire"),
    (r"\d+ frames", "N frames"),
)


def plain(text: str) -> str:
    """*text* as it is everywhere."""
    for pattern, kind in _KINDS:
        text = re.sub(pattern, kind, text)
    return text


def test_the_report_is_what_pytest_prints(tmp_path: Path) -> None:
    """Of the app and the test of the page, with nothing configured."""
    for name, text in re.findall(
        r"^```python\n# (\w+\.py)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE
    ):
        (tmp_path / name).write_text(f"# {name}\n{text}", "utf-8")
    command = [sys.executable, "-m", "pytest", "--timeout", "2", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    [[step]] = steps(PAGE)
    shown = plain("\n".join(step.shows)).splitlines()

    assert step.command == "pytest --timeout 2"
    assert alike(shown, plain(done.stdout)), done.stdout
