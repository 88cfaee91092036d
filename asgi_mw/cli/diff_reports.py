"""Write what a comparison found in the format that was asked for, to stdout or to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.difference_lines import pair_lines, summary, summary_lines
from asgi_mw.differences.reporting import report_json
from asgi_mw.printable import printable
from asgi_mw.recorder.objects import ascii_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.cli.output import Line
    from asgi_mw.differences.compared import Comparison

FORMATS = ("text", "json", "markdown", "junit")


def write(found: Comparison, kind: str, file: str | None) -> None:
    """Write the report.

    Args:
        found: What was found.
        kind: One of :data:`FORMATS`.
        file: Where to; stdout if it is ``None``.
    """
    text = _text(found, kind)
    if file is None:
        click.echo(text)
        return
    Path(file).write_text(f"{text}\n", encoding="utf-8")
    click.echo(f"{summary(found)}; see {printable(file)}", err=True)


def text_lines(found: Comparison, columns: int | None = None) -> Iterator[Line]:
    """The whole report as lines."""
    for one in found.pairs:
        yield from pair_lines(one, columns)
    if found.pairs:
        yield []
    yield from summary_lines(found, columns)


def _text(found: Comparison, kind: str) -> str:
    if kind == "text":
        lines = text_lines(found)
        return "\n".join("".join([printable(text, _LONGEST) for text, _ in line]) for line in lines)
    if kind == "json":
        return ascii_json(report_json(found))
    if kind == "markdown":
        from asgi_mw.cli.markdown import markdown  # noqa: PLC0415  # one format is used

        return markdown(found)
    from asgi_mw.cli.diff_junit import junit  # noqa: PLC0415  # the same

    return junit(found)


_LONGEST = 1 << 20
