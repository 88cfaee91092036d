"""The time line of one exchange: who worked, who waited, and what else happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.inspector.page import exchanges
from tests.inspector.page.test_exchange import show

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.inspector.page.api import Api


def test_lanes_say_who_worked_and_who_waited(tab: Page, api: Api) -> None:
    """The table beneath says the same as the bars."""
    show(tab, api, exchanges.layered(), "time")
    rows = tab.locator(".x-spent tbody tr").all_inner_texts()
    assert [row.split("\t")[:2] for row in rows] == [
        ["app at work", "412 ms"],
        ["awaits receive", "3.2 ms"],
        ["awaits send", "278 ms"],
        ["loop blocked", "84.0 ms"],
        ["first byte", "413 ms"],
        ["response over", "690 ms"],
        ["app returned", "692 ms"],
    ]
    expect(tab.locator(".x-bar-send").last).to_be_in_viewport()


def test_notes_are_on_the_same_axis(tab: Page, api: Api) -> None:
    """Logs as dots, all else as bars, with a tooltip."""
    show(tab, api, exchanges.layered(), "time")
    expect(tab.locator("circle.x-note")).to_have_count(4)
    expect(tab.locator("g.x-note")).to_have_count(6)
    tab.locator("g.x-note-call").hover()
    expect(tab.locator(".x-tip-box")).to_contain_text("call: POST https://pay.test/charges, 254 ms")


def test_keys_zoom_and_show_all_again(tab: Page, api: Api) -> None:
    """Plus halves what is seen; 0 shows all."""
    show(tab, api, exchanges.layered(), "time")
    picture = tab.get_by_role("img", name="Time line from")
    whole = picture.get_attribute("aria-label")
    tab.locator(".x-time-area").focus()
    tab.keyboard.press("+")
    expect(tab.get_by_role("img", name="Time line from 173 ms to 519 ms")).to_be_visible()
    tab.keyboard.press("ArrowLeft")
    expect(tab.get_by_role("img", name="Time line from 130 ms to 476 ms")).to_be_visible()
    tab.keyboard.press("0")
    expect(tab.get_by_role("img", name=str(whole))).to_be_visible()


def test_notes_are_a_table_that_can_be_filtered(tab: Page, api: Api) -> None:
    """In time, with level and details."""
    show(tab, api, exchanges.layered(), "notes")
    expect(tab.locator(".x-note-row")).to_have_count(10)
    tab.get_by_role("button", name="logs 4").click()
    expect(tab.locator(".x-note-row")).to_have_count(6)
    expect(tab.locator(".x-note-row").first).to_contain_text("POST /orders")
