"""``asgi-mw purge``: remove recorded exchanges."""

from __future__ import annotations

import sys
from time import time_ns
from typing import TYPE_CHECKING

import click

from asgi_mw.amounts import parse_age, size
from asgi_mw.cli.filters import Filtered, filters
from asgi_mw.cli.options import (
    duration_option,
    json_option,
    report_problems,
    size_option,
    store_option,
)
from asgi_mw.cli.output import say_json
from asgi_mw.recorder.existing import recorded
from asgi_mw.recorder.query import Query

if TYPE_CHECKING:
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store


@click.command("purge", cls=Filtered)
@store_option
@filters
@duration_option("--older-than", parse_age, help="What began so long ago, as 7d.")
@size_option("--keep-bytes", help="Then the oldest, until the store takes at most this: 100MB.")
@click.option("--id", "id_", metavar="ID", help="One exchange: the beginning or end of its id.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def command(
    *,
    store: str,
    query: Search,
    older_than: float | None,
    keep_bytes: int | None,
    id_: str | None,
    everything: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove recorded exchanges: what all of the given filters match, words and options.

    On a terminal you are asked before; elsewhere `--yes` is needed.
    """
    opened = recorded(store)
    chosen = _chosen(opened, query, older_than, id_)
    if chosen is None and keep_bytes is None and not everything:
        raise click.UsageError(
            "say what to remove: --older-than, --keep-bytes, --id, a filter, or --all"
        )
    if everything and (chosen is not None or keep_bytes is not None):
        raise click.UsageError("--all removes everything: leave it out, or all else")
    only_down = keep_bytes is not None and chosen is None and not everything
    problems: tuple[str, ...] = ()
    matching = 0
    if not only_down:
        reading = opened.exchanges(chosen)
        matching = sum(1 for _ in reading)
        problems = reading.problems
    if not dry_run and not yes:
        if not asks():
            raise click.UsageError("add --yes to remove without being asked, or --dry-run")
        plan = _plan(opened, matching, keep_bytes, only_down=only_down)
        click.confirm(f"Remove {plan}?", abort=True, prompt_suffix=" ", err=True)
    removed = 0
    if not dry_run:
        done = opened.purge() if everything else opened.purge(chosen, keep_bytes=keep_bytes)
        removed, problems = int(done), done.problems
    left = opened.stats().bytes
    if as_json:
        counts = {"matching": matching, "removed": removed, "bytes_left": left}
        say_json({**counts, "problems": problems})
    elif dry_run:
        plan = _plan(opened, matching, keep_bytes, only_down=only_down)
        click.echo(f"Would remove {plan}")
    else:
        click.echo(f"Removed {removed:,}; the store takes {size(left)} now.")
    report_problems(problems)


def asks() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _chosen(
    store: Store, query: Search, older_than: float | None, id_: str | None
) -> Search | None:
    """The filter to purge by; ``None`` if nothing was said."""
    if older_than is not None:
        query &= Query(until=time_ns() - int(older_than * 1e9)).search
    if id_ is not None:
        if query.terms:
            raise click.UsageError("--id names one exchange: leave out the filters")
        from asgi_mw.cli.show import find  # noqa: PLC0415  # only where it is used

        query = Query(id=find(store, id_).id).search
    return query if query.terms else None


def _plan(store: Store, matching: int, keep_bytes: int | None, *, only_down: bool) -> str:
    parts = [] if only_down else [f"{matching:,} exchange" + "s" * (matching != 1)]
    if keep_bytes is not None:
        now = size(store.stats().bytes)
        parts.append(f"the oldest until {size(keep_bytes)} are left of {now}")
    return ", then ".join(parts)
