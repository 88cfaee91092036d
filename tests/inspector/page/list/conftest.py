"""The list in each browser, over a server that does what the test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.inspector.page.list.scripted import Scripted, row
from tests.live.thread import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.page import Page
    from tests.browser.visitor import Visitor


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Serve the page over thirty exchanges."""
    api = Scripted(row(number) for number in range(1, 31))
    with served(api) as api.port:
        yield api
        api.live = False


@pytest.fixture
def come(visitor: Visitor, scripted: Scripted) -> Callable[..., Page]:
    """Open the page, and wait until it is live."""

    def come(address: str = "", width: int = 1280, height: int = 800) -> Page:
        page = visitor.open(f"http://127.0.0.1:{scripted.port}/{address}", width, height)
        page.wait_for("document.querySelector('.list-live')?.dataset.kind === 'live'")
        return page

    return come
