"""The list: its rows, what comes live, and what it says when there is nothing to show."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.browser.looks import axe, frames, in_view, not_blank, p95
from tests.browser.visiting import in_one_browser
from tests.inspector.page.list.scripted import row
from tests.inspector.page.list.sight import AMOUNT, LIVE, PATHS, SELECTED, orders, paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.page import Page
    from tests.inspector.page.list.scripted import Scripted

# Down by 200 rows, two in each frame
GLIDE = """async () => {
    const grid = document.querySelector(".list-grid");
    for (let count = 0; count < 100; count++) {
        grid.scrollTop += 44;
        await new Promise(requestAnimationFrame);
    }
}"""


def test_the_newest_are_at_the_top(come: Callable[..., Page]) -> None:
    """The page says how many of how many rows it shows."""
    page = come()

    assert paths(page) == orders(30, 29, 28)
    assert page.evaluate(AMOUNT) == "Newest 30 of 30 shown"
    assert in_view(page, ".list-body .list-path a")
    assert not_blank(page.screenshot("rows"))


@in_one_browser
def test_what_ends_now_comes_in_at_the_top(come: Callable[..., Page], scripted: Scripted) -> None:
    """The user need not ask for it."""
    page = come()
    scripted.record(row(31))

    page.wait_for(f"{AMOUNT} === 'Newest 31 of 31 shown'")
    assert paths(page) == orders(31, 30, 29)


def test_who_has_scrolled_keeps_the_rows_in_sight(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """New rows come in above them."""
    page = come(height=400)
    page.evaluate("() => { document.querySelector('.list-grid').scrollTop = 220 }")
    page.wait_for(f"({PATHS})()[0] === '/orders/20'")
    scripted.record(row(31), row(32))

    page.wait_for(f"{AMOUNT} === 'Newest 32 of 32 shown'")
    assert paths(page) == orders(20, 19, 18)


@in_one_browser
def test_a_paused_list_counts_what_is_new(come: Callable[..., Page], scripted: Scripted) -> None:
    """The same key goes on."""
    page = come()
    page.press("p")
    page.wait_for(f"{LIVE} === 'Paused'")
    scripted.record(row(31), row(32))
    page.wait_for(f"{LIVE} === 'Paused: 2 new'")
    assert paths(page, 1) == orders(30)

    page.press("p")
    page.wait_for(f"({PATHS})()[0] === '/orders/32'")


@in_one_browser
def test_what_was_not_sent_is_said_and_can_be_loaded(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """The page shows the gap."""
    page = come()
    scripted.rows += [row(number) for number in range(31, 1231)]
    scripted.say("gap", {"missed": 1200})
    page.wait_for("document.querySelector('.list-notice').textContent.startsWith('1,200 ')")

    page.click(".list-notice button")
    page.wait_for(f"{AMOUNT} === 'Newest 1,230 of 1,230 shown'")
    assert not in_view(page, ".list-notice")


def test_a_lost_connection_is_said_and_caught_up_with(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """Exchanges that ended meanwhile are there, even if they began before."""
    scripted.flying = [row(5000, path="/slow", outcome=None, awaiting="send")]
    page = come()
    page.wait_for("document.querySelector('.list-flown').textContent === '1 in flight'")
    scripted.live = False
    page.wait_for(f"{LIVE}.startsWith('Connection lost')")
    scripted.flying = []
    scripted.rows += [row(number) for number in range(31, 34)]
    scripted.live = True

    page.wait_for(f"{AMOUNT} === 'Newest 33 of 33 shown'", patience=20)
    assert paths(page) == orders(33, 32, 31)
    page.wait_for(f"{LIVE} === 'Live'")


def test_what_is_in_flight_is_above_with_what_it_awaits(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """It also shows for how long, counting on."""
    since = time.time() * 1000 - 65_000
    waits = {"outcome": None, "awaiting": "receive", "awaiting_since_ms": 1000.0}
    scripted.flying = [row(99, path="/events", began=since, **waits)]
    page = come()
    page.wait_for("!document.querySelector('.list-flying').hidden")

    line = "document.querySelector('.list-flying li').textContent"
    said = page.evaluate(line)
    assert said.startswith("GET /eventsawaits receive 1m ")
    assert in_view(page, ".list-flying a")
    page.wait_for(f"{line} !== {said!r}")

    scripted.flying = []
    page.wait_for("document.querySelector('.list-flying').hidden")


def test_a_hundred_rows_of_elements_show_ten_thousand_exchanges(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """Wherever a user scrolls to, the rows of that place are visible."""
    scripted.rows = [row(number) for number in range(1, 10_001)]
    page = come()
    page.wait_for(f"{AMOUNT} === 'Newest 10,000 of 10,000 shown'", patience=60)

    page.press("End")
    page.wait_for(f"({PATHS})().at(-1) === '/orders/1'")
    page.evaluate("() => { document.querySelector('.list-grid').scrollTop = 22 * 5000 }")
    page.wait_for(f"({PATHS})()[0] === '/orders/5000'")
    assert page.evaluate("document.querySelectorAll('.list-body .list-row').length") < 60
    rows = page.evaluate("document.querySelector('.list-grid').getAttribute('aria-rowcount')")
    assert rows == "10001"

    times = frames(page, lambda: page.evaluate(GLIDE))
    print(f"{page.browser.name}: p95 of {len(times)} frames {p95(times):.1f} ms")
    page.wait_for(f"({PATHS})()[0] === '/orders/4800'")


@in_one_browser
def test_no_more_than_the_most_are_held_and_no_element_is_left(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """A page that is open for hours stops growing, and says how many rows it dropped."""
    page = come()
    page.evaluate("() => { document.querySelector('asgi-list').rows.limit = 500 }")
    scripted.record(*(row(number) for number in range(31, 1000)))
    page.wait_for(f"{AMOUNT} === 'Newest 490 of 999 shown'")
    before = page.nodes()
    for first in range(1000, 9000, 1000):
        scripted.record(*(row(number) for number in range(first, first + 1000)))
    page.wait_for(f"{AMOUNT} === 'Newest 490 of 8,999 shown'")

    assert page.nodes() == before
    assert paths(page) == orders(8999, 8998, 8997)


@in_one_browser
def test_status_and_outcome_are_said_in_words_and_colour(
    come: Callable[..., Page], scripted: Scripted
) -> None:
    """They say who closed, who answered, what was swallowed, and show a 5xx without an error."""
    chat = {"type": "websocket", "method": "", "status": 101}
    scripted.rows = [
        row(1, status=500, status_by="server", outcome="error", error="ValueError: bad"),
        row(2, **chat, close_code=1001, close_by="client"),
        row(3, swallowed=True, error="KeyError: 'x'"),
        row(4, status=404),
        row(5, status=503),
    ]
    page = come()
    page.wait_for("document.querySelectorAll('.list-body .list-row:not([hidden])').length === 5")
    said = page.evaluate("""() => [...document.querySelectorAll(".list-body .list-row")]
        .filter(row => !row.hidden).sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
        .map(row => ["method", "status", "outcome"].map(name => row.querySelector(`.list-${name}`)))
        .map(cells => [...cells.map(cell => cell.textContent),
            cells[1].className.split("tone-")[1], cells[1].title])""")

    by_server = "500* sent by the server, since the app raised before it answered"
    assert said == [
        ["GET", "503", "failed", "server", ""],
        ["GET", "404", "complete", "client", ""],
        ["GET", "200", "error swallowed", "ok", ""],
        ["WS", "101 1001", "client closed", "ok", "The client closed it, with code 1001"],
        ["GET", "500*", "error, server answered", "server", by_server],
    ]


@in_one_browser
def test_an_empty_store_says_how_to_fill_it(come: Callable[..., Page], scripted: Scripted) -> None:
    """The command has the address of this app."""
    scripted.rows = []
    page = come()
    page.wait_for("!document.querySelector('.list-empty').hidden")

    assert in_view(page, ".list-empty pre")
    said = page.evaluate("document.querySelector('.list-empty').innerText").split("\n")
    assert said[0] == "Nothing is recorded yet"
    assert said[-1] == f"curl http://127.0.0.1:{scripted.port}/"


@in_one_browser
def test_a_store_that_cannot_be_read_says_so(come: Callable[..., Page], scripted: Scripted) -> None:
    """The page uses the words of the server."""
    scripted.rows, scripted.problems = [], ["7-1.db is no database"]
    scripted.state["problems"] = scripted.problems
    page = come()
    page.wait_for("!document.querySelector('.list-empty').hidden")

    said = page.evaluate("document.querySelector('.list-empty').innerText")
    assert said.split() == [
        "The",
        "store",
        "cannot",
        "be",
        "read",
        *["7-1.db", "is", "no", "database"],
    ]
    assert in_view(page, ".problems li")


@in_one_browser
def test_recording_can_be_switched_off(come: Callable[..., Page], scripted: Scripted) -> None:
    """The switch shows its state."""
    page = come()
    page.wait_for("document.querySelector('[role=switch]')?.ariaChecked === 'true'")
    page.click("[role=switch]")

    page.wait_for("document.querySelector('[role=switch]').ariaChecked === 'false'")
    assert page.evaluate("document.querySelector('[role=switch]').textContent") == "Not recording"
    assert scripted.posted == [("/api/recording", {"on": False})]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (400, 700)], ids=["wide", "narrow"])
def test_everybody_can_read_it(
    come: Callable[..., Page], scripted: Scripted, scheme: str, width: int, height: int
) -> None:
    """Nothing serious for axe, and what matters is in sight."""
    scripted.rows += [row(31, status=500, status_by="server", outcome="error", kept=True)]
    scripted.flying = [row(99, path="/events", began=0.0, outcome=None, awaiting="send")]
    page = come(width=width, height=height)
    page.media(scheme)
    page.press("j")
    page.wait_for(f"{SELECTED} === '/orders/31'")

    assert axe(page) == []
    assert all(
        in_view(page, one)
        for one in (".list-filter", ".list-tools button", ".list-path a", ".list-live", "nav a")
    )
    bar = "(bar => bar.scrollWidth <= bar.clientWidth)(document.querySelector('.top'))"
    assert page.evaluate(bar)
    page.screenshot(f"{scheme}-{width}")


def test_where_it_is_narrow_four_columns_stay(come: Callable[..., Page]) -> None:
    """Nothing has to be scrolled sideways."""
    page = come(width=400, height=700)
    heads = "[...document.querySelectorAll('.list-sort')].map(one => one.dataset.name)"

    assert page.evaluate(heads) == ["time", "status", "path", "duration"]
    wide = "(grid => grid.scrollWidth <= grid.clientWidth)(document.querySelector('.list-grid'))"
    assert page.evaluate(wide)
