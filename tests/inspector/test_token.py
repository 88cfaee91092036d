"""One token for all processes that serve one store."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store
from asgi_mw.errors import Problems
from asgi_mw.inspector.token import FILE, VARIABLE, Token
from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import multiprocessing, sys
from asgi_mw import open_store
from asgi_mw.errors import Problems
from asgi_mw.inspector.token import Token

def said(store):
    return Token(open_store(store), Problems("inspect")).value()

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        print(len({said(sys.argv[1]), *pool.map(said, [sys.argv[1]] * 6)}))
"""


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def token(store: str | Path) -> str:
    """The token of a page over *store*."""
    return Token(open_store(store), Problems("inspect")).value()


@pytest.mark.parametrize("name", ["memory:", "traffic"])
def test_workers_share_it(tmp_path: Path, name: str) -> None:
    """Workers of one parent share it, and with a folder all processes do."""
    script = tmp_path / "workers.py"
    script.write_text(CODE)
    command = [sys.executable, str(script), name]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=PATIENCE, cwd=tmp_path
    )

    assert "1\n" == done.stdout


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """It stays as it is, and nothing else is left in the folder."""
    first = token(tmp_path / "traffic")

    assert first == token(tmp_path / "traffic")
    assert first == (tmp_path / "traffic" / FILE).read_text()
    assert 0o600 == (tmp_path / "traffic" / FILE).stat().st_mode & 0o777
    assert {FILE, ".gitignore"} == {one.name for one in (tmp_path / "traffic").iterdir()}


@pytest.mark.parametrize("text", ["", "short", "x" * 200, "with blanks in it, and more of it"])
def test_what_is_none_is_not_taken(tmp_path: Path, text: str) -> None:
    """It is not overwritten either: it may be somebody's file."""
    (tmp_path / FILE).write_text(text)
    (tmp_path / FILE).chmod(0o600)

    assert token("memory:") == token(tmp_path)
    assert text == (tmp_path / FILE).read_text()


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_what_others_could_read_is_not_taken(tmp_path: Path) -> None:
    """The file that a link leads to is not taken either."""
    (tmp_path / FILE).write_text("x" * 32)
    (tmp_path / FILE).chmod(0o644)
    assert token("memory:") == token(tmp_path)
    (tmp_path / FILE).rename(tmp_path / "else")
    (tmp_path / "else").chmod(0o600)
    (tmp_path / FILE).symlink_to("else")
    assert token("memory:") == token(tmp_path)


def test_the_variable_counts_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written then."""
    monkeypatch.setenv(VARIABLE, "a-secret-of-24-characters")

    assert "a-secret-of-24-characters" == token(tmp_path / "traffic")
    assert not (tmp_path / "traffic").exists()


def test_it_is_promised_before_the_folder_is_made(tmp_path: Path) -> None:
    """The process that makes the folder keeps the promise; each folder has its own token."""
    promised = Token(open_store(tmp_path / "traffic"), Problems("run")).promised()
    other = Token(open_store(tmp_path / "other"), Problems("run")).promised()
    assert [] == list(tmp_path.iterdir())

    assert promised == token(tmp_path / "traffic")
    assert promised == Token(open_store(tmp_path / "traffic"), Problems("run")).promised()
    assert 3 == len({promised, other, token("memory:")})
