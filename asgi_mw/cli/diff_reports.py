"""Write what a comparison found in the format that was asked for, to stdout or to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asgi_mw.cli.difference_lines import pair_lines, summary, summary_lines
from asgi_mw.cli.reports import trouble_json
from asgi_mw.printable import printable
from asgi_mw.recorder.objects import answer_json, ascii_json, close_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.cli.compared import Compared, Comparison, Side
    from asgi_mw.cli.output import Line

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


def report_json(found: Comparison) -> dict[str, Any]:
    """The report as one object."""
    return {
        "left": found.left,
        "right": found.right,
        "fails": found.fails,
        "counts": found.counts(),
        "left_out": found.left_out,
        "noise": [*found.noise],
        "troubles": [trouble_json(one) for one in found.troubles],
        "problems": found.problems,
        "pairs": [_pair(one) for one in found.pairs],
    }


def _pair(one: Compared) -> dict[str, Any]:
    return {
        "what": one.what,
        "verdict": one.verdict,
        "left": one.left and _side(one.left),
        "right": one.right and _side(one.right),
        "departed": one.departed or None,
        "differences": [difference.plain() for difference in one.differences],
        "more": one.more,
        "noise": one.noise,
    }


def _side(one: Side) -> dict[str, Any]:
    return {"id": one.id, **answer_json(one.answer), "close": close_json(one.close)}
