from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.recorder import merging
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.merging import merged

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 10


class _Files(Look):
    """Files that hold these ids; which were opened, and which are open."""

    def __init__(self, *held: set[int]) -> None:
        super().__init__(Path("nowhere"))
        self.ids = {
            Path(f"{number}.db"): sorted((f"{one:04x}" for one in ids), reverse=True)
            for number, ids in enumerate(held)
        }
        self.opened: list[Path] = []
        self.connections: list[sqlite3.Connection] = []
        self.empty: set[Path] = set()
        self.met: threading.Barrier | None = None

    @property
    def newest(self) -> dict[Path, str]:
        return {path: ids[0] for path, ids in self.ids.items() if ids}

    def connect(self, path: Path) -> sqlite3.Connection | None:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        self.opened.append(path)
        self.connections.append(connection)
        return connection

    def ask(self, path: Path, connection: sqlite3.Connection) -> Iterator[tuple[str, Any]]:
        connection.execute("SELECT 1")
        if self.met is not None and len(self.opened) > 1:
            self.met.wait(_SECONDS)
        if path not in self.empty:
            yield from ((one, str(path)) for one in self.ids[path])

    def answers(self, many: int | None = None) -> list[str]:
        with closing(merged(self, self.newest, self.ask)) as found:
            return [answer.id for answer in islice(found, many)]

    def closed(self) -> bool:
        for connection in self.connections:
            with pytest.raises(sqlite3.ProgrammingError, match="closed"):
                connection.execute("SELECT 1")
        return True


@given(
    held=st.lists(st.sets(st.integers(0, 200), max_size=12), max_size=8),
    at_once=st.integers(1, 4),
    many=st.none() | st.integers(0, 20),
)
def test_whatever_they_hold_the_newest_comes_first_and_nothing_stays_open(
    held: list[set[int]], at_once: int, many: int | None
) -> None:
    """Searched one by one or several at once, read to the end or not."""
    files = _Files(*held)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_AT_ONCE", at_once)
        found = files.answers(many)
    every = sorted((one for ids in files.ids.values() for one in ids), reverse=True)
    assert found == every[:many]
    assert files.closed()
    assert not [one for one in threading.enumerate() if one.name.startswith("asgi_mw_search")]


def test_behind_the_first_several_are_searched_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits until the other is asked as well."""
    monkeypatch.setattr(merging, "_AT_ONCE", 2)
    files = _Files({9}, {8}, {7}, {6}, {5})
    files.met = threading.Barrier(2)
    assert files.answers() == ["0009", "0008", "0007", "0006", "0005"]


def test_who_needs_no_more_than_the_first_opens_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest of a large store cost no thread."""
    monkeypatch.setattr(merging, "_AT_ONCE", 2)
    files = _Files({9, 8, 7}, {3}, {2})
    files.answers(3)
    assert [Path("0.db")] == files.opened


def test_files_in_which_nothing_is_found_hide_none_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those were asked ahead in vain."""
    monkeypatch.setattr(merging, "_AT_ONCE", 2)
    files = _Files({9}, {8}, {7}, {6}, {5})
    files.empty = {Path("0.db"), Path("1.db"), Path("3.db")}
    assert files.answers() == ["0007", "0005"]
    assert files.closed()


def test_a_fault_of_ours_that_one_meets_ahead_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is due; the others are closed."""
    monkeypatch.setattr(merging, "_AT_ONCE", 2)
    files = _Files({9}, {8}, {7})

    def ask(path: Path, connection: sqlite3.Connection) -> Iterator[tuple[str, Any]]:
        if path == Path("1.db"):
            raise RuntimeError("no such luck")
        return files.ask(path, connection)

    with (
        closing(merged(files, files.newest, ask)) as found,
        pytest.raises(RuntimeError, match="luck"),
    ):
        list(found)
    assert files.closed()
