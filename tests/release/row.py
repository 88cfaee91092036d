"""One line of the table that a check of a release prints, and how a tool is run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
# Seconds that one tool may take; what hangs is ended
PATIENCE = 600


@dataclass(frozen=True, slots=True)
class Row:
    """What was checked, and what came of it.

    Attributes:
        name: What was checked.
        broken: What is wrong, one sentence each.
        said: What a reader wants to know: versions, counts.
        seconds: How long it took.
    """

    name: str
    broken: tuple[str, ...] = ()
    said: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        """As a line, and what is wrong below it."""
        verdict = "BROKEN" if self.broken else "ok"
        line = f"{self.name:<30} {verdict:<6} {self.seconds:6.1f} s  {self.said}".rstrip()
        return "\n".join([line, *(f"    {one}" for one in self.broken)])


class ToolError(Exception):
    """A tool failed; the message has what it printed."""


def tool(*line: str | Path, cwd: Path = ROOT, **options: Any) -> str:
    """What *line* prints.

    Raises:
        ToolError: It failed, or took too long.
    """
    try:
        done = subprocess.run(
            [*map(str, line)],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
            **options,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"{line[0]} took more than {PATIENCE} s") from None
    if done.returncode:
        raise ToolError(f"{Path(line[0]).name} ended with {done.returncode}: {done.stdout.strip()}")
    said: str = done.stdout
    return said


def beside(name: str) -> Path:
    """The command *name* of the environment that runs this."""
    return Path(sys.executable).with_name(name)


def timed(name: str, check: Callable[[], tuple[list[str], str]]) -> Row:
    """The row of *check*, which gives what is wrong, and what is to be said."""
    began = perf_counter()
    try:
        broken, said = check()
    except ToolError as error:
        broken, said = [str(error)], ""
    return Row(name, tuple(broken), said, perf_counter() - began)
