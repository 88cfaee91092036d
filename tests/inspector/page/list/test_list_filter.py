"""The filter of the list: what is offered, what is refused, and where it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.looks import axe, in_view
from tests.browser.visiting import in_one_browser
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
    """That happens when the user stops typing; Escape leads back to the list as it was."""
    page = come()
    page.press("/")
    page.type("/orders/2")
    page.wait_for(f"{AMOUNT} === '11 shown of 30 stored'")

    assert paths(page, 2) == orders(29, 28)
    assert page.evaluate("location.hash") == "#/?q=%2Forders%2F2"
    assert scripted.asked[-1] == "/orders/2"

    page.press("Escape", "j", "Enter")
    page.wait_for("document.querySelector('asgi-exchange') && true")
    page.press("Escape")
    page.wait_for("location.hash === '#/?q=%2Forders%2F2'")
    page.wait_for(f"{AMOUNT} === '11 shown of 30 stored'")
    assert page.evaluate(VALUE) == "/orders/2"


@in_one_browser
def test_an_address_brings_its_filter(come: Callable[..., Page], scripted: Scripted) -> None:
    """A link can be sent to somebody; what comes live is filtered too, by the server."""
    page = come("#/?q=%2Forders%2F3")
    page.wait_for(f"{AMOUNT} === '2 shown of 30 stored'")
    assert page.evaluate(VALUE) == "/orders/3"
    assert paths(page) == orders(30, 3)

    scripted.record(row(31))
    page.wait_for(f"{AMOUNT} === '3 shown of 31 stored'")
    assert paths(page) == orders(31, 30, 3)
    assert {*scripted.asked} == {"/orders/3"}


@in_one_browser
def test_what_is_wrong_is_said_below_the_box(come: Callable[..., Page], scripted: Scripted) -> None:
    """The rows stay."""
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


def test_words_and_values_are_offered(come: Callable[..., Page]) -> None:
    """The server's words can be chosen with arrows and Enter, also after a minus."""
    page = come()
    page.press("/")
    page.type('text:"a b" -o')
    page.wait_for(f"({OPTIONS}).join() === 'outcome:,out:'")
    page.press("ArrowDown", "ArrowUp", "ArrowDown", "Enter")
    page.wait_for(f"({OPTIONS})[0] === 'outcome:complete'")
    assert page.evaluate("document.querySelector('.list-filter').ariaExpanded") == "true"
    page.type("e")
    page.wait_for(f"({OPTIONS}).join() === 'outcome:error'")
    assert axe(page) == []

    page.press("ArrowDown", "Enter")
    page.wait_for(f"{VALUE} === 'text:\"a b\" -outcome:error '")
    assert not in_view(page, "#list-options")


def test_the_help_has_every_word(come: Callable[..., Page], scripted: Scripted) -> None:
    """Each word has its meaning beside it; a click takes the word, and Escape closes the help."""
    page = come()
    page.click(".list-help")
    page.wait_for(f"({OPTIONS}).length === {len(scripted.words)}")
    assert in_view(page, "#list-options .dim")
    page.click("#list-option-0")
    page.wait_for(f"({OPTIONS}).includes('method:POST')")
    assert page.evaluate(VALUE) == "method:"
    page.press("Escape")
    assert not in_view(page, "#list-options")
    assert page.evaluate(VALUE) == "method:"


@in_one_browser
def test_nothing_that_matches_leads_back_to_all(come: Callable[..., Page]) -> None:
    """A button does so."""
    page = come("#/?q=nowhere")
    page.wait_for("document.querySelector('.list-empty h2')?.textContent === 'Nothing matches'")
    page.click(".list-empty button")

    page.wait_for(f"{AMOUNT} === 'Newest 30 of 30 shown'")
    assert page.evaluate("location.hash") == "#/"
