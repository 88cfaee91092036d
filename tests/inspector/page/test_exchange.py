"""One exchange, opened: its head, its views, its keys, and that nothing in it is interpreted."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.inspector.page import exchanges
from tests.inspector.page.api import overflows, row

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.inspector.page.api import Api

VIEWS = ["sequence", "time", "events", "request", "response", "layers", "notes", "scope"]
MADE = {
    "layered": exchanges.layered,
    "early": exchanges.early,
    "failed": exchanges.failed,
    "talk": exchanges.talk,
    "stream": exchanges.stream,
    "flying": exchanges.flying,
    "hostile": exchanges.hostile,
}
_AXE = """async () => (await axe.run({resultTypes: ["violations"]})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => `${found.id}: ${found.nodes.map(node => node.target.join(" ")).join(", ")}`)"""


def show(tab: Page, api: Api, one: dict[str, Any], view: str = "") -> None:
    """Open *one* exchange."""
    api.exchanges[one["id"]] = one
    tab.goto(f"{api.url}#/x/{one['id']}{view and f'/{view}'}")
    expect(tab.get_by_role("tabpanel")).to_be_visible()


def views(tab: Page) -> list[str]:
    """The names of the views that there are, as in the address."""
    return [
        str(one.get_attribute("id")).removeprefix("x-tab-") for one in tab.get_by_role("tab").all()
    ]


def test_the_head_says_what_was_asked_and_what_came_of_it(tab: Page, api: Api) -> None:
    """Method, path, query, status and by whom, outcome, times, ids, what is missing or masked."""
    show(tab, api, exchanges.layered())
    head = tab.locator(".x-head")
    for said in (
        "POST /orders?coupon=SPRING&token=[redacted]",
        "201 by app",
        "complete",
        "690 ms",
        "413 ms",
        "laptop 4711",
        "Not kept: 1,200 bytes (over body_limit).",
        "Masked: body card, query token.",
    ):
        expect(head).to_contain_text(said)


def test_one_sentence_says_who_was_slow(tab: Page, api: Api) -> None:
    """The app, the client or the event loop; the greatest part is strong."""
    show(tab, api, exchanges.layered())
    said = "The app worked 324 ms; the client took 278 ms to read; "
    expect(tab.locator(".x-verdict")).to_have_text(said + "the event loop was blocked for 84.0 ms.")
    expect(tab.locator(".x-verdict strong")).to_have_text("324 ms")


def test_views_are_tabs_with_an_address(tab: Page, api: Api) -> None:
    """A click changes the address; back goes to the view before."""
    show(tab, api, exchanges.layered(), "time")
    assert views(tab) == VIEWS
    tab.get_by_role("tab", name="Scope").click()
    expect(tab).to_have_url(f"{api.url}#/x/{exchanges.LAYERED}/scope")
    tab.go_back()
    expect(tab.get_by_role("tab", name="Time line")).to_have_attribute("aria-selected", "true")


def test_arrows_move_along_the_tabs(tab: Page, api: Api) -> None:
    """Left from the first is the last; the focus goes with it."""
    show(tab, api, exchanges.layered())
    tab.get_by_role("tab", name="Sequence").focus()
    tab.keyboard.press("ArrowLeft")
    scope = tab.get_by_role("tab", name="Scope")
    expect(scope).to_be_focused()
    expect(scope).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (400, "dark")])
@pytest.mark.parametrize("name", MADE)
def test_every_view_fits_and_has_no_serious_fault_of_access(
    tab: Page, api: Api, name: str, width: int, theme: str
) -> None:
    """Nothing is wider than the window, the panel is in sight, and axe finds nothing serious."""
    tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    tab.set_viewport_size({"width": width, "height": 800})
    one = MADE[name]()
    show(tab, api, one)
    tab.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = {}
    for view in views(tab):
        tab.evaluate("address => { location.hash = address }", f"#/x/{one['id']}/{view}")
        expect(tab.locator(f"#x-tab-{view}")).to_have_attribute("aria-selected", "true")
        expect(tab.get_by_role("tabpanel")).to_be_in_viewport()
        found[view] = [*(["overflows"] if overflows(tab) else []), *tab.evaluate(_AXE)]
    assert {view: faults for view, faults in found.items() if faults} == {}


def test_nothing_recorded_is_interpreted(tab: Page, api: Api) -> None:
    """Scripts in every field are text in every view; control characters are seen."""
    one = exchanges.hostile()
    show(tab, api, one)
    for view in views(tab):
        tab.evaluate("address => { location.hash = address }", f"#/x/{one['id']}/{view}")
        expect(tab.locator(f"#x-tab-{view}")).to_have_attribute("aria-selected", "true")
        expect(tab.get_by_role("tabpanel")).not_to_be_empty()
        assert tab.evaluate(
            "[window.ran ?? null, document.querySelectorAll('main img, main script').length]"
        ) == [
            None,
            0,
        ], view
    expect(tab.locator(".x-head")).to_contain_text(r"<script>window.ran=1</script>\u001b[2J\u202e")


def test_an_exchange_in_flight_is_followed_until_it_ends(tab: Page, api: Api) -> None:
    """It says what is awaited, and changes by itself."""
    one = exchanges.flying()
    show(tab, api, one, "events")
    expect(tab.locator(".x-state")).to_have_text("in flight")
    expect(tab.get_by_role("tabpanel")).to_contain_text("still awaited")
    done = exchanges.exchange(exchanges.early()["events"], id=one["id"], method="PUT")
    api.exchanges[one["id"]] = done
    expect(tab.locator(".x-state")).to_have_text("complete")
    expect(tab.get_by_role("tabpanel")).to_contain_text("http.response.body")


def test_keys_go_to_the_neighbours_and_back(tab: Page, api: Api) -> None:
    """The bracket keys go along the list, Escape to the list."""
    api.rows += [row(number, 1000.0 * number, 1.0) for number in (1, 2, 3)]
    ids = [one["id"] for one in api.rows]
    for one in ids:
        api.exchanges[one] = exchanges.exchange([], id=one)
    show(tab, api, exchanges.exchange([], id=ids[1]), "scope")
    tab.keyboard.press("[")
    expect(tab).to_have_url(f"{api.url}#/x/{ids[2]}/scope")
    expect(tab.locator(".x-id code").first).to_contain_text(ids[2][-12:])
    tab.keyboard.press("]")
    expect(tab).to_have_url(f"{api.url}#/x/{ids[1]}/scope")
    tab.keyboard.press("Escape")
    expect(tab).to_have_url(f"{api.url}#/")


def test_the_star_keeps(tab: Page, api: Api) -> None:
    """It asks the server, and shows what is so."""
    api.answers["keep"] = (200, {})
    one = exchanges.layered()
    show(tab, api, one)
    tab.get_by_role("button", name="Keep it").click()
    expect(tab.get_by_role("button", name="Keep it")).to_have_attribute("aria-pressed", "true")
    assert api.posted == [("keep", {"id": one["id"], "keep": True})]


def test_an_exchange_that_is_gone_is_said(tab: Page, api: Api) -> None:
    """With a way back."""
    tab.goto(f"{api.url}#/x/{'0' * 32}")
    expect(tab.get_by_role("alert")).to_contain_text("no exchange has this id")
    expect(tab.get_by_role("link", name="All exchanges")).to_be_visible()
