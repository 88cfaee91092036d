"""Exchanges are read some at once, and each is found in whatever order."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store, record
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.windows import Place, Windows
from asgi_mw.testing import request, run
from tests.cli.conftest import app

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.recorder.store import Store


@pytest.fixture
def many(tmp_path: Path) -> Store:
    """Record a hundred exchanges, of which every second is missing."""
    store = open_store(tmp_path)
    recorded = record(app, store=store)
    for number in range(100):
        run(request(recorded, "GET", f"/{number}" if number % 2 else "/missing"))
    store.flush()
    return store


@pytest.mark.parametrize("order", ["forward", "backward", "any"])
@pytest.mark.parametrize("words", ["", "status:404"])
def test_each_is_found(many: Store, order: str, words: str) -> None:
    """What the search does not find is not among them."""
    query = parse(words)
    found = sorted((one.id, one.began) for one in many.exchanges(query))
    windows = Windows(many, query, [Place(*one) for one in found])
    numbers = list(range(len(found)))
    if order == "backward":
        numbers.reverse()
    elif order == "any":
        random.Random(7).shuffle(numbers)
    read = [windows.get(number) for number in numbers]

    assert [found[number][0] for number in numbers] == [one and one.id for one in read]
    assert (50 if words else 100) == len(found)


def test_what_was_removed_meanwhile_is_not_there(many: Store) -> None:
    """And the others are."""
    places = sorted(Place(one.id, one.began) for one in many.exchanges())
    many.purge(parse("status:404"))
    for query in (parse(""), None):
        windows = Windows(many, query, places)
        read = [windows.get(number) for number in range(100)]
        assert 50 == sum(one is not None for one in read)
