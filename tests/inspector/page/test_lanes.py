"""Exchanges that ran at the same time lie in lanes, below the lag of the event loop."""

from __future__ import annotations

import random
import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.inspector.page.api import exchange, identity, overflows, row, table

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.inspector.page.api import Api

# How many colours a part of the lanes has: one if nothing is drawn, or in no valid colour
COLOURS = """([top, bottom]) => {
  const canvas = document.querySelector(".m-area canvas");
  const ratio = devicePixelRatio;
  const [from, tall] = [Math.round(top * ratio), Math.round((bottom - top) * ratio)];
  const {data} = canvas.getContext("2d").getImageData(0, from, canvas.width, tall);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


def opened(tab: Page, api: Api, *, live: bool = False) -> Locator:
    """Open the view, and wait until all of it is drawn."""
    tab.goto(api.url + "#/lanes")
    lanes = tab.locator("asgi-lanes")
    expect(lanes).to_have_attribute("data-blocks", str(len(api.rows)), timeout=60_000)
    if not live:
        tab.get_by_role("button", name="Pause").click()
    return lanes


def now() -> float:
    """The current time, in epoch ms."""
    return time.time() * 1000


def said(tab: Page) -> str:
    """What the line below the lanes says."""
    return tab.locator("#m-said").inner_text()


def test_blocks_and_lag_are_drawn_in_the_window(tab: Page, api: Api) -> None:
    """The lanes fill the window, and both the strip and the blocks have pixels."""
    moment = now()
    api.rows.extend(row(n, moment - 30_000 + n * 100, 2000) for n in range(20))
    api.feed.extend(("lag", {"at": moment - n * 100, "lag_ms": 50}) for n in range(100))
    opened(tab, api)
    area = tab.locator(".m-area")
    expect(area).to_be_in_viewport(ratio=1)
    expect(tab.locator(".m-bar")).to_contain_text("20 of 20 in view, event loop 50.0 ms late")
    assert tab.evaluate(COLOURS, [0, 56]) > 5
    assert tab.evaluate(COLOURS, [76, 400]) > 5
    assert not overflows(tab)


def test_no_two_of_a_lane_ran_at_once(tab: Page) -> None:
    """Random exchanges: each is in one lane of its worker, and no more lanes than ran at once."""
    chance = random.Random(5)  # no secret
    rows = [
        row(n, chance.random() * 900, chance.random() * 90, pid=chance.choice([1, 2]))
        for n in range(300)
    ]
    rows.sort(key=lambda one: float(one["began"]))
    say = "(rows) => import('/more/packing.js').then(({packed}) => packed(rows, 2000))"
    workers = tab.evaluate(say, rows)
    assert [worker["pid"] for worker in workers] == [1, 2]
    for worker in workers:
        spans = [
            [(one["began"], one["began"] + one["returned_ms"]) for one in lane]
            for lane in worker["lanes"]
        ]
        for lane in spans:
            assert all(end <= start for (_, end), (start, _) in pairwise(lane))
        flat = [span for lane in spans for span in lane]
        most = max(sum(a <= start < b for a, b in flat) for start, _ in flat)
        assert (len(flat), len(spans)) == (sum(one["pid"] == worker["pid"] for one in rows), most)


def test_the_keyboard_chooses_and_opens(tab: Page, api: Api) -> None:
    """Up and down go through exchanges in time and announce each, and Enter opens it."""
    api.rows.extend(row(n, now() - 20_000 + n * 1000, 500, path=f"/p{n}") for n in (1, 2, 3))
    opened(tab, api)
    tab.locator(".m-area").focus()
    tab.keyboard.press("ArrowUp")
    assert said(tab).startswith("GET /p3, 200, complete, 500 ms, first byte after 250 ms, began ")
    tab.keyboard.press("ArrowUp")
    assert said(tab).startswith("GET /p2,")
    expect(tab.locator("#live")).to_contain_text("GET /p2, 200")
    api.exchanges[identity(2)] = exchange(2)
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == f"#/x/{identity(2)}"


def test_the_pointer_shows_drags_and_opens(tab: Page, api: Api) -> None:
    """A block says what it is when pointed at; dragging moves in time, a click opens."""
    api.rows.append(row(1, now() - 40_000, 30_000, path="/slow"))
    opened(tab, api)
    box = tab.locator(".m-area").bounding_box()
    assert box
    at = (box["x"] + box["width"] / 2, box["y"] + 84)
    tab.mouse.move(*at)
    expect(tab.locator("#m-said")).to_contain_text("GET /slow, 200, complete, 30.00 s")
    for start, end, seen in [(20, 1260, 0), (1260, 20, 1)]:
        tab.mouse.move(start, at[1])
        tab.mouse.down()
        tab.mouse.move(end, at[1], steps=4)
        tab.mouse.up()
        expect(tab.locator(".m-bar")).to_contain_text(f"{seen} of 1 in view")
    assert tab.evaluate("location.hash") == "#/lanes"
    api.exchanges[identity(1)] = exchange(1)
    tab.mouse.click(*at)
    assert tab.evaluate("location.hash") == f"#/x/{identity(1)}"


def test_keys_zoom_move_and_go_on_live(tab: Page, api: Api) -> None:
    """Plus and minus zoom, left goes back in time, 0 returns to now, space pauses."""
    api.rows.append(row(1, now() - 1000, 10))
    opened(tab, api, live=True)
    minute = tab.get_by_role("button", name="1 min", exact=True)
    tab.locator(".m-area").focus()
    expect(minute).to_have_attribute("aria-pressed", "true")
    tab.keyboard.press("+")
    expect(minute).to_have_attribute("aria-pressed", "false")
    tab.keyboard.press("-")
    expect(minute).to_have_attribute("aria-pressed", "true")
    pause = tab.get_by_role("button", name="Pause")
    back = tab.get_by_role("button", name="Go on live")
    for key, button in [("ArrowLeft", back), ("0", pause), (" ", back), (" ", pause)]:
        tab.keyboard.press(key)
        expect(button).to_be_visible()


def test_what_happens_comes_in_live(tab: Page, api: Api) -> None:
    """New rows and exchanges in flight appear; those in flight reach up to now."""
    lanes = opened(tab, api, live=True)
    expect(lanes).to_have_attribute("data-blocks", "0")
    flying: dict[str, Any] = {"outcome": None, "duration_ms": None, "returned_ms": None}
    api.feed.append(("flying", table([row(7, now() - 500, 0, path="/slow", **flying)])))
    expect(lanes).to_have_attribute("data-blocks", "1")
    api.feed.append(("rows", {**table([row(8, now() - 100, 50)]), "total": 1}))
    expect(lanes).to_have_attribute("data-blocks", "2")
    api.feed.append(("gap", {"missed": 3}))
    expect(tab.locator(".m-bar")).to_contain_text("3 not sent to this page")


def test_a_pause_keeps_what_is_seen(tab: Page, api: Api) -> None:
    """What happens during a pause appears after the pause, and not before."""
    api.rows.append(row(1, now() - 5000, 10))
    lanes = opened(tab, api)
    api.feed.append(("rows", {**table([row(2, now() + 1000, 5)]), "total": 2}))
    expect(tab.locator(".m-bar")).to_contain_text("1 of 2 in view")
    tab.get_by_role("button", name="Go on live").click()
    expect(lanes).to_have_attribute("data-blocks", "2")


def test_who_cannot_see_lanes_hears_what_ran(tab: Page, api: Api) -> None:
    """It announces the chosen exchange, and how many ran at the same time."""
    moment = now() - 20_000
    api.rows.append(row(1, moment, 5000, path="/long", pid=41))
    api.rows.append(row(2, moment + 1000, 100, path="/short", pid=42))
    api.rows.append(row(3, moment - 3000, 100, path="/before"))
    opened(tab, api)
    tab.locator(".m-area").focus()
    tab.keyboard.press("ArrowUp")
    expect(tab.locator("#live")).to_have_text(re.compile("^GET /short, 200, .*; 1 ran then, too$"))


def test_what_was_last_is_shown_when_nothing_runs(tab: Page, api: Api) -> None:
    """A store of yesterday opens where its last exchanges were, and does not look empty."""
    api.rows.extend(row(n, now() - 86_400_000 + n * 1000, 500) for n in range(5))
    opened(tab, api, live=True)
    expect(tab.get_by_role("button", name="Go on live")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 400])
def test_five_thousand_are_one_canvas(tab: Page, api: Api, width: int) -> None:
    """Many exchanges cost no elements, and each of them is in its lane."""
    tab.set_viewport_size({"width": width, "height": 700})
    began = now() - 30_000
    api.rows.extend(
        row(n + 1, began + n * 4, 40 + n % 100, path="/<img src=x onerror=alert(1)>")
        for n in range(5000)
    )
    opened(tab, api)
    assert tab.evaluate("document.querySelectorAll('main *').length") < 80
    assert tab.evaluate(COLOURS, [76, 300]) > 2
    assert not overflows(tab)
    assert tab.evaluate("document.querySelector('.m-area').scrollHeight") > 500
