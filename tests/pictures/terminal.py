"""Run commands of ours on a terminal that is a text: of any width, in colour or plain."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from asgi_mw.cli import group


class Terminal(io.StringIO):
    """A text that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def printed(arguments: list[str], columns: int, *, colour: bool = False) -> str:
    """What ``asgi-mw`` prints for *arguments* on a terminal of so many *columns*."""
    wishes = {"COLUMNS": str(columns), "TERM": "xterm-256color", "NO_COLOR": "" if colour else "1"}
    with redirect_stdout(Terminal()) as out, redirect_stderr(out), patch.dict(os.environ, wishes):
        group.main(arguments, prog_name="asgi-mw", standalone_mode=False)
    return out.getvalue()
