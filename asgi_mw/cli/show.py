"""``asgi-mw show``: open one exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from asgi_mw.cli.options import (
    filters,
    json_option,
    recorded,
    report_problems,
    say_problems,
    store_option,
)
from asgi_mw.cli.output import say, say_json
from asgi_mw.cli.portrait import portrait, whole
from asgi_mw.errors import StoreError

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.store import Store


@click.command("show")
@click.argument("id_", metavar="ID")
@store_option
@filters
@click.option("--full", is_flag=True, help="Every event, and all that was kept of each body.")
@json_option
def command(*, id_: str, store: str, query: Query, full: bool, as_json: bool) -> None:
    """Show one exchange: its scope, and every event on a time line.

    ID is the beginning or the end of an id, or `last` for the newest that matches the filters.

    A line of the time line says when the app called `receive` or `send`, when that returned, and
    how long the app waited, in ms.
    """
    opened = recorded(store)
    exchange = find(opened, id_, query)
    if as_json:
        say_json(whole(exchange))
    else:
        say(*portrait(exchange, full=full))


def find(store: Store, id: str, query: Query | None = None) -> Exchange:  # noqa: A002  # the exchange's own word
    """The exchange called *id*, or the newest that matches *query* if that is ``"last"``.

    Raises:
        click.exceptions.Exit: There is none, or more than one; with status 2 if it may be in what
            cannot be read.
    """
    problems: tuple[str, ...] = ()
    if id == "last":
        reading = store.exchanges(query)
        found = next(reading, None)
        problems = reading.problems
        reading.close()
        what = "nothing was recorded that matches"
    else:
        what = f"no exchange, or more than one, has an id that begins or ends with {id!r}"
        try:
            found = store.get(id.lower())
        except StoreError as error:
            found, problems = None, error.problems or (str(error),)
    if found is None:
        click.echo(f"Error: {what}; see: asgi-mw ls", err=True)
        report_problems(problems)
        raise click.exceptions.Exit(1)
    say_problems(problems)
    return found
