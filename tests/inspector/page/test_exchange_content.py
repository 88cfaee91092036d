"""What was sent: events with headers, bodies, conversations and exceptions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.inspector.page import exchanges
from tests.inspector.page.test_exchange import show

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.inspector.page.api import Api


def test_events_have_all_their_keys(tab: Page, api: Api) -> None:
    """Headers as a table, with what each means; what is masked is marked."""
    show(tab, api, exchanges.layered(), "events")
    expect(tab.locator(".x-event")).to_have_count(3)
    expect(tab.locator(".x-panel mark").last).to_have_text("[redacted]")
    vary = tab.locator(".x-means", has_text="vary")
    expect(vary).to_have_attribute(
        "aria-description", "Request headers on which the response depends, for caches."
    )


def test_missing_events_are_a_gap(tab: Page, api: Api) -> None:
    """The gap is where they are missing, with the reason."""
    one = replace(exchanges.talk(), gap=3, dropped={"events over connection_limit": 7})
    show(tab, api, one, "events")
    expect(tab.locator(".x-gap")).to_have_text(
        "Events are missing here: 7 events over connection_limit."
    )


def test_json_is_a_tree_that_unfolds(tab: Page, api: Api) -> None:
    """Deep levels are made when they are opened."""
    one = exchanges.with_bodies(
        b'{"a":{"b":{"c":{"d":[1]}}}}', b"application/json", b"[]", b"application/json"
    )
    show(tab, api, one, "request")
    expect(tab.locator(".x-json-key")).to_have_text(["a", "b"])
    tab.locator("summary", has_text="b").last.click()
    expect(tab.locator(".x-json-key").last).to_have_text("c")


def test_forms_are_tables(tab: Page, api: Api) -> None:
    """This holds for URL-encoded forms, and for multipart ones, by part."""
    one = exchanges.with_bodies(
        b"name=Ada+L&x=%3Cb%3E",
        b"application/x-www-form-urlencoded",
        exchanges.MULTIPART,
        b"multipart/form-data; boundary=X",
    )
    show(tab, api, one, "request")
    expect(tab.locator(".x-fill tr")).to_have_text(["nameAda L", "x<b>"])
    tab.get_by_role("link", name="Response body").click()
    expect(tab.locator(".x-fill tr")).to_have_text(["filea.txt, text/plain, 5 Bhello"])


def test_a_picture_is_shown_but_never_svg(tab: Page, api: Api) -> None:
    """A PNG has a URL that the page made; an SVG is text."""
    show(tab, api, exchanges.with_bodies(b"", b"", exchanges.PNG, b"image/png"), "response")
    expect(tab.locator("img.x-picture")).to_be_visible()
    expect(tab.get_by_text("1 \xd7 1")).to_be_visible()
    tab.get_by_role("button", name="Hex").click()
    expect(tab.locator(".x-hexes").first).to_contain_text("89 50 4e 47")
    svg = exchanges.with_bodies(b"", b"", b"<svg onload=alert(1)/>", b"image/svg+xml", id="f" * 32)
    show(tab, api, svg, "response")
    expect(tab.locator(".x-lines")).to_contain_text("<svg onload=alert(1)/>")
    expect(tab.locator("img")).to_have_count(0)


def test_only_the_lines_that_are_seen_exist(tab: Page, api: Api) -> None:
    """There are 20,000 lines in all."""
    text = b"\n".join(b"line %d" % at for at in range(20_000))
    show(tab, api, exchanges.with_bodies(b"", b"", text, b"text/plain"), "response")
    expect(tab.locator(".x-lines")).to_contain_text("line 0")
    assert tab.locator(".x-number").count() < 100
    tab.locator(".x-rows").evaluate("rows => { rows.scrollTop = rows.scrollHeight }")
    expect(tab.locator(".x-lines")).to_contain_text("line 19999")


def test_a_cut_or_coded_body_says_so(tab: Page, api: Api) -> None:
    """It says how much was kept and how it is encoded; only hex can be shown."""
    coding = [b"content-encoding", b"br"]
    one = exchanges.with_bodies(b"", b"", b"short", b"text/plain", headers=[coding], sent=1205)
    show(tab, api, replace(one, dropped={"bytes over body_limit": 1200}), "response")
    panel = tab.locator(".x-panel")
    expect(panel).to_contain_text(
        "Cut by the recorder: 5 B of 1.2 kB were kept (1,200 bytes over body_limit)."
    )
    expect(panel).to_contain_text("kept this as it was sent: br-encoded, 5 B.")
    expect(panel.locator(".x-hexes")).to_contain_text("73 68 6f 72 74")


def test_a_large_body_is_fetched_when_asked(tab: Page, api: Api) -> None:
    """Over 1 MB, the user is asked before."""
    body = b"the whole\n" * 200_000
    show(tab, api, exchanges.with_bodies(b"", b"", body, b"text/plain"), "response")
    expect(tab.locator(".x-lines")).to_have_count(0)
    tab.get_by_role("button", name="Show 2.0 MB").click()
    expect(tab.locator(".x-lines")).to_contain_text("the whole")


def test_a_websocket_is_a_conversation(tab: Page, api: Api) -> None:
    """Messages have a direction, the close is shown, and all can be searched."""
    show(tab, api, exchanges.talk(), "conversation")
    expect(tab.locator(".x-in")).to_have_count(2)
    expect(tab.locator(".x-out .x-said")).to_have_text(["answer 0", "answer 1"])
    expect(tab.locator(".x-notice").last).to_contain_text(
        "Closed: 1001, going away: a page was left, or a server stops; reason: bye"
    )
    tab.get_by_role("searchbox").fill("answer 1")
    expect(tab.get_by_role("status").last).to_have_text("1 of 6 messages")
    tab.locator(".x-talk button").click()
    expect(tab.locator(".x-side")).to_contain_text("Sent by the app")


def test_ten_thousand_messages_scroll(tab: Page, api: Api) -> None:
    """Only those that are seen exist; arrow keys choose the next."""
    show(tab, api, exchanges.talk(10_000), "conversation")
    assert tab.locator(".x-talk").count() < 60
    tab.locator(".x-rows").focus()
    tab.keyboard.press("ArrowDown")
    expect(tab.locator(".x-side")).to_contain_text("Received from the client")
    tab.locator(".x-rows").evaluate("rows => { rows.scrollTop = rows.scrollHeight }")
    expect(tab.locator(".x-notice").last).to_contain_text("Closed: 1001")


def test_server_sent_events_are_read(tab: Page, api: Api) -> None:
    """An event may come in two pieces; comments are shown as comments."""
    show(tab, api, exchanges.stream(), "conversation")
    expect(tab.locator(".x-said")).to_have_text(["one", "two", "still here"])
    expect(tab.locator(".x-talk b")).to_have_text(["tick, id 1", "comment"])


def test_a_traceback_shows_the_own_frames_first(tab: Page, api: Api) -> None:
    """Frames of libraries are folded; source lines are as they were recorded."""
    show(tab, api, exchanges.failed(), "error")
    expect(tab.locator(".x-own")).to_have_text(
        "/srv/shop/orders.py:48 in createstock[item] -= 1\n~~~~~^^^^^^"
    )
    expect(tab.locator(".x-trace summary")).to_have_text("2 frames of starlette, fastapi")
    panel = tab.locator(".x-panel")
    expect(panel).to_contain_text("Swallowed: the app caught it")
    expect(panel).to_contain_text("The layer errors swallowed it.")
