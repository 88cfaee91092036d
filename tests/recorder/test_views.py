from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder import views as room
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.layer import record
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.recorder.views import Views
from asgi_mw.testing import Wire, http_scope

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass


async def test_only_what_has_lasted_is_shown_and_only_when_it_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Most exchanges end before; most of the others wait."""
    store = MemoryStore()
    views = Views(store._running, store.faults)
    async with Wire(record(reads, store=store), http_scope("POST", "/a")) as wire:
        await wire.until_receiving()
        assert views.changes() == ({}, [])
        monkeypatch.setattr(room, "INTERVAL", 0.0)
        monkeypatch.setattr(views, "_next", 0.0)
        fresh, gone = views.changes()
        [(facts, _)] = fresh.values()
        assert (decode(facts).path, gone) == ("/a", [])
        views.written(fresh, gone)
        monkeypatch.setattr(views, "_next", 0.0)
        assert views.changes() == ({}, [])
        await wire.give({"type": "http.request", "body": b"secret", "more_body": True})
        await wire.until_receiving()
        monkeypatch.setattr(views, "_next", 0.0)
        fresh, _ = views.changes()
        [(facts, _)] = fresh.values()
        assert "secret" not in facts
        await wire.disconnect()
        await wire.finished()
    monkeypatch.setattr(views, "_next", 0.0)
    assert views.changes() == ({}, list(fresh))
    assert views.gone(set(fresh) | {"another"}) == list(fresh)
    assert store.faults.total == 0


async def test_looking_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once in a while, however often the writer comes by."""
    store = MemoryStore()
    views = Views(store._running, store.faults)
    async with Wire(record(reads, store=store), http_scope("POST", "/a")) as wire:
        await wire.until_receiving()
        views.changes()
        monkeypatch.setattr(room, "INTERVAL", 0.0)
        assert views.changes() == ({}, [])
        views.forget()  # a new segment shows them all anew
        assert len(views.changes()[0]) == 1
