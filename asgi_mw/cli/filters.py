"""The words and the options that say which exchanges are meant."""

from __future__ import annotations

import functools
import os
import re
import shlex
from time import time_ns
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from asgi_mw.amounts import parse_moment
from asgi_mw.cli.completion import newest_ids
from asgi_mw.cli.options import duration_option, parsed
from asgi_mw.errors import ConfigError
from asgi_mw.printable import printable, printable_lines
from asgi_mw.recorder.calling import NAMES
from asgi_mw.recorder.existing import is_store, meant
from asgi_mw.recorder.facets import FACETS
from asgi_mw.recorder.naming import OUTCOMES, TYPES, nearest, type_of
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.search import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from asgi_mw.recorder.search import Search

_ID = re.compile(r"[0-9a-fA-F]{4,32}")
# Put before a filter word that begins with a minus, so that click does not take it for an option
_NEGATED = "\0"


def _types(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for word in given:
        if word.lower() not in TYPES:
            mend = f"{nearest(word, TYPES)}take one of {', '.join(TYPES)}"
            raise click.BadParameter(f"{word!r} is no type: {mend}", ctx, param)
    return tuple(type_of(word.lower()) for word in given)


_moment = parsed(lambda text: parse_moment(text, time_ns()))


def _words(name: str, known: Iterable[str] = (), **attributes: Any) -> Callable[[Any], Any]:
    """A filter that may be given several times, of which one has to fit; shells offer *known*."""
    words = list(known)

    def completed(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]

    return click.option(name, multiple=True, shell_complete=completed, **attributes)


# The options of a filter, each by the name of the field of the query that it sets
_FILTERS = {
    "method": _words("--method", help="For example GET."),
    "path": _words("--path", metavar="PATTERN", help="For example '/users/*'."),
    "route": _words("--route", metavar="PATTERN", help="For example '/users/{id}'."),
    "status": _words("--status", help="For example 404 or 5xx; a 500 of the server counts."),
    "outcome": _words(
        "--outcome", OUTCOMES, metavar="OUTCOME", help=f"One of {', '.join(OUTCOMES)}."
    ),
    "longer": duration_option("--longer", help="Took at least so long: 1.5 (s) or 200ms."),
    "since": click.option(
        "--since", metavar="WHEN", callback=_moment, help="For example 10m or 14:30."
    ),
    "until": click.option(
        "--until", metavar="WHEN", callback=_moment, help="For example 2026-05-04."
    ),
    "type": _words("--type", TYPES, metavar="TYPE", callback=_types, help="http, ws or lifespan."),
    "trace": _words("--trace", metavar="ID", help="A trace id, its beginning, or a traceparent."),
    "text": _words("--text", help="In the path, query, route, ids or error."),
    "header": _words(
        "--header", metavar="NAME[:VALUE]", help="Of request or response, as content-type:json."
    ),
    "body": _words("--body", metavar="TEXT", help="In a body or message, as it was kept."),
}


class Filtered(click.Command):
    """A command whose arguments are words of a filter, which may begin with ``-``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Hand over ``-path:/health`` as an argument, which click would take for options."""
        ends = args.index("--") if "--" in args else len(args)
        marked = [_NEGATED + one if is_negated(one) else one for one in args[:ends]]
        return super().parse_args(ctx, [*marked, *args[ends:]])


def is_negated(argument: str) -> bool:
    """Whether *argument* begins with the opposite of a word of the filter language.

    >>> is_negated("-path:/health"), is_negated("-n5"), is_negated("--path")
    (True, False, False)
    """
    word, colon, _ = argument.partition(":")
    return colon != "" and word.startswith("-") and word[1:].lower() in FACETS


def is_word(argument: str) -> bool:
    """Whether *argument* begins with a name of the filter language: then it is no text or place.

    >>> is_word("status:5xx"), is_word("-path:/health"), is_word("shop:app"), is_word("traffic")
    (True, True, False, False)
    """
    name, colon, _ = argument.removeprefix(_NEGATED).removeprefix("-").partition(":")
    return colon != "" and name.lower() in FACETS


def search_of(arguments: Iterable[str]) -> Search:
    """The filter that *arguments* are the words of.

    Raises:
        click.UsageError: They are no filter, or one is the place of a store.
    """
    arguments = list(arguments)
    for one in arguments:
        if store := _place(one):
            raise click.UsageError(
                f"{printable(one)} is a folder; write --store {shlex.quote(printable(store))}"
            )
    try:
        return parse(" ".join(one.removeprefix(_NEGATED) for one in arguments))
    except ConfigError as error:
        raise click.UsageError(printable_lines(str(error))) from None


def _place(argument: str) -> str:
    """The store that is at *argument*, or in it; empty if none is, though it may be a folder."""
    if not os.path.isdir(argument):  # noqa: PTH112  # Path raises where a name cannot be one
        return ""
    return argument if is_store(argument) else meant(argument)


def query_of(words: Search, asked: Mapping[str, Any]) -> Search:
    """The filter of *words* and of options, each by its name; what was not given is empty."""
    query = Query(**{name: None if one == () else one for name, one in asked.items()})
    return query.search & words


def nothing(query: Search, problems: Sequence[str] = ()) -> str:
    """What to say if *query* finds nothing; *problems* are what could not be read."""
    texts = [text for one in query.terms if one.word == "text" for text in one.values]
    for text in filter(os.path.isdir, texts):
        return f"Nothing matches; {printable(text)} is a folder: a store is named by --store."
    if problems:
        return "Nothing matches in what could be read."
    return "Nothing matches." if query.terms else "No recordings yet."


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command a filter, and hand it its parts: ``words``, and what was ``asked`` by options.

    For a command to which the options may mean something else as well.
    """
    return _worded(function, "[FILTER]...", _search)


def id_filters(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command ids and a filter, and hand it both: the ``ids``, and one ``query``."""

    @functools.wraps(function)
    def filtered(
        *, words: tuple[list[str], Search], asked: Mapping[str, Any], **given: Any
    ) -> None:
        ids, search = words
        function(ids=ids, query=query_of(search, asked), **given)

    return _worded(filtered, "[ID|FILTER]...", _ids_and_search, newest_ids)


def _worded(
    function: Callable[..., None],
    metavar: str,
    callback: Callable[..., Any],
    completes: Callable[..., list[CompletionItem]] | None = None,
) -> Callable[..., None]:
    words = click.argument(
        "words", metavar=metavar, nargs=-1, callback=callback, shell_complete=completes
    )
    return words(only_options(function))


def only_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a filter, and hand it what was ``asked`` by them.

    For a command whose arguments mean something else as well.
    """

    @functools.wraps(function)
    def filtered(**given: Any) -> None:
        function(asked={name: given.pop(name) for name in _FILTERS}, **given)

    for option in reversed(_FILTERS.values()):
        option(filtered)
    return filtered


def filters(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command a filter, in words and by options, and hand it both as one ``query``."""

    @functools.wraps(function)
    def filtered(*, words: Search, asked: Mapping[str, Any], **given: Any) -> None:
        function(query=query_of(words, asked), **given)

    return filter_options(filtered)


def is_id(argument: str) -> bool:
    """Whether *argument* is (a part of) the id of an exchange, or a name of one.

    >>> is_id("2a1e4d"), is_id("last-error"), is_id("status:500"), is_id("users")
    (True, True, False, False)
    """
    return argument in NAMES or _ID.fullmatch(argument) is not None


def _ids_and_search(
    _: click.Context, __: click.Parameter, given: tuple[str, ...]
) -> tuple[list[str], Search]:
    ids = [one for one in given if is_id(one)]
    return ids, search_of([one for one in given if not is_id(one)])


def _search(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> Search:
    return search_of(given)
