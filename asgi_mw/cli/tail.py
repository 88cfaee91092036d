"""``asgi-mw tail``: show exchanges as they come."""

from __future__ import annotations

from itertools import count, islice
from time import sleep
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.filters import Filtered, filters
from asgi_mw.cli.listing import BY_SERVER, headline, is_by_server, legend, one_row, row_of
from asgi_mw.cli.options import json_option, say_problems, store_option
from asgi_mw.cli.output import say, say_json, terminal_width
from asgi_mw.printable import printable
from asgi_mw.recorder.existing import is_store, meant, recorded
from asgi_mw.recorder.objects import summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store

_POLL_SECONDS = 0.2
# Views of what is in flight are refreshed once a second
_POLLS_IN_FLIGHT = 5


@click.command("tail", cls=Filtered)
@store_option
@filters
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="How many to show at the start.",
)
@json_option
def command(*, store: str, query: Search, lines: int, as_json: bool) -> None:
    """Show exchanges as they come, until Ctrl-C; wait for the recordings if there are none yet.

    What takes over a second is shown `in flight` first, and again when it is over.
    """
    said: set[str] = set()

    def warn(problems: Iterable[str]) -> None:
        say_problems(problem for problem in problems if problem not in said)
        said.update(problems)

    try:
        opened = _awaited(store)
        if not as_json:
            say(headline(terminal_width()))
        for exchange in following(opened, query, lines, warn):
            if as_json:
                say_json(summary(exchange))
            else:
                row, columns = row_of(exchange), terminal_width()
                say(*one_row(row, columns))
                if columns is not None and is_by_server(row) and BY_SERVER not in said:
                    said.add(BY_SERVER)
                    say(*legend(columns))
    except KeyboardInterrupt:
        raise click.exceptions.Exit(0) from None


def _awaited(name: str) -> Store:
    """The store called *name*, once it is there."""
    if not is_store(name):
        where, inside = printable(name), printable(meant(name))
        hint = f" (did you mean {inside}?)" if inside else ""
        click.echo(f"Waiting for recordings at {where}{hint}; Ctrl-C ends it.", err=True)
        while not is_store(name):
            sleep(_POLL_SECONDS)
    return recorded(name)


def following(
    store: Store, query: Query | Search, back: int, warn: Callable[[Iterable[str]], object] = tuple
) -> Iterator[Exchange]:
    """The last *back* exchanges that match, then each as it is stored, without end.

    Args:
        store: Where they come from.
        query: Which of them.
        back: How many of those that are there already.
        warn: Called with what cannot be read, each time that it cannot.
    """
    # The cursor first: what is stored between the two is seen twice rather than never
    _, cursor = store.follow()
    reading = store.exchanges(query)
    last = list(islice(reading, back))
    warn(reading.problems)
    reading.close()
    yield from reversed(last)
    seen = {exchange.id for exchange in last}
    running: set[str] = set()
    for poll in count():
        news, cursor = store.follow(cursor)
        warn(news.problems)
        yield from (one for one in news if one.id not in seen and query.matches(one))
        seen = set()
        if poll % _POLLS_IN_FLIGHT == 0:
            flying = store.in_flight()
            warn(flying.problems)
            views = [one for one in flying if query.matches(one)]
            yield from (one for one in views if one.id not in running)
            running = {one.id for one in views}
        sleep(_POLL_SECONDS)
