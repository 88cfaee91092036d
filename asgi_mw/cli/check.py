"""``asgi-mw check``: what recorded connections, or an app, do that ASGI does not allow."""

from __future__ import annotations

import threading
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from asgi_mw.cli.commands import typed
from asgi_mw.cli.filters import Filtered, filter_options, is_word, nothing, query_of, search_of
from asgi_mw.cli.leaving import leave, leaving
from asgi_mw.cli.options import (
    app_dir_option,
    duration_option,
    json_option,
    report_problems,
    store_option,
)
from asgi_mw.cli.progress import Progress
from asgi_mw.cli.reports import FORMATS, write
from asgi_mw.cli.rule_names import named
from asgi_mw.printable import printable, without_password
from asgi_mw.recorder.existing import is_there, recorded
from asgi_mw.spec.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.cli.app_check import Wishes
    from asgi_mw.recorder.search import Search
    from asgi_mw.spec.rule import Profile

_STATUSES = (
    "Exit status: 0 the text allows all of it; 1 it does not, or the app hangs or does not start; "
    "2 wrong usage, or a part of the store cannot be read.  What can be read in two ways, and "
    "advice, never counts."
)


@click.command("check", cls=Filtered, epilog=_STATUSES)
@click.argument("target", metavar="[STORE|MODULE:APP]", required=False)
@filter_options
@click.option("--limit", type=click.IntRange(1), help="Judge so many exchanges, the newest.")
@click.option(
    "--profile",
    type=click.Choice(["spec", "http", "advice"]),
    default="spec",
    show_default=True,
    help="What ASGI says; what HTTP and WebSocket say, too; good practice as well.",
)
@click.option(
    "--ignore", metavar="RULE", multiple=True, help="Leave out a rule, or a group as wire."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to say it; --json is short for --format json.",
)
@json_option
@click.option("--output", metavar="FILE", help="Write it there.")
@store_option
@click.option("--factory", is_flag=True, help="APP is a function that makes the app.")
@app_dir_option
@click.option(
    "--openapi",
    metavar="FILE|PATH",
    help="Request what this document lists: a file, or a path of the app as /openapi.json.",
)
@click.option("--unsafe", is_flag=True, help="Of it also POST, PUT, PATCH and DELETE.")
@click.option(
    "--websocket", metavar="PATH", multiple=True, help="Open a WebSocket there, and close it."
)
@duration_option(
    "--timeout", default="5s", show_default=True, help="How long each request may take."
)
def command(
    *,
    target: str | None,
    words: Search,
    asked: Mapping[str, Any],
    limit: int | None,
    profile: Profile,
    ignore: tuple[str, ...],
    kind: str,
    as_json: bool,
    output: str | None,
    store: str,
    factory: bool,
    app_dir: str,
    openapi: str | None,
    unsafe: bool,
    websocket: tuple[str, ...],
    timeout: float,
) -> None:
    """Say what recorded connections, or an app, do that the ASGI specification does not allow.

    Give a STORE, or leave it out: its recordings are judged, the newest first; all, or those that
    match FILTER, as for `ls`.

    Give MODULE:APP: the app is started in this process, gets requests, and is judged by what it
    does.  Then --path and --method, each as often as you like, say what is requested, --header
    and --body what is sent with it: GET / if you say nothing.  With --store, what it does is
    recorded there.
    """
    if as_json and kind not in ("text", "json"):
        raise click.UsageError(f"--json is --format json: leave out one of it and --format {kind}")
    kind = "json" if as_json else kind
    rules = _rules(profile, ignore)
    if target is not None and is_word(target) and not is_there(target):
        words, target = search_of([target]) & words, None
    if target is not None and ":" in target and not is_there(target):
        if words.terms or limit:
            raise click.UsageError("a filter and --limit choose recordings: leave them out, or APP")
        _refuse(asked, {"path", "method", "header", "body"}, "chooses recordings", "APP")
        from asgi_mw.cli.app_check import Wishes  # noqa: PLC0415  # of two ways, one is used

        wishes = Wishes(
            target=target,
            factory=factory,
            app_dir=app_dir,
            paths=asked["path"],
            methods=asked["method"],
            headers=asked["header"],
            bodies=asked["body"],
            openapi=openapi,
            unsafe=unsafe,
            websockets=websocket,
            timeout=timeout,
            profile=profile,
            store=store if _was_given("store") else None,
        )
        _check_app(wishes, rules, kind, output)
        return
    of_apps = {"factory": factory, "openapi": openapi, "unsafe": unsafe, "websocket": websocket}
    _refuse(of_apps, set(), "is for an app", "it")
    if target is not None:
        if _was_given("store"):
            raise click.UsageError(f"--store and {printable(target)!r} both name a store: keep one")
        store = target
    opened = recorded(store)
    said = without_password(store)
    findings = Findings(said, rules, said)
    from asgi_mw.spec.judging import judge  # noqa: PLC0415  # of two ways, one is used

    query = query_of(words, asked)
    reading = opened.exchanges(query)
    with Progress("exchanges judged") as progress:
        judge(islice(reading, limit), findings, profile=profile, step=progress.step)
    findings.problems = reading.problems
    reading.close()
    if not findings.judged:
        click.echo(nothing(query, reading.problems), err=True)
    write(findings, kind, output, partial(_opening, store))
    report_problems(findings.problems)
    if findings.fails:
        raise click.exceptions.Exit(1)


def _check_app(wishes: Wishes, rules: list[Any], kind: str, output: str | None) -> None:
    """Judge an app, and end."""
    from asgi_mw.cli.app_check import check_app  # noqa: PLC0415  # of two ways, one is used

    before = set(threading.enumerate())
    with Progress("requests sent") as progress, leaving(before):
        findings, stuck = check_app(wishes, rules, progress.step)
    write(findings, kind, output, partial(_opening, wishes.store or ""))
    leave(before, int(stuck or findings.fails), stuck=stuck)
    if findings.fails:
        raise click.exceptions.Exit(1)


def _rules(profile: Profile, ignore: tuple[str, ...]) -> list[Any]:
    from asgi_mw.spec import PROFILES, RULES  # noqa: PLC0415  # made as somebody asks for them

    left_out = {rule.id for word in ignore for rule in named(word)}
    return [
        rule
        for rule in RULES.values()
        if rule.profile in PROFILES[profile] and rule.id not in left_out
    ]


def _refuse(options: Mapping[str, Any], allowed: set[str], why: str, other: str) -> None:
    for name, value in options.items():
        if name not in allowed and value not in (None, False, ()):
            raise click.UsageError(f"--{name} {why}: leave out {other}, or --{name}")


def _was_given(option: str) -> bool:
    context = click.get_current_context()
    return context.get_parameter_source(option) is ParameterSource.COMMANDLINE


def _opening(store: str, id: str) -> str:  # noqa: A002  # the exchange's own word
    return typed(f"show {id}", store)
