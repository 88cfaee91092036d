"""The ways to copy an exchange, and where the copied text goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from asgi_mw.recorder.copying import copied
from tests.recorder.made import made

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from asgi_mw.events import Exchange
    from tests.inspector.page.api import Api

MENU = """async (id) => {
  const {exchange} = await import("/api.js");
  const {menu} = await import("/more/copy.js");
  const around = document.createElement("div");
  around.append(menu(await exchange(id)));
  document.querySelector("main").replaceChildren(around);
}"""


def menu(tab: Page, api: Api, one: Exchange) -> None:
    """Put the button there."""
    api.exchanges[one.id] = one
    tab.evaluate(MENU, one.id)


def test_the_ways_are_reached_by_keyboard(tab: Page, api: Api) -> None:
    """Tab goes through them, Escape gives the focus back, leaving them closes them."""
    menu(tab, api, made(kind="websocket"))
    button = tab.get_by_role("button", name="Copy", exact=True)
    ways = tab.locator(".m-menu button")
    button.press("Enter")
    assert ways.all_inner_texts() == [
        "Copy as curl",
        "Copy as text, for a bug report",
        "Copy as Mermaid diagram",
    ]
    tab.keyboard.press("Tab")
    expect(ways.first).to_be_focused()
    expect(ways.last).to_be_in_viewport()
    tab.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.press("Enter")
    tab.keyboard.press("Shift+Tab")
    expect(tab.locator(".m-menu")).to_be_hidden()


def test_what_is_chosen_is_in_the_clipboard(tab: Page, api: Api) -> None:
    """It is there as the server writes it, and the page announces it."""
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    one = made(method="POST", request=b"\xc3\xa9 '")
    menu(tab, api, one)
    tab.get_by_role("button", name="Copy").click()
    tab.get_by_role("button", name="Copy as curl").click()
    expect(tab.get_by_role("button", name="Copied ✓")).to_be_focused()
    assert tab.evaluate("navigator.clipboard.readText()") == copied(one, "curl")
    expect(tab.locator("#live")).to_have_text("Copied as curl")


def test_without_a_clipboard_the_text_is_selected(tab: Page, api: Api) -> None:
    """Where the browser refuses, the text stands in a field, selected, to be copied by hand."""
    tab.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    one = made()
    menu(tab, api, one)
    tab.get_by_role("button", name="Copy").click()
    tab.get_by_role("button", name="Copy as Mermaid diagram").click()
    area = tab.get_by_label("The exchange as Mermaid diagram")
    expect(area).to_be_focused()
    assert area.input_value() == copied(one, "mermaid")
    assert tab.evaluate("document.activeElement.selectionEnd") == len(area.input_value()) > 0
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)


def test_one_that_is_gone_is_not_copied(tab: Page, api: Api) -> None:
    """The button says so, and the page announces the words of the server."""
    menu(tab, api, made())
    api.exchanges.clear()
    tab.get_by_role("button", name="Copy").click()
    tab.get_by_role("button", name="Copy as curl").click()
    expect(tab.locator("#live")).to_have_text("Not copied: no exchange has this id")
