"""One exchange is found by what people call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store, record
from asgi_mw.errors import StoreError
from asgi_mw.recorder.calling import NotCalledError, called
from asgi_mw.recorder.search import parse
from asgi_mw.testing import request, run
from tests.cli.conftest import app

if TYPE_CHECKING:
    from asgi_mw.recorder.store import Store


@pytest.fixture
def store() -> Store:
    """Three exchanges, of which one failed."""
    found = open_store("memory:")
    for path in ("/a", "/crash", "/missing"):
        run(request(record(app, store=found), "GET", path))
    return found


@pytest.mark.parametrize(
    ("name", "words", "path"),
    [
        ("last", "", "/missing"),
        ("last", "status:200", "/a"),
        ("last-error", "", "/crash"),
    ],
)
def test_the_last(store: Store, name: str, words: str, path: str) -> None:
    """Of all, of those that match, of those that failed."""
    assert path == called(store, name, parse(words)).exchange.path


def test_the_beginning_or_the_end_of_an_id(store: Store) -> None:
    """In any case."""
    [_, one, _] = store.exchanges()
    assert one == called(store, one.id[-9:].upper()).exchange == called(store, one.id).exchange


@pytest.mark.parametrize(
    ("name", "words", "said", "near"),
    [
        ("last", "status:418", "nothing was recorded that matches", ""),
        ("last-error", "path:/a", "nothing failed", ""),
        ("zz", "", "no exchange has an id that begins or ends with 'zz'", ""),
        ("lats", "", "no exchange has an id that begins or ends with 'lats'", "is it last? "),
    ],
)
def test_none_is_said(store: Store, name: str, words: str, said: str, near: str) -> None:
    """With the name that was meant."""
    with pytest.raises(NotCalledError) as refused:
        called(store, name, parse(words))
    assert (said, near, ()) == (str(refused.value), refused.value.near, refused.value.candidates)


def test_several_are_said(store: Store) -> None:
    """At most ten of them."""
    for _ in range(11):
        run(request(record(app, store=store), "GET", "/a"))
    first = next(store.exchanges()).id[0]
    with pytest.raises(NotCalledError, match=r"^over 10 exchanges have an id") as refused:
        called(store, first)
    assert 10 == len(refused.value.candidates)


def test_what_cannot_be_read_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be there."""

    def fail(_: str) -> None:
        raise StoreError("a part is unreadable", ("a.db is no database",))

    monkeypatch.setattr(store, "get", fail)
    with pytest.raises(NotCalledError) as refused:
        called(store, "zz")
    assert ("a.db is no database",) == refused.value.problems
