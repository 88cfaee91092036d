"""The view of layers shows what each layer changed."""

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
        "bytes": [0, 0],
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
        "bytes": [1200, 310],
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
        "bytes": [310, 310],
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
    """The texts at *selector*, in one line each."""
    return [" ".join(text.split()) for text in tab.locator(selector).all_inner_texts()]


def test_each_layer_says_what_it_changed(tab: Page) -> None:
    """Scope, request and response show each key and header, before and after; and its time."""
    one = exchange(1, layers=[CORS, GZIP])
    one["drawn"]["layers"] = "2 layers took 3.5 ms of 12.0 ms."
    show(tab, one)
    assert texts(tab, ".m-card h2") == ["cors", "gzip", "the app"]
    assert texts(tab, ".m-card:nth-child(1) li") == [
        "+ added state: {}",
        "~ replaced path: /a → /b",
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
    assert texts(tab, ".m-time") == ["500 µs, 4 %", "3.0 ms, 25 %"]
    widths = tab.locator(".m-meter i").evaluate_all("all => all.map((one) => one.style.inlineSize)")
    assert widths[1] == "25%"
    assert texts(tab, ".m-answer") == ["2 layers took 3.5 ms of 12.0 ms."]


def test_early_answers_and_swallowed_exceptions_are_said(tab: Page) -> None:
    """Layers that answered, received or swallowed for the app say so; unseen ones say why."""
    show(tab, exchange(1, layers=[UNSEEN, GUARD]))
    assert texts(tab, ".m-badge") == [
        "not visible: its app is in a closure",
        "answered in the app's place",
        "received 2 messages in the app's place",
        "swallowed ValueError: no",
    ]
    assert texts(tab, ".m-card:last-child") == [f"the app did not answer: {SCRIPT} did"]
    expect(tab.locator(".m-time")).to_have_count(1)


def test_a_header_is_found_in_the_layers(tab: Page) -> None:
    """The name of a header marks the layers that touched it, and where."""
    show(tab, exchange(1, layers=[CORS, GZIP]))
    field = tab.get_by_label("Which layer touched header")
    for name, layers in {"Vary": "cors, gzip", "content-length": "gzip", "x-none": "none"}.items():
        field.fill(name)
        assert texts(tab, ".m-bar [role=status]") == [layers]
        assert ", ".join(texts(tab, ".m-hit h2")) == layers.replace("none", "")
    field.fill("content-length")
    assert texts(tab, ".m-mark") == ["\N{MINUS SIGN} removed content-length: 1200"]
    field.fill("")
    expect(tab.locator(".m-mark, .m-hit")).to_have_count(0)


def test_without_layers_it_says_how_to_record_them(tab: Page) -> None:
    """An exchange that was recorded without layers names both switches."""
    show(tab, exchange(1))
    assert texts(tab, "asgi-layers code") == ["record(layers=True)", "asgi-mw run --layers"]


def test_it_fits_a_narrow_window(tab: Page) -> None:
    """At 400 px nothing is cut off to the right, with long options too."""
    tab.set_viewport_size({"width": 400, "height": 700})
    show(tab, exchange(1, layers=[passage("cors", layer=f"cors({'a' * 300})"), GZIP, GUARD]))
    assert not overflows(tab)
    expect(tab.locator(".m-card").first).to_be_in_viewport()
