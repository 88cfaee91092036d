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
        ["app at work", "328 ms"],
        ["awaits receive", "3.2 ms"],
        ["awaits send", "278 ms"],
        ["loop blocked", "84.0 ms"],
        ["first byte", "413 ms"],
        ["response over", "690 ms"],
        ["app returned", "692 ms"],
    ]
    expect(tab.locator("svg .x-bar-send").last).to_be_in_viewport()


def test_who_listens_for_the_end_works_meanwhile(tab: Page, api: Api) -> None:
    """An app that streams does not count as one that waits for the client to send."""
    show(tab, api, exchanges.stream(), "time")
    rows = tab.locator(".x-spent tbody tr").all_inner_texts()
    assert [row.split("\t")[:2] for row in rows][:3] == [
        ["app at work", "9.5 ms"],
        ["awaits send", "700 µs"],
        ["listens for the client's end", "8.5 ms"],
    ]


def test_notes_are_on_the_same_axis(tab: Page, api: Api) -> None:
    """Logs are dots, everything else is a bar, each with its title."""
    show(tab, api, exchanges.layered(), "time")
    expect(tab.locator(".x-note circle")).to_have_count(4)
    expect(tab.locator(".x-note rect")).to_have_count(6)
    expect(tab.locator(".x-note.x-hue-call title")).to_have_text(
        "call: POST https://pay.test/charges, 254 ms, at 142 ms"
    )


def test_keys_zoom_and_show_all_again(tab: Page, api: Api) -> None:
    """Plus doubles the width, what was in the middle stays there; 0 shows all."""
    show(tab, api, exchanges.layered(), "time")
    axis = tab.locator(".x-axis")
    axis.focus()
    tab.keyboard.press("+")
    expect(tab.get_by_role("img", name="2 times as wide as its window")).to_be_visible()
    left, window, whole = axis.evaluate("one => [one.scrollLeft, one.clientWidth, one.scrollWidth]")
    assert abs(left + window / 2 - whole / 2) < 20
    tab.keyboard.press("0")
    expect(tab.get_by_role("img", name="1 times as wide as its window")).to_be_visible()
    assert axis.evaluate("one => one.scrollWidth === one.clientWidth")


def test_notes_are_a_table_that_can_be_filtered(tab: Page, api: Api) -> None:
    """They are in the order of time, with level and details."""
    show(tab, api, exchanges.layered(), "time")
    rows = tab.locator(".x-notes tbody tr")
    expect(rows).to_have_count(10)
    tab.get_by_role("button", name="logs 4").click()
    expect(rows).to_have_count(6)
    expect(rows.first).to_contain_text("POST /orders")
