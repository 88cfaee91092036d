"""The list by keyboard: moving, opening, finding, sorting, keeping, comparing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.looks import axe, in_view
from tests.browser.visiting import in_one_browser
from tests.inspector.page.list.scripted import row
from tests.inspector.page.list.sight import AMOUNT, PATHS, SELECTED, orders, paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.page import Page
    from tests.inspector.page.list.scripted import Scripted

COUNT = "document.querySelector('.list-find [role=status]').textContent"
HEADS = "[...document.querySelectorAll('.list-sort')].map(one => one.dataset.name)"

# The number of the exchange before or after another one
BESIDE = """async (number, step) => {
    const id = number.toString(16).padStart(32, "0");
    const found = await document.querySelector("asgi-list").beside(id, step);
    return found && parseInt(found, 16);
}"""
STEPS = [(5, 1), (2, -1), (6, 1), (3, 1), (5, -1)]


def selected(page: Page, number: int) -> None:
    """Wait until the exchange *number* is selected and visible."""
    page.wait_for(f"{SELECTED} === '/orders/{number}'")
    assert in_view(page, ".list-body [aria-selected=true]")


def test_keys_move_the_selection(come: Callable[..., Page]) -> None:
    """The selection stays visible; what is typed into a box is text, and moves nothing."""
    page = come(height=400)
    page.press("/")
    page.type("j")
    assert page.evaluate("document.querySelector('.list-filter').value") == "j"
    page.wait_for(f"{AMOUNT} === '0 shown of 30 stored'")
    assert page.evaluate(SELECTED) is None
    page.press("Backspace", "Escape")
    page.wait_for(f"{AMOUNT} === 'Newest 30 of 30 shown'")
    for keys, number in (
        (["j"], 30),
        (["j", "ArrowDown"], 28),
        (["k"], 29),
        (["End"], 1),
        (["ArrowUp", "PageDown"], 1),
        (["Home"], 30),
    ):
        page.press(*keys)
        selected(page, number)
    active = "document.querySelector('.list-grid').getAttribute('aria-activedescendant')"
    assert page.evaluate(f"document.getElementById({active}).ariaSelected") == "true"


def test_enter_opens_and_escape_comes_back_to_where_one_was(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """Selection and scroll position are the same; what came meanwhile is there."""
    page = come(height=400)
    page.press("End")
    selected(page, 1)
    page.press("Enter")
    page.wait_for(f"location.hash.startsWith('#/x/{1:032x}')")
    page.wait_for("document.querySelector('asgi-exchange') && true")
    scripted.record(row(31), row(32))
    page.press("Escape")

    page.wait_for(f"{AMOUNT} === 'Newest 32 of 32 shown'")
    selected(page, 1)
    page.press("Home")
    page.wait_for(f"({PATHS})()[0] === '/orders/32'")
    assert paths(page, 2) == orders(32, 31)


@pytest.mark.parametrize("keys", ["f", "Control+f"])
def test_find_looks_into_all_rows_that_are_held(
    come: Callable[..., Page], scripted: Scripted, keys: str
) -> None:
    """It also finds rows that are not visible, and rows that come live."""
    page = come(height=400)
    page.press(keys)
    page.wait_for("document.activeElement.type === 'search'")
    page.type("ORDERS/1")
    page.wait_for(f"{COUNT} === '1 of 11'")
    selected(page, 19)
    assert page.evaluate("document.querySelectorAll('.list-hit:not([hidden])').length") == 10

    page.press("Enter")
    selected(page, 18)
    page.press("Shift+Enter", "Shift+Enter")
    page.wait_for(f"{COUNT} === '11 of 11'")
    selected(page, 1)
    scripted.record(row(100))
    page.wait_for(f"{COUNT} === '12 of 12'")

    page.press("Escape")
    page.wait_for("!document.querySelector('.list-hit:not([hidden])')")
    assert not in_view(page, ".list-find")


@in_one_browser
def test_a_head_sorts_up_down_and_not(come: Callable[..., Page], scripted: Scripted) -> None:
    """What comes live takes its place."""
    scripted.rows = [row(number, duration_ms=float(number % 3)) for number in range(1, 7)]
    page = come()
    page.click("[data-name=duration]")
    page.wait_for(f"({PATHS})()[0] === '/orders/5'")
    assert paths(page, 6) == orders(5, 2, 4, 1, 6, 3)
    assert [page.evaluate(BESIDE, number, step) for number, step in STEPS] == [2, 5, 3, None, None]
    scripted.record(row(7, duration_ms=1.5))
    page.wait_for(f"({PATHS})()[2] === '/orders/7'")

    page.click("[data-name=duration]")
    page.wait_for(f"({PATHS})()[0] === '/orders/6'")
    head = "document.querySelector('[data-name=duration]').parentElement.ariaSort"
    assert page.evaluate(head) == "ascending"
    page.click("[data-name=duration]")
    page.wait_for(f"({PATHS})()[0] === '/orders/7'")
    assert page.evaluate(head) == "none"


def test_columns_are_chosen_and_remembered(come: Callable[..., Page]) -> None:
    """The browser keeps them."""
    page = come()
    page.click("[popovertarget=list-menu]")
    page.wait_for("document.querySelector('#list-menu').matches(':popover-open')")
    assert axe(page) == []
    page.click(".list-menu label:nth-child(5)")
    page.click(".list-menu label:nth-child(6)")
    shown = ["time", "method", "status", "path", "route", "first_byte", "duration", "out"]
    page.wait_for(f"({HEADS}).join() === '{','.join(shown)}'")

    page.reload()
    page.wait_for(f"({HEADS}).join() === '{','.join(shown)}'")


@in_one_browser
def test_s_keeps_the_exchange(come: Callable[..., Page], scripted: Scripted) -> None:
    """A star says so; the same key ends it."""
    page = come()
    page.press("j", "s")
    page.wait_for("document.querySelector('.list-flag:not([hidden])')?.textContent === '★'")
    page.press("s")
    page.wait_for("!document.querySelector('.list-flag:not([hidden])')")

    kept = {"id": f"{30:032x}"}
    assert scripted.posted == [
        ("/api/keep", {**kept, "keep": True}),
        ("/api/keep", {**kept, "keep": False}),
    ]


@in_one_browser
def test_two_marked_exchanges_are_compared(come: Callable[..., Page]) -> None:
    """The page says that the first is marked."""
    page = come()
    page.press("j", "c")
    page.wait_for("document.querySelector('.list-notice').textContent.startsWith('Marked')")
    page.press("j", "c")
    page.wait_for(f"location.hash === '#/compare/{30:032x}/{29:032x}'")


@in_one_browser
def test_t_says_how_long_ago(come: Callable[..., Page]) -> None:
    """Before that, the list shows the time of day."""
    page = come()
    first = "document.querySelector('.list-row:not([hidden]) [role=gridcell]').textContent"
    assert page.evaluate(first).count(":") == 2
    page.press("t")
    page.wait_for(f"{first}.endsWith(' ago')")


def test_all_keys_are_said(come: Callable[..., Page]) -> None:
    """They are in a dialog, and Escape closes it."""
    page = come()
    page.press("?")
    page.wait_for("document.querySelector('dialog')?.open")
    assert in_view(page, ".list-keys kbd")
    assert axe(page) == []
    page.press("Escape")
    page.wait_for("!document.querySelector('dialog')?.open")
