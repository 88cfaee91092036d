"""``asgi-mw export``: write recordings to a file, for other tools."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from asgi_mw.amounts import plural
from asgi_mw.cli.completion import newest_ids
from asgi_mw.cli.filters import Filtered, only_options, query_of, search_of
from asgi_mw.cli.options import json_option, recorded, report_problems, store_option
from asgi_mw.cli.output import say_json
from asgi_mw.cli.output_file import STDOUT, check_target, path_for, text_for
from asgi_mw.cli.progress import Progress
from asgi_mw.cli.show import find
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from asgi_mw.events import Exchange
    from asgi_mw.export import Written
    from asgi_mw.export.parquet import Table
    from asgi_mw.recorder.picking import Picked
    from asgi_mw.recorder.results import Reading
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store

_TEXTS = ("curl", "httpx", "mermaid", "text")
_FORMATS = ("har", "jsonl", "trace", "parquet", *_TEXTS, "http", "pytest")
# What is handed on to others, and shows bodies
_MASKED = ("har", "http", "pytest", "curl", "httpx", "text")
_ID = re.compile(r"[0-9a-f]{4,32}|last|last-error")
_STATUSES = (
    "Exit status: 0 it was written; 1 nothing matches, or it cannot be written; 2 wrong usage, or "
    "a part of the store cannot be read."
)


@click.command("export", cls=Filtered, epilog=_STATUSES)
@click.argument("given", metavar="[ID|FILTER]...", nargs=-1, shell_complete=newest_ids)
@only_options
@click.option("--limit", type=click.IntRange(1), help="The newest, so many.")
@click.option(
    "--as",
    "kind",
    type=click.Choice(_FORMATS),
    required=True,
    help="har: HTTP archive; jsonl: JSON Lines, which lose nothing; trace: for Perfetto; parquet: "
    "a table; http: for REST clients; pytest: tests; the others as in show --as.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default=STDOUT,
    help="Where to write it; standard output, or -, if you do not say.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option(
    "--bodies",
    type=click.Choice(["redacted", "raw", "none"]),
    help="Mask bodies that were recorded raw, leave them as they are, or leave them out.",
)
@click.option(
    "--table",
    type=click.Choice(["exchanges", "events"]),
    default="exchanges",
    show_default=True,
    help="With parquet: a row for each exchange, or for each of their events.",
)
@click.option("--app", metavar="MODULE:APP", help="With pytest: the app to test.")
@store_option
@json_option
def command(
    *,
    given: tuple[str, ...],
    asked: Mapping[str, Any],
    limit: int | None,
    kind: str,
    output: str,
    force: bool,
    bodies: str | None,
    table: Table,
    app: str | None,
    store: str,
    as_json: bool,
) -> None:
    """Write recorded exchanges to a file, the oldest first, for other tools.

    Name them: ID is the beginning or the end of an id, of at least four digits, or `last` or
    `last-error`, as in `show`.  Or say which with FILTER, as in `ls`: all, if you say nothing.

    An export is made of what was recorded, in which secrets are masked.
    """
    if app and kind != "pytest":
        raise click.UsageError(f"--app is for tests: leave it out, or --as {kind}")
    if table != "exchanges" and kind != "parquet":
        raise click.UsageError(f"--table is for parquet: leave it out, or --as {kind}")
    if as_json and output == STDOUT:
        raise click.UsageError("--json prints what was written to a file: say which with -o FILE")
    if kind == "parquet" and output == STDOUT and sys.stdout.isatty():
        raise click.UsageError("parquet is nothing to read: name a file with -o FILE")
    check_target(output, force=force)
    opened = recorded(store)
    picked = _picked(opened, given, asked, limit)
    if not picked:
        click.echo("Nothing matches.", err=True)
        report_problems(picked.problems)
        raise click.exceptions.Exit(1)
    reading = picked.oldest_first()
    shows = output != STDOUT or not sys.stdout.isatty()
    with Progress("exchanges exported", len(picked), shows=shows) as progress:
        exchanges = _masked(reading, progress.step, kind, bodies)
        write = _writer(kind, bodies, several=len(picked) > 1, table=table, app=app)
        if kind == "parquet":
            with path_for(output) as path:
                written = write(exchanges, path)
        else:
            with text_for(output) as file:
                written = write(exchanges, file)
    problems = reading.problems
    reading.close()
    if as_json:
        say_json({
            "file": output,
            "format": kind,
            "exchanges": written.count,
            "left_out": written.left_out,
            "problems": problems,
        })  # fmt: skip
    else:
        if output != STDOUT:
            wrote = f"Wrote {plural(written.count, 'exchange')} to {printable(output)}."
            click.echo(wrote, err=True)
        for line in written.lines():
            click.echo(printable(line), err=True)
    report_problems(problems)


def _picked(
    opened: Store, given: tuple[str, ...], asked: Mapping[str, Any], limit: int | None
) -> Picked:
    from asgi_mw.recorder.picking import Picked  # noqa: PLC0415  # --help needs no store

    ids = [one for one in given if _ID.fullmatch(one)]
    words = [one for one in given if one not in ids]
    query = query_of(search_of(words), asked)
    if not ids:
        with Progress("exchanges found") as progress:
            return Picked(opened, query, limit=limit, step=progress.step)
    if limit or (query.terms and not any(one.startswith("last") for one in ids)):
        raise click.UsageError("ID says which are meant: leave out the filter and --limit, or ID")
    return Picked(opened, query, ids=[_id_of(opened, one, query) for one in ids])


def _id_of(opened: Store, name: str, query: Search) -> str:
    exchange = find(opened, name, query)
    if exchange.outcome is None:
        raise click.ClickException(f"{exchange.id} is still being served; wait for its end")
    return exchange.id


def _masked(
    reading: Reading, step: Callable[[], None], kind: str, bodies: str | None
) -> Iterator[Exchange]:
    """What is read, with its bodies as they are wanted; each is let go of before the next."""
    from asgi_mw.recorder.masking import with_masked_payloads  # noqa: PLC0415  # as above

    redact = _redaction(bodies)
    masks = (bodies or kind in _MASKED) and kind != "har"  # which masks for itself
    for exchange in reading:
        yield with_masked_payloads(exchange, redact) if masks else exchange
        step()


def _redaction(bodies: str | None) -> Any:
    from asgi_mw.redaction import DEFAULT, Redaction  # noqa: PLC0415  # as above

    return DEFAULT if bodies is None else Redaction(bodies=bodies)  # type: ignore[arg-type]  # one of the choices


def _writer(
    kind: str, bodies: str | None, *, several: bool, table: Table, app: str | None
) -> Callable[..., Written]:
    """What writes exchanges in this format to a file."""
    from asgi_mw import export  # noqa: PLC0415  # of many formats, one is used

    if kind in _TEXTS:
        return partial(export.write_texts, way=kind, several=several)
    writers: dict[str, Callable[..., Written]] = {
        "har": partial(export.write_har, redact=_redaction(bodies)),
        "jsonl": export.write_jsonl,
        "trace": export.write_trace,
        "http": export.write_http,
        "pytest": partial(export.write_pytest, app=app),
        "parquet": partial(export.write_parquet, table=table),
    }
    return writers[kind]
