"""``asgi-mw ls``: list recorded exchanges."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.listing import listing, summary
from asgi_mw.cli.options import filters, json_option, recorded, report_problems, store_option
from asgi_mw.cli.output import say, say_json, terminal_width

if TYPE_CHECKING:
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.results import Found, Reading


@click.command("ls")
@store_option
@filters
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@click.option("--in-flight", is_flag=True, help="What is being served now.")
@json_option
def command(*, store: str, query: Query, limit: int, in_flight: bool, as_json: bool) -> None:
    """List recorded exchanges, the newest last.

    The id in the first column is what `show` takes.  What is being served is recorded when it
    is over; `--in-flight` shows it once it has taken a second.
    """
    opened = recorded(store)
    found: Found | Reading
    if in_flight:
        found = opened.in_flight()
        newest = [one for one in found if query.matches(one)][-limit:]
    else:
        found = opened.exchanges(query)
        newest = list(islice(found, limit))[::-1]
    if as_json:
        for exchange in newest:
            say_json(summary(exchange))
    elif newest:
        say(*listing(newest, terminal_width()))
    else:
        click.echo("Nothing matches.", err=True)
    report_problems(found.problems)
