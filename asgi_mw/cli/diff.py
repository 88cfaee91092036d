"""``asgi-mw diff``: how two exchanges or stores differ, or an app from what was recorded."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from asgi_mw.cli.alike import match_option
from asgi_mw.cli.completion import newest_ids
from asgi_mw.cli.diff_reports import FORMATS, text_lines, write
from asgi_mw.cli.filters import Filtered, filter_options, is_word, query_of, search_of
from asgi_mw.cli.leaving import leave, leaving
from asgi_mw.cli.options import json_option, report_problems, store_option
from asgi_mw.cli.output import say, terminal_width
from asgi_mw.cli.progress import Progress
from asgi_mw.cli.replay_options import refuse, replay_options
from asgi_mw.cli.show import find
from asgi_mw.differences.compared import Comparison, pair_of
from asgi_mw.recorder.existing import is_there, recorded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.cli.replay_options import Wishes
    from asgi_mw.differences import Matcher
    from asgi_mw.recorder.search import Search

_STATUSES = (
    "Exit status: 0 no difference; 1 something differs, or there is nothing to compare; 2 wrong "
    "usage, or a part of a store cannot be read."
)


@click.command("diff", cls=Filtered, epilog=_STATUSES)
@click.argument("left", required=False, shell_complete=newest_ids)
@click.argument("right", required=False, shell_complete=newest_ids)
@filter_options
@click.option("--baseline", metavar="STORE", help="Replay it with --app or --to, and compare.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to say it; --json is short for --format json.",
)
@json_option
@click.option("-o", "--output", metavar="FILE", help="Write it there.")
@match_option
@store_option
@replay_options
def command(
    *,
    left: str | None,
    right: str | None,
    words: Search,
    asked: Mapping[str, Any],
    baseline: str | None,
    kind: str,
    as_json: bool,
    output: str | None,
    matchers: Mapping[str, Matcher],
    store: str,
    wishes: Wishes,
) -> None:
    """Compare LEFT and RIGHT, or an app with what was recorded.

    Give two ids of the store, as `show` takes them: the two exchanges are compared, whatever they
    asked for.  Give two stores: each request of one is compared with the same request of the
    other, and what only one has is listed.  What differs between requests that one store has
    several times differs by itself, and is left out.

    With --baseline, and --app or --to, a store is replayed, as by `replay`.  A filter, as for
    `ls`, says what of the stores is compared.
    """
    if as_json and kind not in ("text", "json"):
        raise click.UsageError(f"--json is --format json: leave out one of it and --format {kind}")
    kind = "json" if as_json else kind
    before = set(threading.enumerate())
    if baseline is not None:
        given = [one for one in (left, right) if one is not None]
        if not all(is_word(one) for one in given):
            raise click.UsageError(
                "--baseline stands for LEFT, and --app for RIGHT: leave them out"
            )
        query = query_of(search_of(given) & words, asked)
        with leaving(before):
            comparison = _baseline(baseline, query, wishes, matchers)
    elif left is None or right is None:
        raise click.UsageError("say what to compare: two ids, two stores, or --baseline with --app")
    else:
        refuse(wishes, "--baseline STORE")
        query = query_of(words, asked)
        comparison = _two(left, right, store, query=query, wishes=wishes, matchers=matchers)
    if kind == "text" and output is None:
        say(*text_lines(comparison, terminal_width()))
    else:
        write(comparison, kind, output)
    leave(before, int(comparison.stuck or comparison.fails), stuck=comparison.stuck)
    report_problems(comparison.problems)
    if comparison.fails:
        raise click.exceptions.Exit(1)


def _baseline(
    name: str, query: Search, wishes: Wishes, matchers: Mapping[str, Matcher]
) -> Comparison:
    if not wishes.name:
        raise click.UsageError("--baseline is compared with an app: add --app module:app, or --to")
    from asgi_mw.cli.choosing import choose  # noqa: PLC0415  # of three ways, one is used
    from asgi_mw.cli.replayers import replay_all  # noqa: PLC0415  # the same
    from asgi_mw.recorder.windows import Windows  # noqa: PLC0415  # the same

    store = recorded(name)
    chosen = choose(store, [], query, limit=None, secrets=wishes.secrets, unsafe=wishes.unsafe)
    comparison = Comparison(name, wishes.name)
    comparison.left_out, comparison.problems = chosen.left_out, chosen.problems
    wishes = replace(wishes, unsafe=chosen.unsafe)
    with Progress("exchanges replayed") as progress:
        replay_all(
            Windows(store, None, chosen.places),
            len(chosen.places),
            wishes,
            comparison,
            each=lambda _: progress.step(),
            matchers=matchers,
        )
    return comparison


def _two(
    left: str,
    right: str,
    store: str,
    *,
    query: Search,
    wishes: Wishes,
    matchers: Mapping[str, Matcher],
) -> Comparison:
    comparison = Comparison(left, right)
    stores = [is_there(one) for one in (left, right)]
    if all(stores):
        from asgi_mw.cli.pairing import StoreDiff  # noqa: PLC0415  # of two ways, one is used

        with Progress("exchanges read") as progress:
            diff = StoreDiff(
                recorded(left),
                recorded(right),
                comparison,
                ignore=wishes.ignore,
                matchers=matchers,
                step=progress.step,
            )
            comparison.problems = diff.run(query)
            return comparison
    if any(stores):
        raise click.UsageError(
            f"{left if stores[0] else right} is a store, and the other is none: "
            "give two stores, or two ids"
        )
    opened = recorded(store)
    one, other = find(opened, left, query), find(opened, right, query)
    from asgi_mw.differences import compare  # noqa: PLC0415  # of two ways, one is used

    found = compare(one, other, ignore=wishes.ignore, matchers=matchers)
    comparison.pairs.append(pair_of(one, other, found))
    return comparison
