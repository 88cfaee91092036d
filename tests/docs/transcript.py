"""Type the commands of a page as a reader would, and compare what they print with what it shows.

In a ``console`` block, what follows a command is what it prints, on a terminal of 80 columns; a
line of dots stands for lines that are left out.  What differs from one run to the next, as ids
and times, is compared by its kind.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

import click
import pytest

from examples.traffic import drive
from tests.pictures.terminal import printed
from tests.system import PATIENCE, comes_to_listen, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
COLUMNS = 80
# How far long work is, which a busy machine may show
_PROGRESS = re.compile(r"\r\x1b\[K(?:[0-9,]+ [a-z ]+ …)?")
# Said from 10 ms on, which a busy machine needs, and where the line is too long for it on two
_BACKGROUND = re.compile(r",\s+then\s+[0-9.]+\s+(?:µs|ms|s)\s+of\s+background\s+work")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What differs from one run to the next
_KINDS = (
    (r"\r", ""),
    (r" *[━╸]+ *", " BAR "),
    (r"127\.0\.0\.1('?[:,] ?)[0-9]+", r"127.0.0.1\1PORT"),
    (r"^(  worker +).*", r"\1WORKER"),
    (r"^(  began +).*", r"\1MOMENT"),
    (r"^(date: ).*", r"\1MOMENT"),
    (r"\b[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}\b", "CLOCK"),
    (r"\b[0-9a-f]{32}\b", "ID"),
    (r"\b(?=[a-f]*[0-9])[0-9a-f]{6}\b", "ID"),
    (r"[0-9.]+ (µs|ms|s)\b", "TOOK"),
    (r"[0-9]+\.[0-9]{3}\b", "MS"),
    (r"(curl|httpx2?)/[0-9.]+", r"\1/VERSION"),
    (r"\s+", " "),
)


class Step(NamedTuple):
    """A command of a page, and the lines that it shows behind it."""

    command: str
    shows: list[str]


def steps(text: str) -> list[list[Step]]:
    """The steps of each block."""
    blocks: list[list[Step]] = []
    for block in BLOCK.finditer(text):
        blocks.append([])
        for line in block[1].splitlines():
            if line.startswith("$ "):
                blocks[-1].append(Step(line.removeprefix("$ "), []))
            elif blocks[-1]:
                blocks[-1][-1].shows.append(line)
    return blocks


def alike(shown: list[str], printed: str) -> bool:
    """Whether a page shows what was printed."""
    for beside in (_PROGRESS, _COLOURS, _BACKGROUND):
        printed = beside.sub("", printed)
    lines = [_kind(line) for line in printed.splitlines()]
    pattern = "".join(
        "(?:.*\n)*?" if line.strip() in {"...", "…"} else re.escape(_kind(line)) + "\n"
        for line in _BACKGROUND.sub("", "\n".join(shown)).split("\n")
    )
    return (
        re.fullmatch(pattern, "".join(f"{line}\n" for line in lines).rstrip("\n") + "\n")
        is not None
    )


def _kind(line: str) -> str:
    for pattern, kind in _KINDS:
        line = re.sub(pattern, kind, line)
    return line.strip()


class Session:
    """A reader in *folder*, who has at most one server running."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._port = 0

    def take(self, step: Step) -> None:
        """Type the command, and fail if it does not print what is shown."""
        program, *arguments = shlex.split(step.command)
        if program == "pip":
            return
        if program == "uvicorn" or (program, arguments[:1]) == ("asgi-mw", ["run"]):
            self._serve(program, arguments)
            return
        end = monotonic() + (PATIENCE if step.shows else 0)
        while True:
            said = self._said(program, arguments)
            # What was asked a moment ago may not be recorded yet
            if not step.shows or alike(step.shows, said):
                return
            if monotonic() > end or program == "curl":
                pytest.fail(f"$ {step.command}\n{said}")
            sleep(0.2)

    def _said(self, program: str, arguments: list[str]) -> str:
        if program == "asgi-mw":
            try:
                return printed(arguments, COLUMNS)
            except click.ClickException as error:
                return error.format_message()
        assert program == "curl"
        here = [one.replace("127.0.0.1:8000", f"127.0.0.1:{self._port}") for one in arguments]
        return subprocess.run(
            [program, "--silent", *here],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        ).stdout

    def _serve(self, program: str, arguments: list[str]) -> None:
        self.stop()
        (self._port,) = free_ports(1)
        module = {"asgi-mw": "asgi_mw"}.get(program, program)
        where = ["--app-dir", str(ROOT)] if "examples" in " ".join(arguments) else []
        command = [sys.executable, "-m", module, *arguments, *where, "--port", str(self._port)]
        self._server = subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert comes_to_listen(self._port, self._server), command
        if where:
            asyncio.run(drive(f"http://127.0.0.1:{self._port}"))

    def stop(self) -> None:
        """Stop the server, as Ctrl-C does."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(PATIENCE)
            self._server = None


@contextlib.contextmanager
def session(folder: Path) -> Iterator[Session]:
    """A reader whose server stops with the block."""
    reader = Session(folder)
    try:
        yield reader
    finally:
        reader.stop()
