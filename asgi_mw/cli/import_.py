"""``asgi-mw import``: add what a file holds to the recordings."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from asgi_mw.cli.commands import typed
from asgi_mw.cli.failures import TROUBLE
from asgi_mw.cli.options import json_option, store_option
from asgi_mw.cli.output import say_json
from asgi_mw.cli.progress import Progress
from asgi_mw.errors import AsgiMwError
from asgi_mw.printable import printable, without_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import RawIOBase

    from asgi_mw.events import Exchange
    from asgi_mw.export import Taken

_STDIN = "-"
_LONGEST_NAME = 100
# The first member of the object with which a file begins
_FIRST = re.compile(rb'\s*\{\s*"([^"\\]{0,40})"')
_PACKED = {b"PK\x03\x04": "unpack it first", b"\x1f\x8b": "unpack it first, as with gunzip"}
_STATUSES = (
    "Exit status: 0 it was read to its end; 1 it is nothing that can be imported, or the store "
    "cannot be written; 2 wrong usage, or the file is damaged: what came before is imported."
)


@click.command("import", epilog=_STATUSES)
@click.argument("file", metavar="FILE")
@store_option
@json_option
def command(*, file: str, store: str, as_json: bool) -> None:
    """Add what FILE holds to the recordings: an HTTP archive, or what `export --as jsonl` wrote.

    FILE is a HAR of a browser, of another tool or of `export --as har`; - is standard input.  Its
    secrets are masked as if they were recorded.  What the store has already is left as it is, so
    that a file may be imported twice.

    A HAR says what a client saw.  `worker` then names the file, as har:shop.har.
    """
    from asgi_mw.export import Taken, add  # noqa: PLC0415  # --help needs neither
    from asgi_mw.recorder.open import open_store  # noqa: PLC0415  # the same

    taken, target = Taken(), open_store(store)
    reading = _Reading()
    with _opened(file) as opened, Progress("exchanges read") as progress:
        exchanges = reading.of(_exchanges(opened, file, taken), progress.step)
        added = add(target, exchanges)
    if reading.failed and not taken.count:
        raise click.ClickException(f"{printable(file)}: {printable(reading.failed)}")
    lines = taken.lines()
    if added.refused:
        lines.append(f"{added.refused} not taken by any store: {added.why}")
    if as_json:
        say_json({
            "file": file,
            "store": without_password(store),
            "new": added.new,
            "known": added.known,
            "left_out": taken.left_out,
            "missing": taken.missing,
            "refused": added.refused,
            "problems": [reading.failed] if reading.failed else [],
        })  # fmt: skip
    else:
        known = f"; {added.known:,} were there already" if added.known else ""
        some = f"{added.new:,} exchange{'' if added.new == 1 else 's'}"
        click.echo(f"Imported {some} from {printable(file)}{known}.")
        for line in lines:
            click.echo(printable(line), err=True)
        if added.new:
            click.echo(f"See them with: {typed('ls', store)}", err=True)
    if reading.failed:
        click.echo(f"Error: {printable(file)}: {printable(reading.failed)}", err=True)
        raise click.exceptions.Exit(TROUBLE)


class _Reading:
    """Reads until a file ends or turns out to be damaged."""

    def __init__(self) -> None:
        self.failed = ""

    def of(self, exchanges: Iterator[Exchange], step: Callable[[], None]) -> Iterator[Exchange]:
        """*exchanges*, as long as they can be read."""
        from asgi_mw.export import DocumentError  # noqa: PLC0415  # as above

        try:
            for exchange in exchanges:
                yield exchange
                step()
        except DocumentError as error:
            self.failed = str(error)


@contextmanager
def _opened(name: str) -> Iterator[BufferedReader[Any]]:
    if name == _STDIN:
        reader = BufferedReader(cast("RawIOBase", sys.stdin.buffer))
        try:
            yield reader
        finally:
            reader.detach()
        return
    with Path(name).open("rb") as file:
        yield file


def _exchanges(file: BufferedReader[Any], name: str, taken: Taken) -> Iterator[Exchange]:
    """The exchanges in *file*, in the format that its beginning shows.

    Raises:
        AsgiMwError: It is in no format that can be imported.
    """
    from asgi_mw.export import read_har, read_jsonl  # noqa: PLC0415  # as above

    start = file.peek(4096)
    for mark, what in _PACKED.items():
        if start.startswith(mark):
            raise AsgiMwError(f"{name} is packed: {what}")
    found = _FIRST.match(start.removeprefix(b"\xef\xbb\xbf"))
    if found is not None and found[1] == b"id":
        return read_jsonl(file, taken=taken)
    if found is None:
        raise AsgiMwError(f"{name} is neither an HTTP archive nor JSON Lines of asgi-mw export")
    return read_har(file, source=f"har:{Path(name).name[:_LONGEST_NAME]}", taken=taken)
