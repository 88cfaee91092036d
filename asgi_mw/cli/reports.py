"""Write what a check found in the format that was asked for, to stdout or to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.output import say, terminal_width
from asgi_mw.cli.report_lines import report_lines
from asgi_mw.printable import printable
from asgi_mw.recorder.objects import ascii_json
from asgi_mw.spec.reporting import report_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.spec.findings import Findings

FORMATS = ("text", "json", "sarif", "junit")


def write(findings: Findings, kind: str, file: str | None, opening: Callable[[str], str]) -> None:
    """Write the report.

    Args:
        findings: What was found.
        kind: One of :data:`FORMATS`.
        file: Where to; stdout if it is ``None``.
        opening: Gives the command that opens the exchange of an id.
    """
    if kind == "text" and file is None:
        say(*report_lines(findings, opening, terminal_width()))
        return
    text = _text(findings, kind, opening)
    if file is None:
        click.echo(text)
        return
    Path(file).write_text(f"{text}\n", encoding="utf-8")
    counts = findings.counts()
    said = f"{counts['violation']} broken, {counts['undecided']} undecided"
    click.echo(f"{findings.judged:,} judged: {said}; see {printable(file)}", err=True)


def _text(findings: Findings, kind: str, opening: Callable[[str], str]) -> str:
    if kind == "text":
        lines = report_lines(findings, opening)
        return "\n".join("".join([printable(text) for text, _ in line]).rstrip() for line in lines)
    if kind == "json":
        return ascii_json(report_json(findings))
    if kind == "sarif":
        from asgi_mw.cli.sarif import sarif  # noqa: PLC0415  # one format is used

        return ascii_json(sarif(findings))
    from asgi_mw.cli.junit import junit  # noqa: PLC0415  # the same

    return junit(findings)
