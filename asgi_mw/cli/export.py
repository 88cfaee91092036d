"""``asgi-mw export``: write recordings to a file, for other tools, or send them to a collector."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from asgi_mw.amounts import plural
from asgi_mw.cli.completion import newest_ids
from asgi_mw.cli.filters import Filtered, nothing, only_options, query_of, search_of
from asgi_mw.cli.options import json_option, report_problems, size_option, store_option
from asgi_mw.cli.output import say_json
from asgi_mw.cli.output_file import STDOUT, check_target, path_for, text_for
from asgi_mw.cli.progress import Progress
from asgi_mw.cli.show import find
from asgi_mw.printable import printable
from asgi_mw.recorder.existing import recorded

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
_FORMATS = ("har", "jsonl", "trace", "parquet", *_TEXTS, "http", "pytest", "otlp")
# Formats that are handed on to others, and show bodies
_MASKED = ("har", "http", "pytest", "curl", "httpx", "text")
_MASKS = ("har", "otlp")
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
    help="har: HTTP archive; jsonl: JSON Lines, which lose nothing; trace: for Perfetto; parquet: "
    "a table; http: for REST clients; pytest: tests; otlp: logs for OpenTelemetry; the others as "
    "in show --as.",
)
@click.option(
    "--to", "url", metavar="URL", help="Send OTLP logs to this collector, as http://127.0.0.1:4318."
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
@size_option("--body-limit", help="With otlp: of each body so much; 16KiB, if you do not say.")
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
    kind: str | None,
    url: str | None,
    output: str,
    force: bool,
    bodies: str | None,
    body_limit: int | None,
    table: Table,
    app: str | None,
    store: str,
    as_json: bool,
) -> None:
    """Write recorded exchanges, the oldest first, to a file for other tools, or send them.

    Name them: ID is the beginning or the end of an id, of at least four digits, or `last` or
    `last-error`, as in `show`.  Or say which with FILTER, as in `ls`: all, if you say nothing.

    An export is made of what was recorded, in which secrets are masked.
    """
    kind = _kind(kind, url, output, bodies, body_limit)
    if app and kind != "pytest":
        raise click.UsageError(f"--app is for tests: leave it out, or --as {kind}")
    if table != "exchanges" and kind != "parquet":
        raise click.UsageError(f"--table is for parquet: leave it out, or --as {kind}")
    if as_json and output == STDOUT and url is None:
        raise click.UsageError("--json prints what was written to a file: say which with -o FILE")
    if kind == "parquet" and output == STDOUT and sys.stdout.isatty():
        raise click.UsageError("parquet is nothing to read: name a file with -o FILE")
    check_target(output, force=force)
    opened = recorded(store)
    picked = _picked(opened, given, asked, limit)
    if not picked:
        click.echo(nothing(picked.search, picked.problems), err=True)
        report_problems(picked.problems)
        raise click.exceptions.Exit(1)
    reading = picked.oldest_first()
    shows = url is not None or output != STDOUT or not sys.stdout.isatty()
    said = "exported" if url is None else "sent"
    with Progress(f"exchanges {said}", len(picked), shows=shows) as progress:
        exchanges = _masked(reading, progress.step, kind, bodies)
        if url is not None:
            written = _sender(url, bodies, body_limit)(exchanges)
        else:
            several = len(picked) > 1
            write = _writer(
                kind, bodies, several=several, table=table, app=app, body_limit=body_limit
            )
            with path_for(output) if kind == "parquet" else text_for(output) as target:
                written = write(exchanges, target)
    problems = reading.problems
    reading.close()
    _say(
        written,
        output if url is None else url,
        kind,
        problems,
        as_json=as_json,
        sent=url is not None,
    )
    report_problems(problems)


def _kind(
    kind: str | None, url: str | None, output: str, bodies: str | None, body_limit: int | None
) -> str:
    """The format to write.

    Raises:
        click.UsageError: The options do not go together.
    """
    if url is not None:
        if kind not in (None, "otlp"):
            raise click.UsageError(f"a collector takes otlp alone: leave out --as {kind}, or --to")
        if output != STDOUT:
            raise click.UsageError("--to sends it: leave out -o FILE, or --to")
        kind = "otlp"
    if kind is None:
        raise click.UsageError(
            "Missing option '--as'. Say what to write, or where to send it --to."
        )
    if kind == "otlp" and bodies == "raw":
        raise click.UsageError("many can read what a backend keeps: write --bodies redacted")
    if body_limit is not None and (kind != "otlp" or bodies != "redacted"):
        raise click.UsageError("--body-limit is for otlp with --bodies redacted")
    return kind


def _say(
    written: Written,
    target: str,
    kind: str,
    problems: tuple[str, ...],
    *,
    as_json: bool,
    sent: bool,
) -> None:
    """Say what was written or sent, and where to."""
    from asgi_mw.redaction import DEFAULT  # noqa: PLC0415  # --help needs no masks

    shown = DEFAULT.text(target) if sent else target  # it may have a password
    if as_json:
        say_json({
            "file": None if sent else shown,
            "to": shown if sent else None,
            "format": kind,
            "written": written.count,
            "left_out": written.left_out,
            "problems": problems,
        })  # fmt: skip
        return
    if sent or target != STDOUT:
        did = "Sent" if sent else "Wrote"
        click.echo(f"{did} {plural(written.count, 'exchange')} to {printable(shown)}.", err=True)
    for line in written.lines():
        click.echo(printable(line), err=True)


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
    """The exchanges that are read, one at a time, with their bodies as they are wanted."""
    from asgi_mw.recorder.masking import with_masked_payloads  # noqa: PLC0415  # as above

    redact = _redaction(bodies)
    masks = (bodies or kind in _MASKED) and kind not in _MASKS  # which do it themselves
    for exchange in reading:
        yield with_masked_payloads(exchange, redact) if masks else exchange
        step()


def _redaction(bodies: str | None) -> Any:
    from asgi_mw.redaction import DEFAULT, Redaction  # noqa: PLC0415  # as above

    return DEFAULT if bodies is None else Redaction(bodies=bodies)  # type: ignore[arg-type]  # one of the choices


def _writer(
    kind: str,
    bodies: str | None,
    *,
    several: bool,
    table: Table,
    app: str | None,
    body_limit: int | None,
) -> Callable[..., Written]:
    """A function that writes exchanges in this format to a file."""
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
        "otlp": partial(export.write_otlp, **_shown(bodies, body_limit)),
    }
    return writers[kind]


def _sender(url: str, bodies: str | None, body_limit: int | None) -> Callable[..., Written]:
    """A function that sends exchanges to a collector."""
    from asgi_mw.export import send_otlp  # noqa: PLC0415  # as above

    return partial(send_otlp, url=url, **_shown(bodies, body_limit))


def _shown(bodies: str | None, body_limit: int | None) -> dict[str, Any]:
    """What OTLP shows of bodies: nothing, unless somebody asks for it."""
    redact = _redaction(bodies) if bodies == "redacted" else None
    return {"redact": redact} | ({} if body_limit is None else {"body_limit": body_limit})
