"""Exchanges from elsewhere are added to a folder, each once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store
from asgi_mw.errors import ConfigError
from asgi_mw.recorder import adding
from asgi_mw.recorder.adding import add
from asgi_mw.recorder.folder import segments
from tests.recorder.made import made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgi_mw.events import Exchange
    from tests.recorder.conftest import Serve


def test_what_is_there_is_left_as_it_is(tmp_path: Path, serve: Serve) -> None:
    """Be it recorded, or added before, or twice among what is added."""
    store = open_store(tmp_path)
    serve(store, "/own")
    store.flush()
    [own] = store.exchanges()
    added = add(store, [replace(own, route="/changed"), made(1), made(2), made(1)])
    assert (2, 2, 0) == (added.new, added.known, added.refused)
    again = add(store, [made(2), made(3)])
    assert (1, 1) == (again.new, again.known)
    assert 4 == store.count()
    assert store.get(own.id) == own
    store.close()


def test_what_was_marked_to_be_kept_is_kept_here_too(tmp_path: Path) -> None:
    """Neither size nor age removes it."""
    add(tmp_path, [replace(made(1), kept=True), made(2)])
    assert [False, True] == [one.kept for one in open_store(tmp_path).exchanges()]


def test_large_imports_are_in_several_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a worker are, so that the oldest can go."""
    monkeypatch.setattr(adding, "_SEGMENT_BYTES", 1)
    monkeypatch.setattr(adding, "_BATCH", 2)
    assert 5 == add(tmp_path, map(made, range(1, 6))).new
    assert (3, 5) == (len(segments(tmp_path)), open_store(tmp_path).count())


def test_what_no_store_takes_is_counted(tmp_path: Path) -> None:
    """And the first of them named."""
    added = add(tmp_path, [made(1, response=b"x" * (65 * 1024 * 1024)), made(2)])
    assert (1, 1) == (added.new, added.refused)
    assert re.match(r"0{31}1: an exchange of over", added.why)


def test_a_fault_of_the_source_leaves_no_lock(tmp_path: Path) -> None:
    """And whole batches are there."""

    def broken() -> Iterator[Exchange]:
        yield made(1)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        add(tmp_path, broken())
    assert [] == list(tmp_path.glob("*.lock"))


def test_a_store_in_memory_takes_none() -> None:
    """It holds what its own process records."""
    with pytest.raises(ConfigError, match="give the path of one"):
        add(open_store("memory:"), [])
