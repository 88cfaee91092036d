"""Write a command as the user can type it: for the program that runs now, and the same store."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from asgi_mw.printable import without_password
from asgi_mw.recorder.existing import DEFAULT_STORE

_NAME = "asgi-mw"


def typed(command: str, store: str = DEFAULT_STORE) -> str:
    """*command*, as ``ls --status 5xx``, so that it can be pasted into the shell.

    >>> typed("show last", "my traffic")
    "asgi-mw show last --store 'my traffic'"
    """
    option = "" if store == DEFAULT_STORE else f" --store {shlex.quote(without_password(store))}"
    return f"{_program()} {command}{option}"


def _program() -> str:
    started = Path(sys.argv[0])
    if started.name == "__main__.py" and started.parent.name == "asgi_mw":
        return f"{_near(Path(sys.executable))} -m asgi_mw"
    found = shutil.which(_NAME)
    if started.stem != _NAME or (found is not None and Path(found).samefile(started)):
        return _NAME
    return _near(started)


def _near(program: Path) -> str:
    """The path of *program* as short as it can be from here, never a bare name."""
    path = program.absolute()
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    text = str(path)
    return shlex.quote(text if path.name != text else f"./{text}")
