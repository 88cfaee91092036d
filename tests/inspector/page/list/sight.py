"""What a test asks the list: which rows are visible, and what it says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.page import Page

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
    """The first visible paths, as soon as there are any."""
    return list(page.until(lambda: page.evaluate(PATHS), "rows"))[:count]


def orders(*numbers: int) -> list[str]:
    """The paths of the exchanges of these numbers."""
    return [f"/orders/{number}" for number in numbers]
