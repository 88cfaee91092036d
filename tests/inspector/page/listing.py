"""The list in each browser, over a server that does as the test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import _started as _started
from tests.browser.conftest import browser as browser
from tests.browser.conftest import visitor as visitor
from tests.browser.conftest import visitors as visitors
from tests.inspector.page.scripted import Scripted, row
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


# The paths of the rows in sight, from the top
PATHS = """() => {
    const box = document.querySelector(".list-grid").getBoundingClientRect();
    return [...document.querySelectorAll(".list-body .list-row:not([hidden])")]
        .map(row => [row.getBoundingClientRect().top, row.querySelector("a").textContent])
        .filter(([top]) => top > box.top + 20 && top < box.bottom - 11)
        .sort(([a], [b]) => a - b).map(([, path]) => path);
}"""
AMOUNT = "document.querySelector('.list-amount').textContent"
LIVE = "document.querySelector('.list-live').textContent"
SELECTED = "document.querySelector('.list-body [aria-selected=true] a')?.textContent"


def paths(page: Page, count: int = 3) -> list[str]:
    """The first paths in sight."""
    return list(page.evaluate(PATHS))[:count]


def orders(*numbers: int) -> list[str]:
    """The paths of the exchanges of these numbers."""
    return [f"/orders/{number}" for number in numbers]
