"""``asgi-mw tail``: show exchanges as they come."""

from __future__ import annotations

from itertools import count, islice
from time import sleep
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.listing import fit, headline, one_line, summary
from asgi_mw.cli.options import filters, json_option, recorded, say_problems, store_option
from asgi_mw.cli.output import say, say_json, terminal_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.store import Store

_POLL_SECONDS = 0.2
# Views of what is in flight are refreshed once a second
_POLLS_IN_FLIGHT = 5


@click.command("tail")
@store_option
@filters
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="Begin so far back.",
)
@json_option
def command(*, store: str, query: Query, lines: int, as_json: bool) -> None:
    """Show exchanges as they come, until Ctrl-C.

    What takes over a second is shown `in flight` first, and again when it is over.
    """
    opened = recorded(store)
    if not as_json:
        say(headline())
    said: set[str] = set()

    def warn(problems: Iterable[str]) -> None:
        say_problems(problem for problem in problems if problem not in said)
        said.update(problems)

    try:
        for exchange in following(opened, query, lines, warn):
            if as_json:
                say_json(summary(exchange))
            else:
                say(fit(one_line(exchange), terminal_width()))
    except KeyboardInterrupt:
        raise click.exceptions.Exit(0) from None


def following(
    store: Store, query: Query, back: int, warn: Callable[[Iterable[str]], object] = tuple
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
