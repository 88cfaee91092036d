"""``asgi-mw ls``: list recorded exchanges."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from asgi_mw.cli.listing import cells, laid_out, summary
from asgi_mw.cli.options import filters, json_option, recorded, report_problems, store_option
from asgi_mw.cli.output import say, say_json, terminal_width
from asgi_mw.recorder.results import Found

if TYPE_CHECKING:
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.results import Reading


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
    found: Found | Reading = opened.in_flight() if in_flight else opened.exchanges(query)
    newest = reversed(found) if isinstance(found, Found) else found
    matching = (one for one in newest if query.matches(one))
    # A line in place of each exchange, which may be as large as all that was recorded of it
    shown: list[Any] = list(map(summary if as_json else cells, islice(matching, limit)))[::-1]
    if as_json:
        for one in shown:
            say_json(one)
    elif shown:
        say(*laid_out(shown, terminal_width()))
    else:
        click.echo("Nothing matches.", err=True)
    report_problems(found.problems)
