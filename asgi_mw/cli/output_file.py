"""Write to a file that is there as a whole or not at all, or to standard output."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

import click

from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

STDOUT = "-"


def check_target(name: str, *, force: bool) -> None:
    """Refuse to overwrite what is there, before any work is done.

    Raises:
        click.UsageError: *name* is a file already, or a folder, or in a folder that is not there.
    """
    path = Path(name)
    if name == STDOUT:
        return
    if path.is_dir():
        raise click.UsageError(f"{printable(name)} is a folder: name a file in it")
    if not path.absolute().parent.is_dir():
        raise click.UsageError(f"there is no folder {printable(str(path.absolute().parent))}")
    if path.is_file() and not force:
        raise click.UsageError(
            f"{printable(name)} is there already: give another name, or overwrite it with --force"
        )


@contextmanager
def path_for(name: str) -> Iterator[Path]:
    """A path to write to, which becomes *name* if nothing goes wrong.

    Only its owner can read it, as with recordings.  If *name* is no plain file, as a pipe, it is
    written to directly.
    """
    target = Path(name)
    if name != STDOUT and target.exists() and not target.is_file():
        yield target
        return
    folder = None if name == STDOUT else target.absolute().parent
    descriptor, temporary = mkstemp(prefix=".asgi-mw-", suffix=".part", dir=folder)
    os.close(descriptor)
    written = Path(temporary)
    try:
        yield written
        written.chmod(0o600)  # the writer may have replaced the file
        if name == STDOUT:
            with written.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            written.replace(target)
    finally:
        with suppress(FileNotFoundError):
            written.unlink()


@contextmanager
def text_for(name: str) -> Iterator[IO[str]]:
    """The same for a text file, in UTF-8; standard output is written to directly."""
    if name == STDOUT:
        yield sys.stdout
        sys.stdout.flush()
        return
    with path_for(name) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        yield file
