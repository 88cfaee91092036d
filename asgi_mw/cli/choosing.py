"""Choose the exchanges to replay, the oldest first, and ask about those that may change things."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import click

from asgi_mw.amounts import plural
from asgi_mw.cli.progress import Progress
from asgi_mw.cli.show import find
from asgi_mw.differences.compared import what_of
from asgi_mw.printable import printable
from asgi_mw.recorder.windows import Place
from asgi_mw.redaction.hiding import Hider
from asgi_mw.replay.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store

# How many requests are listed
_LISTED = 12
_UNSAFE = "it may change something"


class Chosen(NamedTuple):
    """What is replayed.

    Attributes:
        places: The oldest first.
        left_out: How many are not, by reason.
        problems: What of the store could not be read.
        unsafe: Whether the user wants some that may change something.
    """

    places: list[Place]
    left_out: dict[str, int]
    problems: tuple[str, ...]
    unsafe: bool


class _Part:
    """Some exchanges, and what is to be said of them before they are replayed."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.names: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()

    def say(self) -> None:
        """Say on stderr what will not be as it was recorded."""
        for name, count in self.missing.items():
            where = plural(count, "exchange")
            said = f"{name!r} was masked in {where}: give it with --secret {name}=env:VARIABLE"
            click.echo(f"Note: {printable(said)}", err=True)
        for line in _listed(self.notes):
            click.echo(f"Note: {line}", err=True)


class _Survey:
    """Exchanges, separated by whether they may change something."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets, self._hide = secrets, Hider(secrets.values())
        self.safe, self.unsafe = _Part(), _Part()

    def __len__(self) -> int:
        """How many there are."""
        return len(self.safe.places) + len(self.unsafe.places)

    def take(self, exchange: Exchange) -> None:
        """Look at one; leave it out if it is no request or WebSocket, or is not over yet."""
        if exchange.type not in ("http", "websocket") or exchange.outcome is None:
            return
        given = plan(exchange, self._secrets)
        what = what_of(exchange, self._hide)
        part = self.safe if given.is_safe else self.unsafe
        part.places.append(Place(exchange.id, exchange.began))
        part.names[what] += 1
        part.missing.update(given.missing)
        part.notes.update(f"{what}: {note}" for note in given.notes)


def choose(
    store: Store,
    ids: Sequence[str],
    query: Search,
    *,
    limit: int | None,
    secrets: Mapping[str, str],
    unsafe: bool,
) -> Chosen:
    """Choose what of *store* is replayed, say what differs already, and ask before unsafe ones.

    Args:
        store: The recordings.
        ids: As `show` takes them; if there are none, all that match.
        query: The filter.
        limit: How many of the newest.
        secrets: The values that are masked in the recording, by name.
        unsafe: Replay also what may change something.

    Raises:
        click.UsageError: All of it may change something, and there is no terminal to ask on.
        click.exceptions.Exit: An id names no exchange, or more than one.
    """
    survey = _Survey(secrets)
    problems: tuple[str, ...] = ()
    if ids:
        for exchange in {one.id: one for one in (find(store, id_, query) for id_ in ids)}.values():
            survey.take(exchange)
    else:
        reading = store.exchanges(query)
        with Progress("exchanges read") as progress:
            for exchange in reading:
                if limit is not None and len(survey) >= limit:
                    break
                survey.take(exchange)
                progress.step()
        problems = reading.problems
        reading.close()
    parts = [survey.safe]
    unsafe = bool(survey.unsafe.places) and (unsafe or _consents(survey))
    if unsafe:
        parts.append(survey.unsafe)
    for part in parts:
        part.say()
    chosen = sorted(one for part in parts for one in part.places)
    left = len(survey) - len(chosen)
    return Chosen(chosen, {_UNSAFE: left} if left else {}, problems, unsafe)


def _consents(survey: _Survey) -> bool:
    """Whether somebody at the terminal wants to replay what may change something."""
    what = plural(len(survey.unsafe.places), "exchange") + " may change something"
    if sys.stdin.isatty() and sys.stderr.isatty():
        click.echo(f"{what}:", err=True)
        for line in _listed(survey.unsafe.names):
            click.echo(f"  {line}", err=True)
        return click.confirm("Replay them, too?", default=False, err=True)
    if not survey.safe.places:
        such = printable(next(iter(survey.unsafe.names)))
        raise click.UsageError(f"{what}, as {such}; add --unsafe to replay")
    click.echo(f"Note: {what}, and are left out; add --unsafe to replay them", err=True)
    return False


def _listed(counts: Counter[str]) -> Iterator[str]:
    for what, count in counts.most_common(_LISTED):
        yield printable(what) + (f"  {count} times" if count > 1 else "")
    if (more := len(counts) - _LISTED) > 0:
        yield f"… and {more} more"
