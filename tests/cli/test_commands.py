"""A command that is proposed can be pasted where it was proposed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli.commands import typed

if TYPE_CHECKING:
    from collections.abc import Callable

INSTALLED = Path(sys.executable).with_name("asgi-mw")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """What is proposed by a program that was started so."""

    def started(program: object, path: object = "/nowhere") -> str:
        monkeypatch.setattr(sys, "argv", [str(program), "demo"])
        monkeypatch.setenv("PATH", str(path))
        return typed("ls")

    monkeypatch.chdir(tmp_path)
    return started


def test_on_the_path_its_name_will_do(started: Callable[..., str]) -> None:
    """If it is the same program."""
    assert "asgi-mw ls" == started(INSTALLED, INSTALLED.parent)
    assert "asgi-mw ls" == started("/usr/bin/pytest")


def test_elsewhere_it_is_named_by_its_path(
    started: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As short as it can be from here, and never by a name that the shell would not find."""
    assert f"{INSTALLED} ls" == started(INSTALLED)
    monkeypatch.chdir(INSTALLED.parent)
    assert "./asgi-mw ls" == started(INSTALLED)
    monkeypatch.chdir(INSTALLED.parents[1])
    assert f"{INSTALLED.parent.name}/asgi-mw ls" == started(INSTALLED)


def test_a_module_is_run_by_the_same_python(started: Callable[..., str]) -> None:
    """As `python -m asgi_mw`."""
    assert f"{sys.executable} -m asgi_mw ls" == started("/x/asgi_mw/__main__.py")


def test_a_store_is_named_unless_it_is_the_usual_one(started: Callable[..., str]) -> None:
    """So that the shell hands it on as it is."""
    started(INSTALLED, INSTALLED.parent)
    assert ["asgi-mw", "ls", "--store", "a folder"] == shlex.split(typed("ls", "a folder"))
    assert ["asgi-mw", "ls"] == shlex.split(typed("ls", ".asgi-mw"))


@pytest.mark.slow
def test_what_is_proposed_runs(started: Callable[..., str]) -> None:
    """In a shell that does not have it on its path."""
    command = started(INSTALLED).replace(" ls", " --help")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
