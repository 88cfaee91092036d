"""Which rules a word on the command line names: one by its id, or a group by how they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from asgi_mw.printable import printable
from asgi_mw.recorder.naming import nearest

if TYPE_CHECKING:
    from asgi_mw.spec import Rule


def named(word: str) -> list[Rule]:
    """The rules that *word* names: ``http.no-body`` is one, ``http.`` are all that begin so.

    The dot at the end may be left out where no rule has that id.

    Raises:
        click.UsageError: No rule has that name; the message says which is like it.

    >>> [rule.id for rule in named("send.gone")], [rule.id for rule in named("send.")]
    (['send.gone'], ['send.gone', 'send.gone.kind'])
    """
    from asgi_mw.spec import RULES  # noqa: PLC0415  # made as somebody asks for them

    wanted = word.strip().lower()
    if wanted in RULES:
        return [RULES[wanted]]
    beginning = wanted if wanted.endswith(".") else f"{wanted}."
    found = [rule for name, rule in RULES.items() if name.startswith(beginning)]
    if not found:
        near = nearest(wanted, RULES) or _within(wanted)
        what = printable(f"there is no rule {word!r}", 200)
        raise click.UsageError(f"{what}; {near}see all with: asgi-mw rules")
    return found


def _within(word: str) -> str:
    """The question whether one of the first rules is meant whose ids contain *word*."""
    from asgi_mw.spec import RULES  # noqa: PLC0415  # the same

    near = [name for name in RULES if word and word in name]
    return f"is it {' or '.join(near[:3])}? " if near else ""
