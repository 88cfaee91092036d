"""Find one exchange by what people call it: a part of its id or request id, or the last."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.errors import AsgiMwError, StoreError
from asgi_mw.recorder.facets import failed as has_failed
from asgi_mw.recorder.naming import nearest
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.rows import row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store

# What names an exchange, besides the beginning or the end of its id
NAMES = ("last", "last-error")
# How many characters of a request id are needed to name it
_LEAST_OF_REQUEST = 6
# How many exchanges with such an id are listed
_CANDIDATES = 10


class NotCalledError(AsgiMwError):
    """No exchange has this name, or several have it; the message says which.

    Attributes:
        near: A question that offers a similar name; empty where there is none.
        candidates: The first of several.
        problems: What could not be read: the exchange may be there.
    """

    def __init__(
        self,
        message: str,
        *,
        near: str = "",
        candidates: Sequence[Exchange] = (),
        problems: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.near = near
        self.candidates = tuple(candidates)
        self.problems = tuple(problems)


class Called(NamedTuple):
    """The exchange, and what could not be read as it was looked for."""

    exchange: Exchange
    problems: tuple[str, ...] = ()


def called(store: Store, name: str, query: Search | None = None) -> Called:
    """The exchange called *name*, or the newest that matches *query* if *name* is ``"last"``.

    ``"last-error"`` is the newest of those that failed.

    Args:
        store: Where it is.
        name: The beginning or the end of its id, as ``ls`` shows it, or the end of a request id,
            as a line of the log shows it.
        query: Among which exchanges ``"last"`` and ``"last-error"`` are looked for.

    Raises:
        NotCalledError: There is none, or more than one.

    >>> from asgi_mw import open_store
    >>> called(open_store("memory:"), "lst")
    Traceback (most recent call last):
    asgi_mw.recorder.calling.NotCalledError: no exchange has an id that begins or ends with 'lst'
    """
    if name in NAMES:
        return _last(store, query, failed=name == "last-error")
    try:
        found = store.get(name.lower())
        problems: tuple[str, ...] = ()
    except StoreError as error:
        found, problems = None, error.problems or (str(error),)
    if found is not None:
        return Called(found)
    several = _by_id(store, name)
    found = None if several else _by_request(store, name)
    if found is not None:
        return Called(found)
    if several:
        many = f"over {_CANDIDATES}" if len(several) > _CANDIDATES else str(len(several))
        message = f"{many} exchanges have an id that begins or ends with {name!r}"
        raise NotCalledError(message, candidates=several[:_CANDIDATES], problems=problems)
    message = f"no exchange has an id that begins or ends with {name!r}"
    raise NotCalledError(message, near=nearest(name, NAMES), problems=problems)


def _last(store: Store, query: Search | None, *, failed: bool) -> Called:
    with closing(store.exchanges(query)) as reading:
        found = next((one for one in reading if not failed or has_failed(row_of(one))), None)
        problems = reading.problems
    if found is None:
        message = "nothing failed" if failed else "nothing was recorded that matches"
        raise NotCalledError(message, problems=problems)
    return Called(found, problems)


def _by_id(store: Store, part: str) -> list[Exchange]:
    """Those whose id begins or ends with *part*; of stored ones at most one more than listed."""
    wanted = Query(id=part.lower())
    with closing(store.exchanges(wanted)) as reading:
        found = {one.id: one for one in store.in_flight() if wanted.matches(one)}
        found |= {one.id: one for one in islice(reading, _CANDIDATES + 1)}
    return list(found.values())


def _by_request(store: Store, part: str) -> Exchange | None:
    """The newest whose request id ends with *part*."""
    part = part.removeprefix("…")
    if len(part) < _LEAST_OF_REQUEST:
        return None
    with closing(store.exchanges(Query(text=part))) as reading:
        return next((one for one in reading if (one.request_id or "").endswith(part)), None)
