"""The view of layers names what each changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.inspector.page.api import exchange, overflows, passage

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPT = "<img src=x onerror=alert(1)>"
GZIP = passage(
    "gzip",
    layer="gzip(minimum_size=500)",
    own_ms=3.0,
    request={
        "headers": {"added": [], "removed": [], "replaced": [["accept-encoding", "br", "gzip"]]},
        "body": [0, 0],
        "messages": [1, 1],
        "changed": True,
    },
    response={
        "status": [200, 200],
        "headers": {
            "added": [["content-encoding", "gzip"]],
            "removed": [["content-length", "1200"]],
            "replaced": [["vary", "accept", "accept, accept-encoding"]],
        },
        "body": [1200, 310],
        "messages": [2, 1],
        "changed": True,
    },
)
CORS = passage(
    "cors",
    scope={"added": {"state": "{}"}, "removed": {}, "replaced": {"path": ["/a", "/b"]}},
    response={
        "status": [200, 200],
        "headers": {"added": [["vary", "origin"]], "removed": [], "replaced": []},
        "body": [310, 310],
        "messages": [1, 1],
        "changed": True,
    },
)
GUARD = passage(
    SCRIPT,
    answered=True,
    received=2,
    error={"inside": "ValueError: no", "outside": None, "what": "swallowed"},
)
UNSEEN = passage("Bound", visible=False, why="its app is in a closure")


def show(tab: Page, one: dict[str, Any]) -> None:
    """Show the layers of *one* exchange."""
    tab.evaluate(
        """async (exchange) => {
          await customElements.whenDefined("asgi-layers");
          const element = document.createElement("asgi-layers");
          document.querySelector("main").replaceChildren(element);
          element.exchange = exchange;
        }""",
        one,
    )


def texts(tab: Page, selector: str) -> list[str]:
    """What is read at *selector*, in one line each."""
    return [" ".join(text.split()) for text in tab.locator(selector).all_inner_texts()]


def test_each_layer_says_what_it_changed(tab: Page) -> None:
    """Scope, request and response of a layer show each key and header, before and after."""
    show(tab, exchange(1, layers=[CORS, GZIP]))
    assert texts(tab, ".m-card h2") == ["cors", "gzip", "the app"]
    assert texts(tab, ".m-card:nth-child(1) li") == [
        "~ replaced path: /a → /b",
        "+ added state: {}",
        "+ added vary: origin",
    ]
    assert texts(tab, ".m-card:nth-child(2) li") == [
        "~ replaced accept-encoding: br → gzip",
        "\N{MINUS SIGN} removed content-length: 1200",
        "~ replaced vary: accept → accept, accept-encoding",
        "+ added content-encoding: gzip",
        "~ replaced body: 1.2 kB → 310 B",
        "~ replaced messages: 2 → 1",
    ]


def test_the_time_of_a_layer_stands_against_the_whole(tab: Page) -> None:
    """Its own time is a number, a part of the total, and a bar as wide as that part."""
    show(tab, exchange(1, layers=[CORS, GZIP], duration_ms=12.0, returned_ms=12.0))
    assert texts(tab, ".m-time") == ["500 µs, 4 %", "3.0 ms, 25 %"]
    widths = tab.locator(".m-meter i").evaluate_all("all => all.map((one) => one.style.inlineSize)")
    assert widths[1] == "25%"
    assert texts(tab, ".m-answer") == ["2 layers took 3.5 ms of 12.0 ms, most of it gzip (3.0 ms)."]


def test_early_answers_and_swallowed_exceptions_are_said(tab: Page) -> None:
    """Who answered, received or swallowed in the app's place says so, and the app was not asked."""
    show(tab, exchange(1, layers=[GUARD]))
    assert texts(tab, ".m-badge") == [
        "answered in the app's place",
        "received 2 messages in the app's place",
        "swallowed ValueError: no",
    ]
    assert texts(tab, ".m-app") == [f"the app did not answer: {SCRIPT} did"]


def test_what_cannot_be_seen_says_why(tab: Page) -> None:
    """A layer that nothing sees into has no changes and no time, but the reason."""
    show(tab, exchange(1, layers=[UNSEEN]))
    assert texts(tab, ".m-dark .m-badge") == ["not visible: its app is in a closure"]
    expect(tab.locator(".m-dark .m-time")).to_have_count(0)


def test_a_header_is_followed_through_the_layers(tab: Page) -> None:
    """The name of a header marks who touched it, with the value after each, in its direction."""
    sent = [["vary", "accept, accept-encoding"], ["vary", "origin"]]
    asked = [["accept-encoding", "br"]]
    one = exchange(1, layers=[CORS, GZIP], headers=asked, sent=sent)
    show(tab, one)
    field = tab.get_by_label("Which layer touched header")
    field.fill("Vary")
    followed = (
        "response, from the app out: vary: accept → accept, accept-encoding (replaced by gzip) "
        "→ accept, accept-encoding, origin (added by cors)"
    )
    assert texts(tab, ".m-trail p") == [followed]
    assert texts(tab, ".m-hit h2") == ["cors", "gzip"]
    field.fill("content-length")
    assert texts(tab, ".m-trail p") == [
        "response, from the app out: content-length: 1200 → removed by gzip"
    ]
    assert texts(tab, ".m-hit h2") == ["gzip"]
    assert texts(tab, ".m-mark") == ["\N{MINUS SIGN} removed content-length: 1200"]
    field.fill("accept-encoding")
    assert texts(tab, ".m-trail p") == [
        "request, from outside in: accept-encoding: br → gzip (replaced by gzip)"
    ]
    field.fill("x-none")
    assert texts(tab, ".m-trail p") == [
        "Neither request nor response has x-none, and no layer touched it."
    ]


def test_a_header_is_followed_where_the_recording_says_otherwise(tab: Page) -> None:
    """A response that was not recorded, or masked, still shows what each layer made of a header."""
    show(tab, exchange(1, layers=[CORS, GZIP]))
    tab.get_by_label("Which layer touched header").fill("vary")
    followed = (
        "response, from the app out: vary: accept → accept, accept-encoding (replaced by gzip) "
        "→ origin (added by cors)"
    )
    assert texts(tab, ".m-trail p") == [followed]


def test_without_layers_it_says_how_to_record_them(tab: Page) -> None:
    """An exchange that was recorded without layers names both switches."""
    show(tab, exchange(1))
    assert texts(tab, "asgi-layers code") == ["record(layers=True)", "asgi-mw run --layers"]


def test_messages_between_two_layers_are_listed(tab: Page) -> None:
    """What passes below a layer can be opened, and says between whom."""
    event = {"direction": "send", "called_ms": 4.0, "returned_ms": 4.1, "bytes": 0}
    started = {**event, "type": "http.response.start", "status": 200, "raised": None}
    show(tab, exchange(1, layers=[passage("cors", events=[started]), GZIP]))
    tab.get_by_text("1 message between cors and gzip").click()
    assert texts(tab, "details tbody tr") == ["← http.response.start 200 0 B 4.0 ms"]


def test_it_fits_a_narrow_window(tab: Page) -> None:
    """At 400 px nothing is cut off to the right, with long options too."""
    tab.set_viewport_size({"width": 400, "height": 700})
    show(tab, exchange(1, layers=[passage("cors", layer=f"cors({'a' * 300})"), GZIP, GUARD]))
    assert not overflows(tab)
    expect(tab.locator(".m-card").first).to_be_in_viewport()
