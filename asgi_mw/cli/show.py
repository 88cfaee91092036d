"""``asgi-mw show``: open one exchange."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

import click

from asgi_mw.cli.completion import newest_ids
from asgi_mw.cli.filters import NAMES, Filtered, filters
from asgi_mw.cli.judgement import judged
from asgi_mw.cli.listing import method_of, target_of
from asgi_mw.cli.options import (
    json_option,
    recorded,
    report_problems,
    say_problems,
    store_option,
)
from asgi_mw.cli.output import say, say_json, terminal_width
from asgi_mw.cli.portrait import portrait
from asgi_mw.errors import StoreError
from asgi_mw.printable import printable
from asgi_mw.recorder.copying import WAYS, copied
from asgi_mw.recorder.facets import failed as has_failed
from asgi_mw.recorder.naming import nearest
from asgi_mw.recorder.objects import whole
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.rows import row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store

# A request id has to be named by so much of it
_LEAST_OF_REQUEST = 6
# So many of those with an id are listed
_CANDIDATES = 10


@click.command("show", cls=Filtered)
@click.argument("id_", metavar="ID", shell_complete=newest_ids)
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
    *, id_: str, store: str, query: Search, full: bool, way: str | None, as_json: bool
) -> None:
    """Show one exchange: its scope, and every event on a time line.

    ID is the beginning or the end of an id, as `ls` shows it, or the end of a request id, as a
    line of the log shows it.  `last` is the newest that matches
    the filters, and `last-error` the newest of those that failed: what raised, got a 5xx, was
    left without a whole response or was lost.

    A line of the time line says when the app called `receive` or `send`, when that returned, and
    how long the app waited, in ms.
    """
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
    """The exchange called *id*, or the newest that matches *query* if that is ``"last"``.

    Of ``"last-error"`` it is the newest of those that failed.

    Raises:
        click.exceptions.Exit: There is none, or more than one; with status 2 if it may be in what
            cannot be read.
    """
    if id in NAMES:
        return _last(store, query, failed=id == "last-error")
    try:
        found = store.get(id.lower())
        problems: tuple[str, ...] = ()
    except StoreError as error:
        found, problems = None, error.problems or (str(error),)
    if found is None:
        called = _called(store, id)
        found = None if called else _of_request(store, id)
        if found is None:
            _refuse(id, called, problems)
    return found


def _of_request(store: Store, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
    """The newest whose request id ends with *id*, as a line of the log shows it."""
    part = id.removeprefix("…")
    if len(part) < _LEAST_OF_REQUEST:
        return None
    with closing(store.exchanges(Query(text=part))) as reading:
        return next((one for one in reading if (one.request_id or "").endswith(part)), None)


def _last(store: Store, query: Search | None, *, failed: bool) -> Exchange:
    reading = store.exchanges(query)
    found = next((one for one in reading if not failed or has_failed(row_of(one))), None)
    problems = reading.problems
    reading.close()
    if found is None:
        what = "failed" if failed else "was recorded that matches"
        click.echo(f"Error: nothing {what}; see: asgi-mw ls", err=True)
        report_problems(problems)
        raise click.exceptions.Exit(1)
    say_problems(problems)
    return found


def _called(store: Store, id: str) -> list[Exchange]:  # noqa: A002  # the exchange's own word
    """Those whose id begins or ends with *id*, and one more than are listed at most."""
    wanted = Query(id=id.lower())
    reading = store.exchanges(wanted)
    found = {one.id: one for one in store.in_flight() if wanted.matches(one)}
    found |= {one.id: one for one in islice(reading, _CANDIDATES + 1)}
    reading.close()
    return list(found.values())


def _refuse(id: str, found: Sequence[Exchange], problems: Iterable[str]) -> NoReturn:  # noqa: A002  # the exchange's own word
    """Say whether none or several are called *id*, and which."""
    if not found:
        near = nearest(id, NAMES)
        what = f"no exchange has an id that begins or ends with {id!r}"
        click.echo(f"Error: {printable(what)}; {near}see: asgi-mw ls", err=True)
    else:
        many = f"over {_CANDIDATES}" if len(found) > _CANDIDATES else str(len(found))
        what = f"{many} exchanges have an id that begins or ends with {id!r}; say more of it"
        click.echo(f"Error: {what}:", err=True)
        for one in found[:_CANDIDATES]:
            status = one.answer.status if one.answer else one.outcome or "in flight"
            asked = f"{method_of(one)} {target_of(one)}".rstrip()
            click.echo(printable(f"  {one.id}  {asked}  {status}"), err=True)
    report_problems(problems)
    raise click.exceptions.Exit(1)
