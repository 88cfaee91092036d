"""The option for secrets: they are used, and never shown."""

from __future__ import annotations

import os

import click

from asgi_mw.printable import printable

_ENV = "env:"


def _secrets(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            # The message does not repeat what was given: it may be the secret
            raise click.BadParameter("one is not like NAME=env:VARIABLE or NAME=VALUE", ctx, param)
        if value.startswith(_ENV):
            variable = value.removeprefix(_ENV)
            if not os.environ.get(variable):
                said = f"{printable(name)}: the variable {printable(variable)!r} is not set"
                raise click.BadParameter(said, ctx, param)
            value = os.environ[variable]
        if not value:
            raise click.BadParameter(f"{printable(name)} has no value", ctx, param)
        found[name.strip().lower()] = value
    return found


secret_option = click.option(
    "--secret",
    "secrets",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_secrets,
    help="What stood where NAME is masked, as authorization=env:TOKEN for a variable.",
)
