"""``asgi-mw schema``: the JSON Schema of what a verb prints with ``--json``."""

from __future__ import annotations

import json

import click

from asgi_mw.cli.options import json_option
from asgi_mw.cli.output import say, say_json, table
from asgi_mw.printable import printable
from asgi_mw.recorder.naming import nearest


@click.command("schema")
@click.argument("name", metavar="[VERB]", required=False)
@json_option
def command(*, name: str | None, as_json: bool) -> None:
    """Print the JSON Schema (draft 2020-12) of what VERB prints with --json, or list them all.

    It describes each property, with its unit.  `jsonl` is of the files of `export --as jsonl`.
    """
    from asgi_mw.cli.schemas import PRINTED, schema_of  # noqa: PLC0415  # --help needs none

    if name is None:
        for one, printed in PRINTED.items() if as_json else ():
            say_json({
                "name": one,
                "command": printed.command,
                "prints": printed.prints,
                "description": printed.description,
            })  # fmt: skip
        if not as_json:
            rows = [
                [(one, "bold"), (printed.prints, "dim"), (printed.description, "")]
                for one, printed in PRINTED.items()
            ]
            say(*table(("schema", "prints", "what it describes"), rows))
    elif name not in PRINTED:
        near = nearest(name, PRINTED)
        raise click.UsageError(
            f"there is no schema {printable(repr(name))}; {near}see: asgi-mw schema"
        )
    elif as_json:
        say_json(schema_of(name))
    else:
        click.echo(json.dumps(schema_of(name), indent=2))
