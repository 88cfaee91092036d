"""Read a store once for all open pages, and not at all while none is open."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from anyio import to_thread

from asgi_mw.inspector.source import COLUMNS, values
from asgi_mw.inspector.stopping import on_signal_to_stop
from asgi_mw.recorder.objects import ascii_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.inspector.source import Source
    from asgi_mw.recorder.lag import Heartbeat
    from asgi_mw.recorder.rows import Row
    from asgi_mw.recorder.store import Cursor

MOST_PAGES = 50
# Seconds between two turns; each turn sends what is new to the pages
_TURN = 0.1
# Turns from one look at what is in flight to the next; how long a count of the store is used
_FLYING_TURNS, _TOTAL_SECONDS = 2, 1.0
# Rows in one message; bytes that may wait for a page that is slow to take them
_MOST_ROWS, _MOST_BYTES = 1000, 2 * 1024 * 1024


class Page:
    """One page that is open, and what waits to be sent to it.

    Args:
        search: Its filter, as it was written.
        matches: Says whether a row fits the filter; ``None`` if all do.
    """

    def __init__(self, search: str, matches: Callable[[Row], bool] | None) -> None:
        self.search = search
        self.matches = matches
        self.state: bytes = b""
        self.flying: bytes | None = None
        self.over = False
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._missed = 0
        self._news = anyio.Event()

    def put(self, text: bytes, count: int = 0) -> bool:
        """Keep *text*, which has *count* rows, until the page takes it; whether there was room."""
        if self._bytes > _MOST_BYTES:
            self._missed += count
            return False
        self._waiting.append(text)
        self._bytes += len(text)
        self._news.set()
        return True

    def miss(self, count: int) -> None:
        """Note rows that are not sent."""
        self._missed += count

    def end(self) -> None:
        """End the page's feed once the page has taken what waits."""
        self.over = True
        self._news.set()

    async def take(self) -> bytes:
        """Wait until something is there to send, and take all of it; empty if nothing will come."""
        while not self._waiting and not self.over:
            self._news = anyio.Event()
            await self._news.wait()
        taken = b"".join(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        if self._missed and taken:
            taken += _event("gap", {"missed": self._missed})
            self._missed = 0
        return taken


class News(NamedTuple):
    """What is new for the pages of one filter, each as an event of the feed.

    Attributes:
        state: The state of the recording.
        rows: The exchanges that ended.
        rowed: How many rows *rows* has.
        left_out: How many older rows are left out.
        flying: What is in flight; ``None`` if that was not read.
    """

    state: bytes
    rows: bytes
    rowed: int
    left_out: int
    flying: bytes | None


class Hub:
    """Gives every page what is new in the store.

    It has no task of its own: the feed of one page reads for all pages.  When that page leaves,
    the feed of another one goes on.

    Args:
        source: The store.
        state: What else every event of the state says, as ``{"resend": True}``.
        heart: Measures how late the app's event loop is; ``None`` if the app runs elsewhere.
    """

    def __init__(self, source: Source, state: dict[str, Any], heart: Heartbeat | None) -> None:
        self._source = source
        self._heart = heart
        self._more = state
        self._pages: set[Page] = set()
        self._turn = anyio.Lock()
        self._over = False
        self._forget()

    def _forget(self) -> None:
        self._cursor: Cursor | None = None
        self._problems: tuple[str, ...] = ()
        self._turns = 0
        self._total = 0
        self._counted = float("-inf")

    @contextmanager
    def opened(self, page: Page) -> Iterator[None]:
        """Send *page* what is new while the block runs."""
        if not self._pages:
            self._forget()
        self._pages.add(page)
        try:
            yield
        finally:
            self._pages.discard(page)

    @property
    def is_full(self) -> bool:
        """Whether no further page can be open."""
        return len(self._pages) >= MOST_PAGES

    def begin(self) -> None:
        """The app starts, perhaps not for the first time."""
        self._over = False

    def end(self) -> None:
        """The app shuts down: end the feeds of all pages."""
        self._over = True

    async def lead(self) -> None:
        """Read for all pages, once no other page does."""
        async with self._turn:
            beating = self._heart.beating() if self._heart else nullcontext()
            with beating, on_signal_to_stop(self.end):
                await self._tell_all()
            for page in self._pages:
                page.end()

    async def _tell_all(self) -> None:
        heard = 0.0
        while not self._over:
            given = await to_thread.run_sync(self._read, tuple(self._pages))
            for page, new in given:
                _hand(page, new)
            await anyio.sleep(_TURN)
            beats = self._heart.since(heard) if self._heart else []
            if beats:
                heard = beats[0].at
                late = max(beats, key=lambda one: one.lag)
                said = _event("lag", {"at": late.at, "lag_ms": round(late.lag, 2)})
                for page in self._pages:
                    page.put(said)

    def _read(self, pages: tuple[Page, ...]) -> list[tuple[Page, News]]:
        """What is new for each of *pages*; runs in a thread."""
        news: list[Row] = []
        flying: list[Row] | None = None
        try:
            if self._cursor is None:
                _, self._cursor = self._source.follow(None)
            found, self._cursor = self._source.follow(self._cursor)
            news, self._problems = found, found.problems
            if self._turns % _FLYING_TURNS == 0:
                flying = self._source.flying()
            if monotonic() - self._counted > _TOTAL_SECONDS:
                self._total, self._counted = self._source.total(), monotonic()
            elif news:
                self._total += len(news)
        except Exception as error:  # noqa: BLE001  # the page says so, and the next turn tries again
            self._problems = (f"the store cannot be read: {error}",)
        self._turns += 1
        state = self._state()
        seen: dict[str, News] = {}
        for page in pages:
            if page.search not in seen:
                matching = _matching(page, news)
                left_out = max(len(matching) - _MOST_ROWS, 0)
                matching = matching[left_out:]
                text = _table("rows", matching, total=self._total) if matching else b""
                shown = None if flying is None else _table("flying", _matching(page, flying))
                seen[page.search] = News(state, text, len(matching), left_out, shown)
        return [(page, seen[page.search]) for page in pages]

    def _state(self) -> bytes:
        store = self._source.store
        said = {"recording": store.recording, "store": repr(store), "problems": self._problems}
        return _event("state", {**said, **self._more})


def _matching(page: Page, rows: list[Row]) -> list[Row]:
    matches = page.matches
    return rows if matches is None else [one for one in rows if matches(one)]


def _hand(page: Page, news: News) -> None:
    """Give *page* what changed for it."""
    if news.state != page.state and page.put(news.state):
        page.state = news.state
    page.miss(news.left_out)
    if news.rowed:
        page.put(news.rows, news.rowed)
    if news.flying is not None and news.flying != page.flying and page.put(news.flying):
        page.flying = news.flying


def _table(event: str, rows: list[Row], **more: Any) -> bytes:
    return _event(event, {"columns": COLUMNS, "rows": values(rows), **more})


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {ascii_json(data)}\n\n".encode()
