"""What the types promise is true: checkers read the files beside this one, and here they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from litestar import Litestar

from asgi_mw import ConfigError, compare, record
from asgi_mw.recorder import open_store
from asgi_mw.testing import request
from tests.typing import apps, middleware, recordings
from tests.typing.mistakes import MISTAKES

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw import Exchange
    from asgi_mw.types import AnyApp

pytestmark = pytest.mark.anyio


_FACTS = [apps.frameworks, apps.layers, apps.go_on, apps.plain_functions]


@pytest.mark.parametrize("facts", _FACTS, ids=lambda one: one.__name__)
def test_apps_in_layers_are_what_a_checker_takes_them_for(facts: Callable[[], None]) -> None:
    """Each has the attributes of its type, and goes where that goes."""
    facts()


async def test_a_framework_takes_layers_as_a_checker_does() -> None:
    """With their options."""
    made: list[AnyApp] = [
        middleware.starlette(),
        middleware.fastapi(),
        middleware.litestar(),
        middleware.nexios(),
    ]
    results = [await request(app, "GET", "/") for app in made]

    assert [result.status for result in results] == [200] * 4
    assert [result.header("x-request-id") is not None for result in results] == [True] * 4


async def test_recordings_are_what_a_checker_takes_them_for() -> None:
    """Stores, results, transports and replays."""
    [exchange] = [await _recorded(Litestar([]))]

    assert recordings.compared(exchange, exchange) == compare(exchange, exchange) == []
    assert await recordings.replayed(Litestar([]), exchange)
    assert await recordings.served(FastAPI()) == []
    assert await recordings.handler() is None


async def _recorded(app: Litestar) -> Exchange:
    store = open_store("memory:")
    await request(record(app, store=store), "GET", "/nowhere")
    [exchange] = store.exchanges()
    return exchange


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_what_a_checker_refuses_is_refused(mistake: Callable[[], object]) -> None:
    """With a sentence that says why."""
    with pytest.raises((ConfigError, AttributeError)):
        mistake()
