"""The sequence diagram of one exchange: each message between its neighbours, in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.inspector.page import exchanges
from tests.inspector.page.test_exchange import show

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.inspector.page.api import Api


def said(tab: Page) -> list[str]:
    """What the list beside the picture says."""
    return tab.locator("[role=option]").all_text_contents()


def test_server_layers_and_app_are_the_columns(tab: Page, api: Api) -> None:
    """They go from outside in; each layer has its own time, or says that it is not visible."""
    show(tab, api, exchanges.layered())
    heads = tab.locator(".x-who text:nth-of-type(1)")
    expect(heads).to_have_text(
        ["server", "request_id", "cors", "compression", "SessionMiddleware", "app"]
    )
    expect(tab.locator(".x-heads")).to_contain_text("not visible")
    expect(tab.locator(".x-band")).to_have_count(1)


def test_without_layers_there_are_server_and_app(tab: Page, api: Api) -> None:
    """Every receive and send is one arrow between the two."""
    show(tab, api, exchanges.talk())
    assert said(tab) == [
        "0 µs: server to app: /chat",
        "200 µs: server to app: websocket.connect, awaited 100 µs",
        "500 µs: app to server: websocket.accept, awaited 100 µs",
        "2.4 ms: server to app: websocket.receive 12 B, awaited 400 µs",
        "2.5 ms: app to server: websocket.send 9 B, awaited 100 µs",
        "3.4 ms: server to app: websocket.receive 12 B, awaited 400 µs",
        "3.5 ms: app to server: websocket.send 9 B, awaited 100 µs",
        "8.0 ms: server to app: websocket.disconnect, awaited 1.0 ms",
        "8.2 ms: app to server: returned",
    ]


def test_a_layer_that_changed_a_message_is_named(tab: Page, api: Api) -> None:
    """The headers that it added, removed or replaced are named too."""
    show(tab, api, exchanges.layered())
    changes = [one for one in said(tab) if "412.2" in one or "412 ms: compression" in one]
    assert (
        "compression: sent it later; added content-encoding, vary; removed content-length"
        in (changes[0])
    )
    assert "cors: added access-control-allow-origin; replaced vary" in changes[0]


def test_an_early_answer_turns_at_the_layer_that_gave_it(tab: Page, api: Api) -> None:
    """The layers and the app inside were not called."""
    show(tab, api, exchanges.early())
    assert [one for one in said(tab) if "app" in one.split(":")[1]] == []
    expect(tab.locator(".x-who", has_text="not called")).to_have_count(2)
    expect(tab.locator(".x-dot-answered").first).to_contain_text("answered in the app's place")


def test_an_exception_goes_out_to_who_swallowed_it(tab: Page, api: Api) -> None:
    """It goes no farther."""
    show(tab, api, exchanges.failed())
    assert [one for one in said(tab) if "exception" in one] == [
        "80.0 ms: app to timing: exception KeyError: '<script>'; errors: swallowed it",
        "80.0 ms: timing to errors: exception KeyError: '<script>'; errors: swallowed it",
    ]


def test_arrow_keys_choose_a_message_and_show_it(tab: Page, api: Api) -> None:
    """The panel beside the diagram says what it is."""
    show(tab, api, exchanges.talk())
    tab.get_by_role("listbox").focus()
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    expect(tab.locator(".x-side h2")).to_have_text("websocket.accept")
    expect(tab.locator(".x-hop.x-chosen")).to_be_in_viewport()
    tab.keyboard.press("Enter")
    expect(tab.locator("#x-event-1")).to_be_in_viewport()


def test_a_click_on_an_arrow_shows_it(tab: Page, api: Api) -> None:
    """The panel shows its type, way, time and what was awaited."""
    show(tab, api, exchanges.layered())
    tab.locator(".x-hop.x-by-receive").first.click()
    expect(tab.locator(".x-side")).to_contain_text("server → request_id")
    expect(tab.locator(".x-side")).to_contain_text("3.2 ms")


def test_long_waits_are_cut_and_said(tab: Page, api: Api) -> None:
    """The text is on the line of the one that was busy."""
    show(tab, api, exchanges.layered())
    expect(tab.locator(".x-pause.x-bar-app")).to_have_text("405 ms at work")
    expect(tab.locator(".x-pause.x-bar-send")).to_have_text("279 ms sending")
    tab.get_by_role("button", name="True time").click()
    expect(tab.get_by_role("button", name="True time")).to_have_attribute("aria-pressed", "true")
    expect(tab.locator(".x-hop").first).to_be_in_viewport()


def test_ten_thousand_messages_are_shown_page_by_page(tab: Page, api: Api) -> None:
    """The picture never has thousands of elements."""
    show(tab, api, exchanges.talk(10_000))
    expect(tab.locator(".x-hop")).to_have_count(240)
    assert tab.evaluate("document.querySelectorAll('svg *').length") < 3000
    tab.get_by_role("button", name="Show the next of 9765 more").click()
    expect(tab.get_by_role("button", name="Show earlier")).to_be_visible()
    expect(tab.locator(".x-hop").first).to_be_in_viewport()


def test_where_not_all_layers_fit_neighbours_that_did_nothing_are_one_column(
    tab: Page, api: Api
) -> None:
    """A button shows each layer; if all fit, each is there at once."""
    one = exchanges.layered()
    idle = [exchanges.passage(f"idle_{at}", "idle()", 0.1, 0.2, 0.01) for at in range(8)]
    show(tab, api, replace(one, layers=(*one.layers[:3], *idle)))
    heads = tab.locator(".x-who text:nth-of-type(1)")
    few = ["server", "request_id", "cors", "compression", "8 layers", "app"]
    expect(heads).to_have_text(few)
    each = tab.get_by_role("button", name="All 11 layers", pressed=False)
    each.click()
    expect(heads).to_have_count(13)
    tab.get_by_role("button", name="All 11 layers", pressed=True).click()
    expect(heads).to_have_text(few)
    show(tab, api, replace(one, id="b002", layers=(*one.layers[:3], *idle[:2])))
    expect(heads).to_have_count(7)
