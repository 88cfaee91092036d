"""The checks of a page distinguish what users see from what they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.browser.looks import axe, frames, in_view, not_blank, p95

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.types import Receive, Scope, Send
    from tests.browser.page import Page
    from tests.browser.visitor import Visitor
    from tests.browser.web import Web

PAGE = b"""<!doctype html>
<html lang="en">
<title>Looks</title>
<style>
    * { margin: 0 }
    #seen, #clear, #covered, #cover { position: absolute; left: 10px; width: 80px; height: 20px }
    #seen { top: 10px } #clear { top: 40px; opacity: 0 } #covered, #cover { top: 70px }
    #cover { background: white }
    #low { margin-top: 3000px }
</style>
<main>
    <h1 id="seen"><span>Looks</span></h1>
    <p id="clear">Text</p> <p id="covered">Text</p> <div id="cover"></div>
    <p id="low">Text</p> <p id="empty"></p> <p id="hidden" hidden>Text</p>
</main>
"""


async def site(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a page of which a part is visible, under a policy that allows no script."""
    headers = [
        (b"content-type", b"text/html"),
        (b"content-security-policy", b"script-src 'none'"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": PAGE})


@pytest.fixture
def page(visitor: Visitor, web: Web) -> Page:
    """Open the page."""
    web.apps["127.0.0.1"] = site
    return visitor.open(f"http://127.0.0.1:{web.port}/", 400, 300)


def test_in_view_is_what_is_painted_where_a_user_looks(page: Page) -> None:
    """Elements that are clear, covered, below the fold, empty, hidden or missing are not."""
    names = ("seen", "clear", "covered", "low", "empty", "hidden", "missing")

    assert ["seen"] == [name for name in names if in_view(page, f"#{name}")]
    assert in_view(page, "p, h1")


def test_a_picture_is_taken_and_is_not_blank(page: Page) -> None:
    """Of the window, and of the whole page."""
    seen, whole = page.screenshot(), page.screenshot("whole", whole=True)
    page.evaluate("document.body.hidden = true")
    blank = page.screenshot("blank")

    assert [True, True, False] == [not_blank(path) for path in (seen, whole, blank)]
    with Image.open(seen) as small, Image.open(whole) as large:
        assert (400, 300) == small.size
        assert large.height > 3000
    assert [f"test_a_picture_is_taken_and_is_not_blank[{page.browser.name}].png", "test_looks"] == [
        seen.name,
        seen.parent.name,
    ]


def test_one_pixel_is_not_blank(tmp_path: Path) -> None:
    """Whatever the colours are."""
    image = Image.new("RGB", (300, 200), "navy")
    image.save(tmp_path / "blank.png")
    image.putpixel((299, 199), (0, 0, 127))
    image.save(tmp_path / "dot.png")

    assert [False, True] == [not_blank(tmp_path / f"{name}.png") for name in ("blank", "dot")]


def test_axe_finds_what_some_users_cannot_read(page: Page) -> None:
    """An image without words, and grey on grey; the policy of the page is no obstacle."""
    before = axe(page)
    page.evaluate("""() => {
        const image = document.createElement("img");
        image.src = "/image.png";
        const grey = document.createElement("p");
        grey.textContent = "Grey";
        grey.style.setProperty("color", "#ccc");
        document.querySelector("main").append(image, grey);
    }""")

    assert [] == before
    assert ["color-contrast (serious)", "image-alt (critical)"] == sorted(
        found.partition(":")[0] for found in axe(page)
    )
    assert ["image-alt (critical)"] == [
        found.partition(":")[0] for found in axe(page, impacts=("critical",))
    ]


def test_frames_are_seen_as_long_as_the_action_lasts(page: Page) -> None:
    """One that holds the page for 200 ms holds a frame as long."""
    hold = "() => { const end = performance.now() + 200; while (performance.now() < end); }"

    times = frames(page, lambda: page.evaluate(hold))

    assert max(times) > 150
    assert min(times) > 0
    assert "undefined" == page.evaluate("typeof timesOfFrames")


def test_p95_is_what_few_times_exceed() -> None:
    """The five longest of 100 times do not count; the p95 of one time is that time."""
    assert 16.0 == p95([16.0] * 95 + [500.0] * 5)
    assert 500.0 == p95([500.0] * 6 + [16.0] * 94)
    assert 7.0 == p95([7.0])


def test_heap_and_nodes_grow_with_the_page(page: Page) -> None:
    """Garbage is left out; Firefox does not say what scripts hold."""
    heap, nodes = page.heap(), page.nodes()
    page.evaluate("""() => {
        globalThis.kept = Array.from({length: 200_000}, (_, number) => ({number}));
        for (let number = 0; number < 100; number++)
            document.body.append(document.createElement("i"));
    }""")

    assert nodes + 100 == page.nodes()
    if page.browser.name == "firefox":
        assert heap is page.heap() is None
    else:
        assert (page.heap() or 0) > (heap or 0) + 1_000_000
