"""What a shell completes where an id is typed: the ids of the newest exchanges."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from asgi_mw.cli.listing import short_id
from asgi_mw.cli.options import is_address
from asgi_mw.printable import printable
from asgi_mw.recorder.existing import DEFAULT_STORE, STORE_VARIABLE, is_there, recorded

if TYPE_CHECKING:
    import click

# Nobody reads more, and the user waits for them
_MOST = 20
_SECONDS = 0.3
_LONGEST = 60
_NAMES = {"last": "the newest that matches", "last-error": "the newest that went wrong"}


def newest_ids(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of the newest exchanges of the store that the line names, as `ls` shows them.

    *incomplete* is the beginning of an id, or of the end of one.  A database is not asked: that may
    take longer than anybody waits for a completion.
    """
    found = dict(_NAMES)
    with suppress(Exception):  # a shell would show a traceback in the middle of the line
        found |= _of_store(_store(ctx), incomplete)
    return [
        CompletionItem(id_, help=said) for id_, said in found.items() if id_.startswith(incomplete)
    ]


def _store(ctx: click.Context) -> str:
    given = ctx.params.get("store")
    return given if isinstance(given, str) else os.environ.get(STORE_VARIABLE, DEFAULT_STORE)


def _of_store(name: str, incomplete: str) -> dict[str, str]:
    """What each id is the id of, by the end of the id, or by all of it if that is being typed."""
    if is_address(name) or not is_there(name):
        return {}
    found = {}
    for row in recorded(name).rows(limit=_MOST, seconds=_SECONDS):
        end = short_id(row)
        found[end if end.startswith(incomplete) else row.id] = printable(
            f"{row.status or '-'} {row.method or row.type} {row.path}", _LONGEST
        )
    return found
