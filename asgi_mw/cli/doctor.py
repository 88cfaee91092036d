"""``asgi-mw doctor``: look for what is missing, outdated or broken, and say how to fix it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.examination import examine, examine_layers
from asgi_mw.cli.options import app_dir_option, json_option, store_option
from asgi_mw.cli.output import say, say_json
from asgi_mw.cli.target import load

if TYPE_CHECKING:
    from asgi_mw.cli.examination import Finding
    from asgi_mw.cli.output import Line

_SIGNS = {"ok": ("✓", "green"), "note": ("·", "dim"), "warning": ("!", "yellow")}
_WRONG = ("✗", "bold red")
_WIDTH = 18


@click.command("doctor")
@click.argument("app", required=False)
@click.option("--factory", is_flag=True, help="APP is a function that makes the app.")
@app_dir_option
@store_option
@json_option
def command(*, app: str | None, factory: bool, app_dir: str, store: str, as_json: bool) -> None:
    """Look for what is missing, outdated or broken, and say how to fix it.

    Give APP as module:app to have its layers looked at too.  The exit status is 1 if something
    is wrong; warnings and missing extras are not.
    """
    findings = list(examine(store))
    if app is not None:
        sys.path.insert(0, os.path.abspath(app_dir))  # noqa: PTH100  # resolve() would follow links
        findings += examine_layers(load(app, factory=factory))
    if as_json:
        for one in findings:
            say_json({
                "about": one.about,
                "level": one.level,
                "said": one.says,
                "fix": one.mend or None,
            })  # fmt: skip
    else:
        for one in findings:
            say(*_lines(one))
    if any(one.level == "error" for one in findings):
        raise click.exceptions.Exit(1)


def _lines(one: Finding) -> list[Line]:
    sign, style = _SIGNS.get(one.level, _WRONG)
    lines: list[Line] = [[(f"{sign} ", style), (one.about.ljust(_WIDTH), "bold"), (one.says, "")]]
    if one.mend:
        lines.append([(" " * (_WIDTH + 2), ""), (one.mend, "yellow")])
    return lines
