"""The options that say which exchanges are meant: each is a field of a query."""

from __future__ import annotations

import functools
from time import time_ns
from typing import TYPE_CHECKING, Any

import click

from asgi_mw.amounts import parse_moment
from asgi_mw.cli.options import duration_option, parsed
from asgi_mw.recorder.query import OUTCOMES, Query, nearest, type_of

if TYPE_CHECKING:
    from collections.abc import Callable

_TYPES = ("http", "websocket", "ws", "lifespan")


def _types(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for word in given:
        if word.lower() not in _TYPES:
            mend = f"{nearest(word, _TYPES)}take one of {', '.join(_TYPES)}"
            raise click.BadParameter(f"{word!r} is no type: {mend}", ctx, param)
    return tuple(type_of(word.lower()) for word in given)


_moment = parsed(lambda text: parse_moment(text, time_ns()))


def _words(name: str, **attributes: Any) -> Callable[[Any], Any]:
    """A filter that may be given several times, of which one has to fit."""
    return click.option(name, multiple=True, **attributes)


# Each by the name of a field of the query, which is all that a filter takes here
_FILTERS = {
    "method": _words("--method", help="For example GET."),
    "path": _words("--path", metavar="PATTERN", help="For example '/users/*'."),
    "route": _words("--route", metavar="PATTERN", help="For example '/users/{id}'."),
    "status": _words("--status", help="For example 404 or 5xx; a 500 of the server counts."),
    "outcome": _words("--outcome", metavar="OUTCOME", help=f"One of {', '.join(OUTCOMES)}."),
    "longer": duration_option("--longer", help="Took at least so long: 1.5 (s) or 200ms."),
    "since": click.option(
        "--since", metavar="WHEN", callback=_moment, help="For example 10m or 14:30."
    ),
    "until": click.option(
        "--until", metavar="WHEN", callback=_moment, help="For example 2026-05-04."
    ),
    "type": _words("--type", metavar="TYPE", callback=_types, help="http, ws or lifespan."),
    "trace": _words("--trace", metavar="ID", help="A trace id, its beginning, or a traceparent."),
    "text": _words("--text", help="In the path, query, route, ids or error."),
    "header": _words(
        "--header", metavar="NAME[:VALUE]", help="Of request or response, as content-type:json."
    ),
    "body": _words("--body", metavar="TEXT", help="In a body or message, as it was kept."),
}


def filters(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a filter, and hand it them as one ``query``."""

    @functools.wraps(function)
    def filtered(**given: Any) -> None:
        asked = {name: given.pop(name) for name in _FILTERS}
        function(
            query=Query(**{name: None if one == () else one for name, one in asked.items()}),
            **given,
        )

    for option in reversed(_FILTERS.values()):
        option(filtered)
    return filtered
