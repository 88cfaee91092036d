"""One exchange, opened: its head, its views, its keys, and that nothing in it is interpreted."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from asgi_mw.spec import RULES
from tests.inspector.page import exchanges
from tests.inspector.page.api import overflows, row
from tests.recorder.made import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from asgi_mw.events import Exchange
    from tests.inspector.page.api import Api

VIEWS = ["sequence", "time", "events", "request", "response", "layers", "scope"]
MADE = {
    "layered": exchanges.layered,
    "early": exchanges.early,
    "failed": exchanges.failed,
    "talk": exchanges.talk,
    "stream": exchanges.stream,
    "flying": exchanges.flying,
    "hostile": exchanges.hostile,
}
SIZES: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (400, "dark"))
_RAN = "[window.ran ?? null, document.querySelectorAll('main img, main script').length]"
_AXE = """async () => (await axe.run({resultTypes: ["violations"]})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => `${found.id}: ${found.nodes.map(node => node.target.join(" ")).join(", ")}`)"""


def show(tab: Page, api: Api, one: Exchange, view: str = "") -> None:
    """Open *one* exchange."""
    api.exchanges[one.id] = one
    tab.goto(f"{api.url}#/x/{one.id}{view and f'/{view}'}")
    expect(tab.locator(".x-panel")).to_be_visible()


def each_view(tab: Page) -> Iterator[str]:
    """Go to each view, as in the address, and name it."""
    for link in tab.locator(".x-tabs a").all():
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        yield str(link.get_attribute("href")).split("/")[-1]


def test_the_head_says_what_was_asked_and_what_came_of_it(tab: Page, api: Api) -> None:
    """Method, path, query, status and by whom, outcome, times, ids, what is missing or masked.

    One sentence says who was slow: the app, the client or the event loop; the most is strong.
    """
    show(tab, api, exchanges.layered())
    head = tab.locator(".x-head")
    for said in (
        "POST /orders?coupon=SPRING&token=[redacted]",
        "201 by app",
        "complete",
        "690 ms",
        "413 ms",
        "laptop 4711",
        "Missing: 1,200 bytes over body_limit.",
        "Masked: body card, query token.",
        "The app worked 328 ms; sending took 278 ms; the event loop was blocked for",
    ):
        expect(head).to_contain_text(said)
    expect(head.locator("strong")).to_have_text("328 ms")


def test_views_have_an_address(tab: Page, api: Api) -> None:
    """Each is a link, which the keyboard reaches; back goes to the view before."""
    show(tab, api, exchanges.layered(), "time")
    assert list(each_view(tab)) == VIEWS
    expect(tab).to_have_url(f"{api.url}#/x/{exchanges.LAYERED}/scope")
    tab.go_back()
    views = tab.get_by_role("navigation", name="Views of the exchange")
    expect(views.get_by_role("link", name="Layers")).to_have_attribute("aria-current", "page")
    views.get_by_role("link", name="Sequence").focus()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(f"{api.url}#/x/{exchanges.LAYERED}/time")


@pytest.mark.parametrize("name", MADE)
def test_every_view_fits_and_has_no_serious_fault_of_access(tab: Page, api: Api, name: str) -> None:
    """Wide and light, narrow and dark: all is in the window, and axe finds nothing serious.

    Nothing recorded is interpreted: scripts stay text.
    """
    show(tab, api, MADE[name]())
    tab.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = []
    for width, theme in SIZES:
        tab.emulate_media(color_scheme=theme)
        tab.set_viewport_size({"width": width, "height": 800})
        for view in each_view(tab):
            panel = tab.locator(".x-panel")
            expect(panel).to_be_in_viewport()
            expect(panel).not_to_be_empty()
            faults = [*(["overflows"] if overflows(tab) else []), *tab.evaluate(_AXE)]
            assert tab.evaluate(_RAN) == [None, 0], view
            found += [f"{view}, {width} px: {fault}" for fault in faults]
    assert found == []


def test_control_characters_are_seen(tab: Page, api: Api) -> None:
    """They are written as escapes."""
    show(tab, api, exchanges.hostile())
    expect(tab.locator(".x-head")).to_contain_text(r"<script>window.ran=1</script>\u001b[2J\u202e")


def test_an_exchange_in_flight_is_followed_until_it_ends(tab: Page, api: Api) -> None:
    """It says what is awaited, and changes on its own."""
    one = exchanges.flying()
    show(tab, api, one, "events")
    expect(tab.locator(".x-state")).to_have_text("in flight")
    expect(tab.locator(".x-panel")).to_contain_text("still awaited")
    done = exchanges.exchange([*exchanges.early().events], id=one.id, method="PUT")
    api.exchanges[one.id] = done
    expect(tab.locator(".x-state")).to_have_text("complete")
    expect(tab.locator(".x-panel")).to_contain_text("http.response.body")


def test_keys_go_to_the_neighbours_and_back(tab: Page, api: Api) -> None:
    """The bracket keys go along the list, Escape to the list."""
    api.rows += [row(number, 1000.0 * number, 1.0) for number in (1, 2, 3)]
    ids = [one["id"] for one in api.rows]
    made = [exchanges.exchange([], id=one) for one in ids]
    api.exchanges |= {one.id: one for one in made}
    show(tab, api, made[1], "scope")
    tab.keyboard.press("[")
    expect(tab).to_have_url(f"{api.url}#/x/{ids[2]}/scope")
    expect(tab.locator(".x-head code").first).to_contain_text(ids[2][-12:])
    tab.keyboard.press("]")
    expect(tab).to_have_url(f"{api.url}#/x/{ids[1]}/scope")
    tab.keyboard.press("Escape")
    expect(tab).to_have_url(f"{api.url}#/")


def test_the_star_keeps(tab: Page, api: Api) -> None:
    """It asks the server, and shows the new state."""
    api.answers["keep"] = (200, {})
    one = exchanges.layered()
    show(tab, api, one)
    tab.get_by_role("button", name="Keep it").click()
    expect(tab.get_by_role("button", name="Keep it")).to_have_attribute("aria-pressed", "true")
    assert api.posted == [("keep", {"id": one.id, "keep": True})]


def test_an_exchange_that_is_gone_is_said(tab: Page, api: Api) -> None:
    """The page offers a way back."""
    tab.goto(f"{api.url}#/x/{'0' * 32}")
    expect(tab.get_by_role("alert")).to_contain_text("no exchange has this id")
    expect(tab.get_by_role("link", name="All exchanges")).to_be_visible()


def test_the_head_says_which_rules_are_broken(tab: Page, api: Api) -> None:
    """Each rule that the app breaks leads to its event, and has the specification's sentence."""
    good = made(1)  # of a server that leaves "asgi" out
    # Twice more, as a stream may break it at each message: it is said once
    show(
        tab, api, replace(good, events=(*good.events[:-1], *good.events[1:2] * 2, good.events[-1]))
    )
    link = tab.locator(".x-head .x-bad")
    expect(link).to_have_text(
        "'http.response.start' while the response is 'started' (http.start.twice)"
    )
    expect(link).to_have_attribute("title", RULES["http.start.twice"].sentence)
    link.click()
    expect(tab.locator("#x-event-2")).to_have_attribute("aria-expanded", "true")
