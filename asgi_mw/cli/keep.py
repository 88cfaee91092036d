"""``asgi-mw keep``: mark exchanges, so that neither size nor age removes them."""

from __future__ import annotations

import click

from asgi_mw.cli.options import recorded, store_option
from asgi_mw.cli.show import find


@click.command("keep")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@store_option
@click.option("--undo", is_flag=True, help="Let size and age remove them again.")
def command(*, ids: tuple[str, ...], store: str, undo: bool) -> None:
    """Keep exchanges when the store removes what is old; `purge` still removes them.

    ID is as in `show`.  What is kept is found by: asgi-mw ls is:kept
    """
    opened = recorded(store)
    for id_ in ids:
        one = opened.keep(find(opened, id_).id, not undo)
        click.echo(f"{'No longer kept' if undo else 'Kept'}: {one}")
