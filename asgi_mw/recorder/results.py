"""What the calls of a store return: their answer, and what is missing from it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from asgi_mw.events import Exchange
from asgi_mw.recorder.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# How many files are named; the others are only counted
_NAMED = 100


class Snags:
    """What went wrong in one call: a line for each file, however often it went wrong there.

    >>> snags = Snags()
    >>> snags.add("a.db", "a.db: row 7 is unreadable")
    >>> snags.add("a.db", "a.db: row 9 is unreadable")
    >>> snags.lines()
    ('a.db: row 7 is unreadable (and 1 more of this file)',)
    """

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._more: dict[str, int] = {}
        self._unnamed = 0

    def add(self, file: str, problem: str) -> None:
        """Note *problem* with *file*; of several with one file, only the first is shown."""
        if file in self._first:
            self._more[file] = self._more.get(file, 0) + 1
        elif len(self._first) < _NAMED:
            self._first[file] = problem
        else:
            self._unnamed += 1

    def take(self, others: Iterable[str]) -> None:
        """Note the problems of another call, except those that this call had, too."""
        for problem in others:
            if problem not in self._first.values():
                self.add(problem, problem)

    def lines(self) -> tuple[str, ...]:
        """All problems, in the order in which their files first had one."""
        more = self._more
        lines = [
            f"{problem} (and {more[file]:,} more of this file)" if file in more else problem
            for file, problem in self._first.items()
        ]
        if self._unnamed:
            lines.append(f"and {self._unnamed:,} problems more, with other files")
        return tuple(lines)


class Found(list[Exchange]):
    """A list of exchanges.

    Attributes:
        problems: What could not be read and is not in the list, and what to do.
    """

    def __init__(self, exchanges: Iterable[Exchange] = (), problems: Iterable[str] = ()) -> None:
        super().__init__(exchanges)
        self.problems = tuple(problems)


class Page(list[Row]):
    """Rows of a list, the newest first.

    Attributes:
        next: The id for the *before* of the next page; ``None`` where there is nothing more.
        problems: What could not be read and is not in the list, and what to do.
    """

    def __init__(self, rows: Iterable[Row], next_id: str | None, problems: Iterable[str]) -> None:
        super().__init__(rows)
        self.next = next_id
        self.problems = tuple(problems)


class News(list[Row]):
    """The rows of what was stored since a cursor, the oldest first.

    Attributes:
        problems: What could not be read and is not in the list, and what to do.
    """

    def __init__(self, rows: Iterable[Row] = (), problems: Iterable[str] = ()) -> None:
        super().__init__(rows)
        self.problems = tuple(problems)


class Reading:
    """An iterator over exchanges, which are read as they are asked for."""

    def __init__(self, exchanges: Iterator[Exchange], snags: Snags) -> None:
        self._exchanges = exchanges
        self._snags = snags

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read so far, and what to do; complete once the iterator has ended."""
        return self._snags.lines()

    def __iter__(self) -> Self:
        """Itself."""
        return self

    def __next__(self) -> Exchange:
        """The next exchange."""
        return next(self._exchanges)

    def close(self) -> None:
        """Let go of the files, for a reader that does not read to the end."""
        close = getattr(self._exchanges, "close", None)
        if close is not None:
            close()


class Removed(int):
    """How many exchanges were removed.

    >>> removed = Removed(2, ["a.db was not purged: it is being written; try again"])
    >>> removed, removed.problems
    (2, ('a.db was not purged: it is being written; try again',))

    Attributes:
        problems: What could not be removed, and what to do.
    """

    problems: tuple[str, ...]

    def __new__(cls, count: int, problems: Iterable[str] = ()) -> Self:
        """A number, and its problems."""
        removed = super().__new__(cls, count)
        removed.problems = tuple(problems)
        return removed
