"""The filter of the list: what is offered, what is refused, and where it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.looks import axe, in_view
from tests.inspector.page.list.scripted import row
from tests.inspector.page.list.sight import AMOUNT, orders, paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.page import Page
    from tests.inspector.page.list.scripted import Scripted

OPTIONS = "[...document.querySelectorAll('#list-options code')].map(one => one.textContent)"
VALUE = "document.querySelector('.list-filter').value"
ERROR = "document.querySelector('.list-error').textContent"


def test_what_matches_is_shown_and_the_address_says_it(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """Once one stops typing."""
    page = come()
    page.press("/")
    page.type("/orders/2")
    page.wait_for(f"{AMOUNT} === '11 shown of 30 stored'")

    assert paths(page, 2) == orders(29, 28)
    assert page.evaluate("location.hash") == "#/?q=%2Forders%2F2"
    assert scripted.asked[-1] == "/orders/2"


def test_an_address_brings_its_filter(come: Callable[..., Page]) -> None:
    """A link can be sent to somebody."""
    page = come("#/?q=%2Forders%2F3")
    page.wait_for(f"{AMOUNT} === '2 shown of 30 stored'")

    assert page.evaluate(VALUE) == "/orders/3"
    assert paths(page) == orders(30, 3)


def test_the_filter_is_there_on_return(come: Callable[..., Page]) -> None:
    """Escape leads to the list as it was."""
    page = come()
    page.press("/")
    page.type("/orders/2")
    page.wait_for(f"{AMOUNT} === '11 shown of 30 stored'")
    page.press("Escape", "j", "Enter")
    page.wait_for("document.querySelector('asgi-exchange') && true")
    page.press("Escape")

    page.wait_for("location.hash === '#/?q=%2Forders%2F2'")
    page.wait_for(f"{AMOUNT} === '11 shown of 30 stored'")
    assert page.evaluate(VALUE) == "/orders/2"


def test_what_is_wrong_is_said_below_the_box(come: Callable[..., Page], scripted: Scripted) -> None:
    """And the rows stay."""
    scripted.refuses["status:abc"] = "status: abc is no status; write 404 or 4xx"
    page = come()
    page.press("/")
    page.type("status:abc")
    page.press("Enter")
    page.wait_for(f"{ERROR} === 'status: abc is no status; write 404 or 4xx'")

    assert in_view(page, ".list-error")
    assert paths(page, 1) == orders(30)
    assert page.evaluate("document.querySelector('.list-filter').ariaInvalid") == "true"

    page.click(".list-clear")
    page.wait_for(f"{ERROR} === ''")


def test_words_and_values_are_offered(come: Callable[..., Page], scripted: Scripted) -> None:
    """Those that the server knows, by the arrows and Enter."""
    scripted.words = [
        {"name": "status", "help": "What was answered", "examples": ["status:5xx"], "values": []},
        {"name": "state", "help": "Where it is", "examples": [], "values": ["kept", "lost"]},
    ]
    page = come()
    page.press("/")
    page.type("sta")
    page.wait_for(f"({OPTIONS}).join() === 'status:,state:'")
    page.press("ArrowDown", "ArrowDown", "Enter")
    page.wait_for(f"({OPTIONS}).join() === 'state:kept,state:lost'")
    assert page.evaluate(VALUE) == "state:"
    active = page.evaluate("document.querySelector('.list-filter').ariaExpanded")
    assert active == "true"

    page.press("ArrowDown", "Enter")
    page.wait_for(f"{VALUE} === 'state:kept '")
    assert not in_view(page, "#list-options")


def test_a_server_without_words_gets_those_of_the_page(come: Callable[..., Page]) -> None:
    """The box helps all the same."""
    page = come()
    page.press("/")
    page.type("-m")
    page.wait_for(f"({OPTIONS}).join() === '-method:'")
    page.press("Escape")
    assert not in_view(page, "#list-options")
    assert page.evaluate(VALUE) == "-m"


def test_the_help_has_examples_to_click(come: Callable[..., Page]) -> None:
    """One is added to the filter."""
    page = come()
    page.click("[popovertarget=list-help]")
    page.wait_for("document.querySelector('.list-help').matches(':popover-open')")
    assert in_view(page, ".list-help dd")
    assert axe(page) == []

    page.click(".list-example")
    page.wait_for(f"{VALUE} === 'method:POST'")
    assert not page.evaluate("document.querySelector('.list-help').matches(':popover-open')")


def test_nothing_that_matches_leads_back_to_all(come: Callable[..., Page]) -> None:
    """By a button."""
    page = come("#/?q=nowhere")
    page.wait_for("document.querySelector('.list-empty h2')?.textContent === 'Nothing matches'")
    page.click(".list-empty button")

    page.wait_for(f"{AMOUNT} === 'Newest 30 of 30 shown'")
    assert page.evaluate("location.hash") == "#/"


def test_what_comes_live_is_filtered_by_the_server(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """The feed is asked with the filter too."""
    page = come("#/?q=is:kept")
    page.wait_for("!document.querySelector('.list-empty').hidden")
    scripted.record(row(31, kept=True))

    page.wait_for(f"{AMOUNT} === '1 shown of 31 stored'")
    assert paths(page) == orders(31)
    assert scripted.asked[-1] == "is:kept"
