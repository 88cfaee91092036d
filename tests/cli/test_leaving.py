"""No thread of an app holds a command, though the app fails as it is imported."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.serving import MAIN
from tests.cli.shops import ask, shops
from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

FAILING = """
import threading
import time

threading.Thread(target=time.sleep, args=(1000,), name="of the app").start()
raise RuntimeError("no database")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("check", "failing:app"),
        ("replay", "--app", "failing:app"),
        ("diff", "--baseline", ".asgi-mw", "--app", "failing:app"),
    ],
    ids=lambda one: one[0],
)
def test_it_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """What failed is said, and the process ends."""
    shops(tmp_path, monkeypatch)
    ask(tmp_path / ".asgi-mw", "shop", ("GET", "/items"))
    (tmp_path / "failing.py").write_text(FAILING, "utf-8")
    done = subprocess.run(
        [*MAIN, *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (1, "") == (done.returncode, done.stdout)
    assert "RuntimeError: no database" in done.stderr
    assert "the app's threads run on, and are left behind: of the app\n" in done.stderr
