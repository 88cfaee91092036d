"""Every open page gets what happens, and nothing runs while no page is open."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.inspector import hub as hubs
from asgi_mw.testing import Wire, http_scope
from tests.inspector.asked import HOST, PATH, Opened
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio


class Stream:
    """One page that follows, and the events that it was sent."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.text = ""

    async def until(self, name: str) -> Any:
        """The data of the next event called *name*."""
        while True:
            *events, self.text = self.text.split("\n\n")
            for number, event in enumerate(events):
                first, _, data = event.partition("\n")
                if first == f"event: {name}":
                    self.text = "\n\n".join([*events[number + 1 :], self.text])
                    return json.loads(data.removeprefix("data: "))
            message = await self.wire.take()
            assert message["type"] != "http.response.body" or message["more_body"], "it ended"
            self.text += message.get("body", b"").decode()


@asynccontextmanager
async def following(opened: Opened, query: str = "") -> AsyncIterator[Stream]:
    """Follow while the block runs."""
    headers = {"host": HOST, "cookie": opened.cookie}
    scope = http_scope("GET", f"{PATH}/api/feed?{query}", headers=headers)
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    async with Wire(opened.app, scope, messages=messages, timeout=PATIENCE) as wire:
        start = await wire.take()
        assert (200, b"text/event-stream") == (
            start["status"],
            dict(start["headers"])[b"content-type"],
        )
        yield Stream(wire)
        await wire.disconnect()
        await wire.finished()


def paths(said: Any) -> list[str]:
    """The paths of the rows of an event."""
    return [dict(zip(said["columns"], one, strict=True))["path"] for one in said["rows"]]


async def test_each_page_has_what_matches_its_filter() -> None:
    """It also gets how many are stored; the state comes first."""
    opened = Opened()
    await opened.visit(target="/before")
    async with following(opened) as all_of_it, following(opened, "q=path:/b") as some:
        state = await all_of_it.until("state")
        await some.until("state")
        await opened.visit(target="/a")
        await opened.visit(target="/b")
        seen = await all_of_it.until("rows")
        while len(seen["rows"]) < 2:
            more = await all_of_it.until("rows")
            seen = {**more, "rows": seen["rows"] + more["rows"]}
        assert (["/a", "/b"], 3) == (paths(seen), seen["total"])
        assert ["/b"] == paths(await some.until("rows"))
        assert (await some.until("lag"))["lag_ms"] >= 0
    assert {"recording": True, "store": "<MemoryStore>", "problems": [], "resend": True} == state


async def test_a_page_without_the_app_has_no_recording_to_switch() -> None:
    """So it shows no switch, like a page over a folder."""
    async with following(Opened(resends=False)) as page:
        state = await page.until("state")
    assert (None, False) == (state["recording"], state["resend"])


async def test_another_page_reads_on_when_the_one_that_read_leaves() -> None:
    """So no separate task is needed for the reading."""
    opened = Opened()
    async with following(opened) as second:
        async with following(opened) as first:
            await first.until("state")
            await second.until("state")
        await opened.visit(target="/a")
        assert ["/a"] == paths(await second.until("rows"))


async def test_nothing_is_read_while_no_page_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new page begins with what is new then."""
    opened = Opened()
    async with following(opened) as page:
        await page.until("state")
    with monkeypatch.context() as patch:
        patch.setattr(opened.store, "follow_rows", None)
        await opened.visit(target="/unseen")
    async with following(opened) as page:
        await page.until("state")
        await opened.visit(target="/seen")
        assert ["/seen"] == paths(await page.until("rows"))


async def test_the_pages_go_as_the_app_shuts_down() -> None:
    """Servers would wait for them otherwise."""
    opened = Opened()
    headers = {"host": HOST, "cookie": opened.cookie}
    scope = http_scope("GET", f"{PATH}/api/feed", headers=headers)
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    async with Wire(opened.app, scope, messages=messages, timeout=PATIENCE) as wire:
        await wire.take()
        opened.site.hub.end()
        result = await wire.finished()
    assert (True, False) == (result.returned, result.sent[-1]["more_body"])


async def test_a_store_that_fails_is_said_and_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stays open."""
    opened = Opened()
    async with following(opened) as page:
        await page.until("state")
        with monkeypatch.context() as patch:

            def fail(*_: object) -> None:
                raise OSError("no disk")

            patch.setattr(opened.store, "follow_rows", fail)
            state = await page.until("state")
        assert ["the store cannot be read: no disk"] == state["problems"]
        assert [] == (await page.until("state"))["problems"]


async def test_no_more_pages_than_can_be_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one gets the reason."""
    monkeypatch.setattr(hubs, "MOST_PAGES", 0)
    answered = await Opened().get("/api/feed")

    assert (503, True) == (answered.status, b"too many pages" in answered.body)


async def test_a_filter_that_is_none() -> None:
    """The answer says what is wrong with it."""
    answered = await Opened().get("/api/feed?q=status:x")

    assert (400, True) == (answered.status, b"status" in answered.body)


async def test_a_page_that_does_not_keep_up_is_told_what_it_missed() -> None:
    """The data that waits for it is bounded."""
    page = hubs.Page("", None)
    big = b"x" * (3 * 1024 * 1024)
    assert page.put(big, 1)
    assert not page.put(b"y", 5)
    taken = await page.take()

    assert big + b'event: gap\ndata: {"missed": 5}\n\n' == taken
