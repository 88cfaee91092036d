"""The options that say what does not count as a difference: ``--ignore`` and ``--match``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from asgi_mw.differences import matching, present, within
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from asgi_mw.differences import Matcher

_MATCH = re.compile(r"(.+?)=(?:(regex|tolerance):(.*)|(present))", re.DOTALL)
_PARTS = ("request", "status", "outcome", "error", "header", "body", "message", "close", "time")
_FORMS = "NAME=regex:PATTERN, NAME=present or NAME=tolerance:0.01"


def _names(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for name in given:
        if name.partition(" ")[0] not in _PARTS and "*" not in name:
            raise click.BadParameter(
                f"{printable(name)!r} names no difference: begin with one of {', '.join(_PARTS)}, "
                "as in 'header etag' or 'body $.items[*].id'",
                ctx,
                param,
            )
    return given


def _matchers(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> dict[str, Matcher]:
    made = {}
    for text in given:
        try:
            name, matcher = _matcher(text)
        except ValueError as error:
            raise click.BadParameter(f"{printable(text)!r}: {error}", ctx, param) from None
        _names(ctx, param, (name,))
        made[name] = matcher
    return made


def _matcher(text: str) -> tuple[str, Matcher]:
    """The name of a difference, and a function that says whether its two values are alike.

    >>> name, alike = _matcher("body $.total=tolerance:0.01")
    >>> name, alike(1.0, 1.005)
    ('body $.total', True)

    Raises:
        ValueError: *text* is not written like that.
    """
    found = _MATCH.fullmatch(text)
    if found is None:
        raise ValueError(f"write {_FORMS}")
    name, kind, value, _ = found.groups()
    if kind is None:
        return name, present
    if kind == "regex":
        try:
            return name, matching(value)
        except re.error as error:
            raise ValueError(f"its pattern is none: {error}") from None
    try:
        tolerance = float(value)
    except ValueError:
        raise ValueError("its tolerance is no number, as 0.01") from None
    if not 0 <= tolerance < float("inf"):
        raise ValueError("its tolerance is no number from 0 on, as 0.01")
    return name, within(tolerance)


ignore_option = click.option(
    "--ignore",
    metavar="NAME",
    multiple=True,
    callback=_names,
    help="Leave out a difference, as 'header etag' or 'body $.items[*].id'; * is anything.",
)
match_option = click.option(
    "--match",
    "matchers",
    metavar="NAME=HOW",
    multiple=True,
    callback=_matchers,
    help="What both have is alike: regex:PATTERN fits both, present, or tolerance:0.01.",
)
