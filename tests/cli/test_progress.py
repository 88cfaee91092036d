"""Long work says on a terminal how far it is, and takes the line away."""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING

from asgi_mw.cli import progress
from asgi_mw.cli.progress import Progress

if TYPE_CHECKING:
    import pytest


def work() -> None:
    """Do three things."""
    with Progress("exchanges judged") as shown:
        for _ in range(3):
            shown.step()


def test_on_a_terminal_it_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Now and then, here at each second step."""
    seconds = count()
    monkeypatch.setattr(progress, "monotonic", lambda: next(seconds) * 0.15)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    work()
    clear = "\r\x1b[K"
    assert f"{clear}2 exchanges judged …{clear}" == capsys.readouterr().err


def test_short_work_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody has waited."""
    monkeypatch.setattr(progress, "monotonic", lambda: 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    work()
    assert "" == capsys.readouterr().err


def test_a_file_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """As in CI."""
    work()
    assert "" == capsys.readouterr().err


def test_of_so_many_there_is_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a share; nothing where something else is printed meanwhile."""
    monkeypatch.setattr(progress, "_EVERY", -1.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress("exchanges exported", 2000) as shown:
        for _ in range(1000):
            shown.step()
    *_, last, _ = capsys.readouterr().err.split("\r\x1b[K")
    bar = "#" * 12 + "-" * 12
    assert f"[{bar}]  50%  1,000 of 2,000 exchanges exported" == last
    with Progress("exchanges exported", 2000, shows=False) as hidden:
        hidden.step()
    assert "" == capsys.readouterr().err
