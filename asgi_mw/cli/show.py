"""``asgi-mw show``: open one exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from asgi_mw.cli.completion import newest_ids
from asgi_mw.cli.filters import Filtered, filters
from asgi_mw.cli.judgement import judged
from asgi_mw.cli.options import json_option, report_problems, say_problems, store_option
from asgi_mw.cli.output import say, say_json, terminal_width
from asgi_mw.cli.portrait import portrait
from asgi_mw.printable import printable
from asgi_mw.recorder.calling import NotCalledError, called
from asgi_mw.recorder.copying import WAYS, copied
from asgi_mw.recorder.existing import recorded
from asgi_mw.recorder.objects import whole
from asgi_mw.titles import method_of, target_of

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store


@click.command("show", cls=Filtered)
@click.argument("id_", metavar="ID", required=False, shell_complete=newest_ids)
@filters
@store_option
@click.option("--full", is_flag=True, help="Every event, and all that was kept of each body.")
@click.option(
    "--as",
    "way",
    type=click.Choice(list(WAYS)),
    help="Print it to be copied: a command or a program that sends the request again, a text for "
    "a report of a bug, a sequence diagram.",
)
@json_option
def command(  # each is an option
    *, id_: str | None, store: str, query: Search, full: bool, way: str | None, as_json: bool
) -> None:
    """Show one exchange: its scope, and every event on a time line.

    ID is the beginning or the end of an id, as `ls` shows it, or the end of a request id, as a
    line of the log shows it.  `last` is the newest that matches
    the filters, and `last-error` the newest of those that failed: what raised, got a 5xx, was
    left without a whole response or was lost.

    A line of the time line says when the app called `receive` or `send`, when that returned, and
    how long the app waited, in ms.
    """
    if not id_:
        raise click.UsageError("say which: last, last-error, or an ID that `asgi-mw ls` shows")
    if way and (full or as_json):
        raise click.UsageError("--as prints all of it already: leave out --full and --json")
    opened = recorded(store)
    exchange = find(opened, id_, query)
    if way:
        _copy(exchange, way)
    elif as_json:
        say_json({**whole(exchange), "findings": [one.plain() for one in judged(exchange)]})
    else:
        say(*portrait(exchange, full=full, columns=terminal_width()))


def _copy(exchange: Exchange, way: str) -> None:
    try:
        text = copied(exchange, way)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(text, nl=False)  # each way is safe on a terminal


def find(store: Store, id: str, query: Search | None = None) -> Exchange:  # noqa: A002  # the exchange's own word
    """The exchange called *id*, or the newest that matches *query* if *id* is ``"last"``.

    If *id* is ``"last-error"``, it is the newest of those that failed.

    Raises:
        click.exceptions.Exit: There is none, or more than one; with status 2 if it may be in what
            cannot be read.
    """
    try:
        found = called(store, id, query)
    except NotCalledError as error:
        _refuse(error)
    say_problems(found.problems)
    return found.exchange


def _refuse(error: NotCalledError) -> NoReturn:
    """Say whether no exchange or several have that name, and which."""
    if not error.candidates:
        click.echo(f"Error: {printable(str(error))}; {error.near}see: asgi-mw ls", err=True)
    else:
        click.echo(f"Error: {printable(str(error))}; say more of it:", err=True)
        for one in error.candidates:
            status = one.answer.status if one.answer else one.outcome or "in flight"
            asked = f"{method_of(one)} {target_of(one)}".rstrip()
            click.echo(printable(f"  {one.id}  {asked}  {status}"), err=True)
    report_problems(error.problems)
    raise click.exceptions.Exit(1)
