"""``asgi-mw keep``: mark exchanges, so that neither size nor age removes them."""

from __future__ import annotations

import click

from asgi_mw.cli.completion import newest_ids
from asgi_mw.cli.options import json_option, store_option
from asgi_mw.cli.output import say_json
from asgi_mw.cli.show import find
from asgi_mw.recorder.existing import recorded


@click.command("keep")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=newest_ids)
@store_option
@click.option("--undo", is_flag=True, help="Let size and age remove them again.")
@json_option
def command(*, ids: tuple[str, ...], store: str, undo: bool, as_json: bool) -> None:
    """Keep exchanges when the store removes what is old; `purge` still removes them.

    ID is as in `show`.  What is kept is found by: asgi-mw ls is:kept
    """
    opened = recorded(store)
    for id_ in ids:
        one = opened.keep(find(opened, id_).id, kept=not undo)
        if as_json:
            say_json({"id": one, "kept": not undo})
        else:
            click.echo(f"{'No longer kept' if undo else 'Kept'}: {one}")
