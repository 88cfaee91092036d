"""Merge what the segments of a folder answer, the newest first, and open each when it is due."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Iterator, Mapping
    from pathlib import Path

    from asgi_mw.recorder.look import Look


class Answer(NamedTuple):
    """What one segment has to say of an id, and the connection to ask it for more."""

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

    A file is opened when those before it have nothing newer left, and closed when it has none.
    """
    waiting = sorted(((top, path) for path, top in newest.items()), reverse=True)
    heap: list[tuple[_Descending, Path, Any, Iterator[tuple[str, Any]], sqlite3.Connection]] = []

    def advance(
        path: Path, answers: Iterator[tuple[str, Any]], connection: sqlite3.Connection
    ) -> None:
        """Put the next answer of *path* on the heap, or close its connection."""
        answer = look.attempt(path, lambda: next(answers, None))
        if answer is None:
            connection.close()
        else:
            one, said = answer
            heapq.heappush(heap, (_Descending(one), path, said, answers, connection))

    try:
        while waiting or heap:
            while waiting and (not heap or waiting[0][0] > heap[0][0].id):
                _, path = waiting.pop(0)
                connection = look.connect(path)
                if connection is not None:
                    advance(path, ask(path, connection), connection)
            if heap:
                one, path, said, answers, connection = heapq.heappop(heap)
                try:
                    yield Answer(one.id, path, connection, said)
                except BaseException:  # who reads has seen enough
                    connection.close()
                    raise
                advance(path, answers, connection)
    finally:
        for *_, connection in heap:
            connection.close()


class _Descending:
    """An id that sorts the other way round."""

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:  # noqa: A002  # the exchange's own word
        self.id = id

    def __lt__(self, other: _Descending) -> bool:
        return self.id > other.id
