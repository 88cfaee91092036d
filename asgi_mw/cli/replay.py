"""``asgi-mw replay``: give an app or a server once more what was recorded."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.choosing import choose
from asgi_mw.cli.difference_lines import pair_lines, summary_lines
from asgi_mw.cli.filters import Filtered, id_filters
from asgi_mw.cli.leaving import leave, leaving
from asgi_mw.cli.options import json_option, report_problems, store_option
from asgi_mw.cli.output import say, say_json, terminal_width
from asgi_mw.cli.progress import Progress
from asgi_mw.cli.replay_options import replay_options
from asgi_mw.differences.compared import Comparison
from asgi_mw.differences.reporting import report_json
from asgi_mw.recorder.existing import recorded
from asgi_mw.recorder.windows import Windows

if TYPE_CHECKING:
    from asgi_mw.cli.replay_options import Wishes
    from asgi_mw.differences.compared import Compared
    from asgi_mw.recorder.search import Search

_STATUSES = (
    "Exit status: 0 no difference; 1 something differs, there is nothing to replay, or the app "
    "fails to start, hangs or cannot be reached; 2 wrong usage, or a part of the store cannot be "
    "read."
)


@click.command("replay", cls=Filtered, epilog=_STATUSES)
@id_filters
@click.option("--limit", type=click.IntRange(1), help="Replay so many exchanges, the newest.")
@store_option
@replay_options
@json_option
def command(
    *,
    ids: list[str],
    query: Search,
    limit: int | None,
    store: str,
    wishes: Wishes,
    as_json: bool,
) -> None:
    """Replay recorded exchanges, the oldest first, and say what differs.

    Give the ids of some, as `show` takes them, or a filter, as for `ls`; without both, all are
    replayed.  With --app the app is started in this process; it gets the recorded messages in
    their order, each once the app has sent what came before it.  With --to a server gets them.

    What differs is replayed once more: what differs by itself, as a date, is left out.  What may
    change something is replayed only if you agree, or with --unsafe.  The output names what is
    masked in the recording; --secret gives its value.
    """
    if (wishes.app or wishes.to) is None:
        raise click.UsageError("say against what: --app module:app, or --to http://127.0.0.1:8000")
    if ids and limit is not None:
        raise click.UsageError("--limit is for a filter: leave it out, or the ids")
    opened = recorded(store)
    chosen = choose(opened, ids, query, limit=limit, secrets=wishes.secrets, unsafe=wishes.unsafe)
    comparison = Comparison(store, wishes.name)
    comparison.left_out, comparison.problems = chosen.left_out, chosen.problems
    wishes = replace(wishes, unsafe=chosen.unsafe)
    if not chosen.places:
        click.echo("Nothing to replay.", err=True)
        if as_json:
            say_json(report_json(comparison))
        report_problems(chosen.problems)
        raise click.exceptions.Exit(1)
    from asgi_mw.cli.replayers import replay_all  # noqa: PLC0415  # --help needs no app

    before = set(threading.enumerate())

    columns = terminal_width()
    with Progress("exchanges replayed") as progress, leaving(before):

        def each(one: Compared) -> None:
            if not as_json:
                progress.clear()
                say(*pair_lines(one, columns))
            progress.step()

        windows = Windows(opened, None, chosen.places)
        replay_all(windows, len(chosen.places), wishes, comparison, each=each)
    if as_json:
        say_json(report_json(comparison))
    else:
        say([], *summary_lines(comparison, columns))
    leave(before, int(comparison.stuck or comparison.fails), stuck=comparison.stuck)
    report_problems(chosen.problems)
    if comparison.fails:
        raise click.exceptions.Exit(1)
