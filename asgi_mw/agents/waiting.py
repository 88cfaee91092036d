"""Wait for the next exchange that matches, without missing one between two calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import anyio
from anyio import to_thread

from asgi_mw.agents.looking import LISTED
from asgi_mw.agents.untrusted import Answer
from asgi_mw.recorder.existing import NothingRecordedError
from asgi_mw.recorder.objects import summary
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.store import Cursor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.agents.looking import Recordings
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search

_POLL_SECONDS, _PROGRESS_SECONDS = 0.2, 1.0
# Rows of one page, and how long each page may take
_ROWS, _ROW_SECONDS = 1000, 0.3
# Before every id
_FIRST = "0" * 32


class _News(NamedTuple):
    """What one look found: the first that matches, how many others came, where to go on."""

    exchange: Exchange | None
    others: int
    cursor: Cursor
    problems: tuple[str, ...]


async def next_exchange(
    recordings: Recordings,
    words: str,
    *,
    seconds: float,
    after: str | None,
    progress: Callable[[float], Awaitable[None]],
) -> Answer:
    """The first exchange that matches the filter of *words* and ends from now on.

    A store that is not there yet is waited for, too.

    Args:
        recordings: Where it comes from.
        words: The filter.
        seconds: How long to wait at most.
        after: An id: what began after that one counts as well, even if it has ended before.
        progress: Called with the seconds waited so far, about once a second.  The first call comes
            at the beginning, and shows that nothing is missed from then on.
    """
    search = parse(words)
    began = anyio.current_time()
    look = _Look(recordings, search, after)
    found: Exchange | None = None
    problems: tuple[str, ...] = ()
    others, told = 0, began - _PROGRESS_SECONDS
    while found is None:
        news = await to_thread.run_sync(look.once, abandon_on_cancel=True)
        found, others, problems = news.exchange, others + news.others, news.problems
        now = anyio.current_time()
        if found is not None or now >= began + seconds:
            break
        if now >= told + _PROGRESS_SECONDS:
            told = now
            await progress(now - began)
        await anyio.sleep(min(_POLL_SECONDS, began + seconds - now))
    said = {
        "found": found is not None,
        "waited_s": round(anyio.current_time() - began, 1),
        "others": others,
        "after": max(found.id, look.after) if found else look.after,
    }
    return Answer({"exchange": found and summary(found), "problems": problems}, said, LISTED)


class _Look:
    """Looks at a store again and again; each time may block.

    Attributes:
        after: The newest id that was there when it began, or the one that was given.
    """

    def __init__(self, recordings: Recordings, search: Search, after: str | None) -> None:
        self._recordings, self._search = recordings, search
        self._cursor: Cursor | None = None
        self._given = after
        self.after = after or _FIRST

    def once(self) -> _News:
        """Look at what came since the last time."""
        try:
            store = self._recordings.store()
        except NothingRecordedError:
            if self._recordings.name.startswith("memory"):
                raise
            # All that will be in it is new
            self._cursor = Cursor()
            return _News(None, 0, self._cursor, ())
        if self._cursor is None:
            # The cursor first: what is stored between the two is seen twice rather than never
            _, self._cursor = store.follow_rows()
            earlier = self._earlier()
            if earlier is not None:
                return _News(earlier, 0, self._cursor, ())
        news, self._cursor = store.follow_rows(self._cursor)
        others = 0
        for row in news:
            if self._search.matches_row(row, lambda: store.get(row.id)):  # noqa: B023  # called now
                exchange = store.get(row.id)
                if exchange is not None:
                    return _News(exchange, others, self._cursor, news.problems)
            others += 1
        return _News(None, others, self._cursor, news.problems)

    def _earlier(self) -> Exchange | None:
        """The oldest that matches and began after the id that was given, if there is one."""
        store = self._recordings.store()
        if self._given is None:
            newest = store.rows(limit=1)
            self.after = newest[0].id if newest else _FIRST
            return None
        oldest, before = None, None
        while True:
            page = store.rows(self._search, before=before, limit=_ROWS, seconds=_ROW_SECONDS)
            later = [row.id for row in page if row.id > self.after]
            oldest = later[-1] if later else oldest
            if page.next is None or page.next <= self.after or len(later) < len(page):
                return store.get(oldest) if oldest else None
            before = page.next
