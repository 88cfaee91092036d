"""Two exchanges of the store, compared, and one copied."""

from __future__ import annotations

import pytest

from asgi_mw.recorder.comparing import compared
from asgi_mw.recorder.copying import copied
from tests.inspector.asked import Opened

pytestmark = pytest.mark.anyio


async def test_both_are_read_and_compared() -> None:
    """The result is that of the recorder."""
    opened = Opened()
    left, right = await opened.visit(), await opened.visit("POST", body=b"x")
    said = await opened.json(f"/api/compare?left={left}&right={right}")

    one, other = opened.store.get(left), opened.store.get(right)
    assert one is not None
    assert other is not None
    assert {"version": 1, **compared(one, other)} == said


@pytest.mark.parametrize("right", ["", "0" * 32, "../words"])
async def test_one_that_is_not_there(right: str) -> None:
    """The answer says which of the two it is."""
    opened = Opened()
    answered = await opened.get(f"/api/compare?left={await opened.visit()}&right={right}")

    assert (404, b'{"version": 1, "error": "right is no exchange, or no more"}') == (
        answered.status,
        answered.body,
    )


@pytest.mark.parametrize("way", ["curl", "httpx", "text", "mermaid"])
async def test_an_exchange_is_copied(way: str) -> None:
    """The text is that of the recorder."""
    opened = Opened()
    found = await opened.visit()
    one = opened.store.get(found)
    assert one is not None
    said = await opened.json(f"/api/exchanges/{found}/copy?as={way}")

    assert {"version": 1, "text": copied(one, way)} == said


async def test_another_way_is_refused() -> None:
    """The answer lists the known ways."""
    opened = Opened()
    answered = await opened.get(f"/api/exchanges/{await opened.visit()}/copy?as=har")

    assert (400, True) == (answered.status, b"take one of curl, httpx, text" in answered.body)
