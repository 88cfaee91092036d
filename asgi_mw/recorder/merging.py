"""Merge the answers of a folder's segments, the newest first; open each only when it is needed."""

from __future__ import annotations

import heapq
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from asgi_mw.recorder.look import Look


# More threads would only wait for the disk
_AT_ONCE = min(os.cpu_count() or 1, 4)


class Answer(NamedTuple):
    """What one segment answers for an id, and the connection to ask it for more."""

    id: str
    path: Path
    connection: sqlite3.Connection
    said: Any


def merged(
    look: Look,
    newest: Mapping[Path, str],
    ask: Callable[[Path, sqlite3.Connection], Iterator[tuple[str, Any]]],
) -> Generator[Answer]:
    """What the segments with these *newest* ids answer to *ask*, the newest first.

    A file is opened when those before it have nothing newer left, and closed at its end.  A reader
    that comes to the end of one file will want the next: so the next files are then asked ahead,
    each on a thread, because SQLite lets other threads run while it searches.
    """
    ahead = _Ahead(look, newest, ask)
    heap: list[_Opened] = []

    def push(opened: _Opened | None) -> None:
        if opened is not None:
            heapq.heappush(heap, opened)

    try:
        while ahead.newest or heap:
            while ahead.newest and (not heap or ahead.newest > heap[0].id):
                push(ahead.next())
            if heap:
                opened = heapq.heappop(heap)
                try:
                    yield Answer(opened.id, opened.path, opened.connection, opened.said)
                except BaseException:  # the reader has seen enough
                    opened.connection.close()
                    raise
                push(opened.advanced(look))
                if not heap:
                    ahead.hurry()
    finally:
        ahead.close()
        for opened in heap:
            opened.connection.close()


class _Opened:
    """A file that is being read, and what it answered last; the newest sorts first."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, answers: Iterator[tuple[str, Any]]
    ) -> None:
        self.path, self.connection, self._answers = path, connection, answers
        self.id = ""
        self.said: Any = None

    def __lt__(self, other: _Opened) -> bool:
        return self.id > other.id

    def advanced(self, look: Look) -> _Opened | None:
        """Itself, with the next answer; without one it is closed."""
        answer = look.attempt(self.path, lambda: next(self._answers, None))
        if answer is None:
            self.connection.close()
            return None
        self.id, self.said = answer
        return self


class _Ahead:
    """The files that are not read yet, the newest first, and what the next of them answer.

    Attributes:
        newest: The newest id in any of them.
    """

    def __init__(
        self,
        look: Look,
        newest: Mapping[Path, str],
        ask: Callable[[Path, sqlite3.Connection], Iterator[tuple[str, Any]]],
    ) -> None:
        self._look = look
        self._ask = ask
        self._waiting = deque(sorted(((top, path) for path, top in newest.items()), reverse=True))
        self._asked: deque[Future[_Opened | None]] = deque()
        self._pool: ThreadPoolExecutor | None = None

    @property
    def newest(self) -> str:
        return self._waiting[0][0] if self._waiting else ""

    def next(self) -> _Opened | None:
        """The first of them, opened; ``None`` if it has no answer."""
        _, path = self._waiting.popleft()
        if not self._asked:
            return self._open(path)
        first = self._asked.popleft()
        self.hurry()
        return first.result()

    def hurry(self) -> None:
        """Ask as many of them ahead as can be searched at once."""
        if not self._waiting or _AT_ONCE == 1:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_AT_ONCE, "asgi_mw_search")
        while len(self._asked) < min(_AT_ONCE, len(self._waiting)):
            _, path = self._waiting[len(self._asked)]
            self._asked.append(self._pool.submit(self._open, path))

    def close(self) -> None:
        """Wait for those that were asked, and close them."""
        if self._pool is None:
            return
        self._pool.shutdown(cancel_futures=True)
        for future in self._asked:
            if future.cancelled() or future.exception() is not None:
                continue  # what was read until now is still right
            if (opened := future.result()) is not None:
                opened.connection.close()

    def _open(self, path: Path) -> _Opened | None:
        connection = self._look.connect(path)
        if connection is None:
            return None
        try:
            return _Opened(path, connection, self._ask(path, connection)).advanced(self._look)
        except BaseException:
            connection.close()
            raise
