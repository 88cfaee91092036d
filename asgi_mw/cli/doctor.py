"""``asgi-mw doctor``: look for what is missing, outdated or broken, and say how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from asgi_mw.cli.examination import examine
from asgi_mw.cli.options import json_option, store_option
from asgi_mw.cli.output import say, say_json

if TYPE_CHECKING:
    from asgi_mw.cli.examination import Finding
    from asgi_mw.cli.output import Line

_SIGNS = {"ok": ("✓", "green"), "note": ("·", "dim"), "warning": ("!", "yellow")}
_WRONG = ("✗", "bold red")


@click.command("doctor")
@store_option
@json_option
def command(*, store: str, as_json: bool) -> None:
    """Look for what is missing, outdated or broken, and say how to mend it.

    The exit status is 1 if something is wrong; warnings and missing extras are not.
    """
    findings = list(examine(store))
    if as_json:
        for one in findings:
            say_json({"about": one.about, "level": one.level, "says": one.says, "mend": one.mend})
    else:
        for one in findings:
            say(*_lines(one))
    if any(one.level == "error" for one in findings):
        raise click.exceptions.Exit(1)


def _lines(one: Finding) -> list[Line]:
    sign, style = _SIGNS.get(one.level, _WRONG)
    lines: list[Line] = [[(f"{sign} ", style), (one.about.ljust(16), "bold"), (one.says, "")]]
    if one.mend:
        lines.append([(" " * 18, ""), (one.mend, "yellow")])
    return lines
