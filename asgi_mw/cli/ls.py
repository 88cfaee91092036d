"""``asgi-mw ls``: list recorded exchanges."""

from __future__ import annotations

from heapq import nlargest
from itertools import count, islice
from time import time_ns
from typing import TYPE_CHECKING, Any

import click

from asgi_mw.cli.filters import Filtered, filters, nothing
from asgi_mw.cli.listing import listing, row_of
from asgi_mw.cli.options import json_option, report_problems, store_option
from asgi_mw.cli.output import say, say_json, terminal_width
from asgi_mw.recorder.existing import recorded
from asgi_mw.recorder.objects import summary
from asgi_mw.recorder.results import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.results import Reading
    from asgi_mw.recorder.search import Search


def _duration(exchange: Exchange) -> int:
    if exchange.outcome is None:
        return time_ns() - exchange.began
    return -1 if exchange.ended is None else exchange.ended


def _size(exchange: Exchange) -> int:
    return exchange.bytes("receive") + exchange.bytes("send")


def _status(exchange: Exchange) -> int:
    answer = exchange.answer
    return answer.status if answer else -1


_ORDERS: dict[str, Callable[[Exchange], int]] = {
    "duration": _duration,
    "size": _size,
    "status": _status,
}


@click.command("ls", cls=Filtered)
@store_option
@filters
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="How many to list at most.",
)
@click.option(
    "--sort",
    type=click.Choice(["time", *_ORDERS]),
    default="time",
    show_default=True,
    help="Put the newest, slowest, largest or highest last.",
)
@click.option("--reverse", is_flag=True, help="Put them first.")
@click.option("--in-flight", is_flag=True, help="What is being served now.")
@json_option
def command(
    *,
    store: str,
    query: Search,
    limit: int,
    sort: str,
    reverse: bool,
    in_flight: bool,
    as_json: bool,
) -> None:
    """List recorded exchanges, the newest last: all, or those that match FILTER.

    A filter is words, as `status:5xx -path:/health dur:>100ms`, and options, which mean the same.
    The words are in the guide to the command line, under Filters.

    What is in the column ID opens one: asgi-mw show ID.  What is being served is recorded when it
    is over; `--in-flight` shows it once it has taken a second.
    """
    opened = recorded(store)
    found: Found | Reading = opened.in_flight() if in_flight else opened.exchanges(query)
    newest = reversed(found) if isinstance(found, Found) else found
    matching = (one for one in newest if query.matches(one))
    # Keep a row in place of each exchange, which may be large: it holds all that was recorded
    make: Callable[[Exchange], Any] = summary if as_json else row_of
    shown = (
        list(map(make, islice(matching, limit)))
        if sort == "time"
        else _most(matching, _ORDERS[sort], make, limit)
    )
    if not reverse:
        shown.reverse()
    if as_json:
        for one in shown:
            say_json(one)
    elif shown:
        say(*listing(shown, terminal_width()))
    else:
        said = "Nothing matches." if in_flight else nothing(query, found.problems)
        click.echo(said, err=True)
    report_problems(found.problems)


def _most(
    newest: Iterable[Exchange],
    order: Callable[[Exchange], int],
    make: Callable[[Exchange], Any],
    limit: int,
) -> list[Any]:
    """What *make* returns for the *limit* highest by *order*, highest first, newer before older."""
    rows = ((order(one), -place, make(one)) for one, place in zip(newest, count(), strict=False))
    return [row for *_, row in nlargest(limit, rows, key=lambda row: row[:2])]
