"""What the page reads from a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from asgi_mw import open_store, record
from asgi_mw.inspector.source import COLUMNS, Source, values
from asgi_mw.recorder.rows import object_of, row_of
from asgi_mw.testing import Wire, http_scope
from tests.cli.facts import LAYERED

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send


def test_the_columns_are_those_of_a_row() -> None:
    """They are in the same order."""
    row = row_of(LAYERED)
    assert list(zip(COLUMNS, values([row])[0], strict=True)) == list(object_of(row).items())


@pytest.mark.anyio
async def test_a_lifespan_that_waits_for_its_end_is_not_in_flight() -> None:
    """A lifespan that still starts is in flight, like any other connection."""
    store = open_store("memory:")
    starts = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["type"] == "lifespan":
            await starts.wait()
            await send({"type": "lifespan.startup.complete"})
        await receive()

    def flying() -> list[str]:
        return [row.type for row in Source(store).flying()]

    recorded = record(app, store=store)
    up = [{"type": "lifespan.startup"}]
    asked = [{"type": "http.request", "body": b"", "more_body": False}]
    async with (
        Wire(recorded, {"type": "lifespan", "asgi": {"version": "3.0"}}, messages=up) as life,
        Wire(recorded, http_scope("GET", "/"), messages=asked),
    ):
        await anyio.wait_all_tasks_blocked()
        assert {"lifespan", "http"} == set(flying())
        starts.set()
        assert "lifespan.startup.complete" == (await life.take())["type"]
        await anyio.wait_all_tasks_blocked()
        assert ["http"] == flying()
