"""Type checkers that read a user's files beside the installed package, as a user's would."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.release.row import PATIENCE, ROOT, ToolError, beside, tool

if TYPE_CHECKING:
    from pathlib import Path

TYPING = ROOT / "tests" / "typing"
# What the files of a user import beside asgi_mw
FRAMEWORKS = ("django", "fastapi", "httpx", "litestar", "nexios", "quart", "starlette")
_RIGHT = ("apps.py", "middleware.py", "recordings.py")
_WRONG = "mistakes.py"
_IGNORED = re.compile(r"  # type: ignore.*")
_STRICT = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}


@dataclass(frozen=True, slots=True)
class Checker:
    """One of them.

    Attributes:
        name: Its command.
        words: What it is called with, before the files; ``{python}`` and ``{venv}`` are where the
            package is installed.
    """

    name: str
    words: tuple[str, ...]

    def read(self, python: Path) -> tuple[list[str], str]:
        """What is wrong with its view of the user's files, where *python* has the package."""
        folder = python.parents[1] / f"read-by-{self.name}"
        folder.mkdir()
        for name in _RIGHT:
            (folder / name).write_text((TYPING / name).read_text("utf-8"), "utf-8")
        (folder / "pyrightconfig.json").write_text(json.dumps(_STRICT), "utf-8")
        broken = []
        status, said = self._says(python, folder, *_RIGHT)
        if status:
            broken.append(said)
        given = (TYPING / _WRONG).read_text("utf-8").splitlines()
        wanted = {at for at, line in enumerate(given, 1) if _IGNORED.search(line)}
        (folder / _WRONG).write_text("\n".join(_IGNORED.sub("", line) for line in given), "utf-8")
        _, said = self._says(python, folder, _WRONG)
        seen = {int(at) for at in re.findall(rf"{_WRONG}:(\d+)", said)}
        broken += [f"takes line {at} of {_WRONG}: {given[at - 1]}" for at in sorted(wanted - seen)]
        version = tool(beside(self.name), "--version").split()[-1 if self.name != "mypy" else 1]
        return broken, f"{version}, {len(seen)} of {len(wanted)} mistakes seen"

    def _says(self, python: Path, folder: Path, *files: str) -> tuple[int, str]:
        """The status with which it ends, and what it prints."""
        places = {"python": str(python), "venv": str(python.parents[1])}
        line = [str(beside(self.name)), *(word.format(**places) for word in self.words), *files]
        try:
            done = subprocess.run(
                line,
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ToolError(f"{self.name} took more than {PATIENCE} s") from None
        return done.returncode, done.stdout.strip()


CHECKERS = (
    Checker("mypy", ("--strict", "--python-executable", "{python}")),
    Checker("pyright", ("--pythonpath", "{python}")),
    Checker("ty", ("check", "--python", "{venv}", "--output-format", "concise")),
    Checker(
        "pyrefly",
        (
            "check",
            "--preset",
            "strict",
            "--python-interpreter-path",
            "{python}",
            "--output-format",
            "min-text",
        ),
    ),
)
