"""What is copied does again what was recorded: curl and Python run it, Mermaid can read it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.inspector.page.api import exchange, passage
from tests.live.thread import served
from tests.system import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from asgi_mw.types import Receive, Scope, Send
    from tests.inspector.page.api import Api

OCTETS = bytes(range(256))
HOSTILE = b'it\'s "$HOME" `id` !! \\n \xe2\x80\xae\xff\t'


class Echo:
    """Keeps the requests that reach it."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[tuple[str, bytes, bytes, list[tuple[bytes, bytes]], bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        seen = (scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], body)
        self.seen.append(seen)
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    """Serve what keeps the requests that reach it."""
    echo = Echo()
    with served(echo) as echo.port:
        yield echo


def written(tab: Page, way: str, one: dict[str, Any]) -> str:
    """What *way* writes of *one*."""
    say = "([way, one]) => import('/more/copy.js').then((copy) => copy[way](one))"
    return str(tab.evaluate(say, [way, one]))


def run(program: list[str], said: str) -> None:
    """Give *said* to *program*, which must do well."""
    done = subprocess.run(
        program, input=said.encode(), capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr[-300:] * bool(done.returncode)) == (0, b"")


def run_curl(said: str) -> None:
    """Run a command as a terminal would."""
    command("curl")
    run([command("bash"), "-s"], said)


def run_python(said: str) -> None:
    """Run Python as a file would."""
    run([sys.executable, "-I", "-"], said)


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {"headers": [(b"accept", b"*/*"), (b"user-agent", b"me")]},
    "hostile headers": {
        "headers": [
            (b"x-quotes", HOSTILE),
            (b"x-twice", b"one"),
            (b"x-twice", b"two"),
            (b"x-empty", b""),
            (b"x-file", b"@/etc/passwd"),
            (b"cookie", b"a=1; b='2'"),
        ]
    },
    "text": {"method": "POST", "request": HOSTILE + b"\r\n\n@x", "headers": [(b"x-y", b"1")]},
    "octets": {"method": "PUT", "request": OCTETS * 3, "headers": [(b"content-type", b"a/b")]},
    "long": {"method": "PATCH", "request": b"it's 100 % \\ " * 20_000, "headers": []},
    "query": {"scope": {"query_string": "a=1&b=%20x&c[]={1,2}&d='$(id)'&e=`id`"}},
    "dots": {"scope": {"raw_path": "/a/../b//c/./%2e%2E/[1-9]/{a,b}", "path": "/x"}},
    "decoded path": {"path": "/caf\u00e9 100%/\u202e"},
    "odd method": {"method": "M-SEARCH", "headers": []},
    "head": {"method": "HEAD", "headers": [(b"accept-encoding", b"gzip")]},
    "body of GET": {"method": "GET", "request": b"{}", "headers": []},
    "old": {"scope": {"http_version": "1.0"}},
}
TARGETS = {
    "query": (b"/orders", b"a=1&b=%20x&c[]={1,2}&d='$(id)'&e=`id`"),
    "dots": (b"/a/../b//c/./%2e%2E/[1-9]/{a,b}", b""),
    "decoded path": (b"/caf%C3%A9%20100%25/%E2%80%AE", b""),
}


@pytest.mark.parametrize("way", ["curl", "httpx"])
@pytest.mark.parametrize("name", REQUESTS)
def test_what_was_recorded_is_sent_again(tab: Page, echo: Echo, name: str, way: str) -> None:
    """A server gets the same method, target, headers and body, octet for octet."""
    given = REQUESTS[name]
    host = (b"host", b"127.0.0.1:%d" % echo.port)
    headers = [host, *given.get("headers", [])]
    one = exchange(1, **{**given, "headers": [*headers, (b"content-length", b"99")]})
    echo.seen.clear()
    (run_curl if way == "curl" else run_python)(written(tab, way, one))
    ((method, path, query, got, body),) = echo.seen
    own = {b"host", b"content-length", b"connection"}
    assert (method, (path, query), body) == (
        given.get("method", "GET"),
        TARGETS.get(name, (b"/orders", b"")),
        given.get("request", b""),
    )
    wanted = [(key, value.strip(b" \t")) for key, value in headers if key not in own]
    assert [pair for pair in got if pair[0] not in own] == wanted


@pytest.mark.parametrize("way", ["curl", "httpx"])
def test_what_no_request_can_carry_is_left_out(tab: Page, echo: Echo, way: str) -> None:
    """A line break in a header would begin another request: a comment says what was left out."""
    smuggled = b"1\r\n\r\nGET /evil HTTP/1.1\r\nhost: x\r\n\r\n"
    headers = [(b"host", b"127.0.0.1:%d" % echo.port), (b"x-a", smuggled), (b"@/etc/passwd", b"1")]
    headers.append((b"x-a", b"\x1b[2J"))
    said = written(tab, way, exchange(1, headers=headers, method="G\r\nx: "))
    echo.seen.clear()
    (run_curl if way == "curl" else run_python)(said)
    assert [(seen[:2], dict(seen[3]).get(b"x-a")) for seen in echo.seen] == [
        (("GET", b"/orders"), None)
    ]
    assert [line for line in said.splitlines() if line.startswith("# ")] == [
        "# left out, as no request can carry it: " + json.dumps("x-a: " + smuggled.decode()),
        '# left out, as no request can carry it: "@/etc/passwd: 1"',
        '# left out, as no request can carry it: "x-a: \\u001b[2J"',
        '# GET stands for a method that no request can carry: "G\\r\\nx: "',
    ]


@pytest.mark.parametrize("way", ["curl", "httpx"])
def test_masked_values_have_a_named_place(tab: Page, way: str) -> None:
    """No mask is sent: what the recording hid is a placeholder that a comment names."""
    one = exchange(
        1,
        method="POST",
        headers=[
            (b"authorization", b"Bearer [redacted]"),
            (b"cookie", b"sid=[redacted]; theme=dark"),
        ],
        scope={"query_string": "token=[redacted]&page=2"},
        request=b'{"password": "[redacted]", "pin":"[redacted]"}',
    )
    said = written(tab, way, one)
    assert "[redacted]" not in said
    for place in (
        "Bearer <authorization>",
        "sid=<sid>; theme=dark",
        "token=<token>&page=2",
        "<password>",
        "<pin>",
    ):
        assert place in said
    assert "# masked in the recording, to be filled in: <token> <password>" not in said
    comment = next(line for line in said.splitlines() if line.startswith("# masked"))
    assert set(re.findall(r"<\w+>", comment)) == {
        "<authorization>",
        "<sid>",
        "<token>",
        "<password>",
        "<pin>",
    }


@pytest.mark.parametrize("way", ["curl", "httpx"])
def test_a_body_that_was_cut_is_said(tab: Page, way: str) -> None:
    """What the recording did not keep cannot be sent: a comment gives both sizes."""
    one = exchange(1, method="POST", request=b"abc")
    one["events"][0].update(bytes=5000, truncated=True)
    assert "# the body is cut: 3 of 5000 bytes were kept" in written(tab, way, one).splitlines()


def test_the_text_has_request_and_response(tab: Page) -> None:
    """For a bug report: what was asked, what was answered, what went wrong, each once."""
    error = {"type": "ValueError", "message": "no", "traceback": "Traceback\n  x\nValueError: no\n"}
    one = exchange(
        1,
        method="POST",
        request=b'{"a": 1}',
        response=b"\x00\xff",
        status=500,
        headers=[(b"x-a", b"1\n2\x1b")],
        sent=[(b"content-type", b"a/b")],
        scope={"query_string": "q=1"},
        error={**error, "at_ms": 1.0, "swallowed": False},
        layers=[passage("cors", answered=True)],
    )
    assert written(tab, "text", one).splitlines() == [
        "POST /orders: 500, complete, 12.0 ms",
        f"2026-01-02T03:04:01.000000000Z, exchange {one['id']}, request {one['request_id']}",
        "",
        "--- request",
        "POST /orders?q=1 HTTP/1.1",
        "x-a: 1\\n2\\u001b",
        "",
        '{"a": 1}',
        "",
        "--- response",
        "500",
        "content-type: a/b",
        "",
        "(2 B, no text)",
        "",
        "--- layers, outermost first",
        "cors(), 500 \N{MICRO SIGN}s, answered in the app's place",
        "",
        "--- error",
        "Traceback",
        "  x",
        "ValueError: no",
    ]


NAMES = ["end", "a;b", "#35;", "a\nb", "%%{init}%%", "style: #a;", "<b>:x", "a-->>b: c", "", "\0"]
WORDS = r"(?:[^;#:<>%\n]|#\d+;)*"
LINES = re.compile(
    rf"sequenceDiagram|  participant P\d+ as {WORDS}|  P\d+--?>>P\d+: {WORDS}"
    rf"|  Note over P\d+(?:,P\d+)?:(?: {WORDS})?"
)


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_the_diagram_stays_one_whatever_is_in_it(tab: Page, name: str) -> None:
    """Names and types of any kind are words of the diagram, and never its grammar."""
    event = {"direction": "send", "called_ms": 2.5, "returned_ms": 3.0, "bytes": 3, "status": name}
    layer = passage(name, events=[{**event, "type": name or "x", "raised": name}])
    failed = {"type": name, "message": name, "swallowed": False}
    one = exchange(1, method=name, path=name, layers=[layer], error=failed)
    lines = written(tab, "mermaid", one).splitlines()
    assert [line for line in lines if not LINES.fullmatch(line)] == []
    assert not re.search(r"\bend\b", "\n".join(lines), re.IGNORECASE)


def test_the_diagram_has_each_message_between_its_neighbours(tab: Page) -> None:
    """In the order of time, from server to layer to app and back."""
    times = {"called_ms": 1.6, "returned_ms": 1.7, "bytes": 2, "status": None, "raised": None}
    inner = {**times, "direction": "receive", "type": "http.request"}
    layer = passage("cors", events=[inner])
    assert written(tab, "mermaid", exchange(1, layers=[layer], request=b"{}")).splitlines() == [
        "sequenceDiagram",
        "  participant P0 as server",
        "  participant P1 as cors",
        "  participant P2 as app",
        "  Note over P0,P2: GET /orders 12.0 ms",
        "  P0->>P1: http.request 2 B",
        "  P1->>P2: http.request 2 B",
        "  P1-->>P0: http.response.start 200",
        "  P1-->>P0: http.response.body 2 B",
    ]


def menu(tab: Page, one: dict[str, Any]) -> None:
    """Put the button there."""
    tab.evaluate(
        """(one) => import("/more/copy.js").then((copy) => {
          const around = document.createElement("div");
          around.append(copy.menu(one));
          document.querySelector("main").replaceChildren(around);
        })""",
        one,
    )


def test_the_menu_works_by_keyboard(tab: Page) -> None:
    """Arrows go through it and come back, Escape gives the focus back, leaving it closes it."""
    menu(tab, exchange(1))
    button = tab.get_by_role("button", name="Copy", exact=True)
    items = tab.get_by_role("menuitem")
    button.press("ArrowDown")
    for key, at in [("ArrowDown", 1), ("End", 3), ("ArrowDown", 0), ("ArrowUp", 3), ("Home", 0)]:
        tab.keyboard.press(key)
        expect(items.nth(at)).to_be_focused()
        expect(items.nth(at)).to_be_in_viewport()
    tab.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.press("Enter")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("menu")).to_be_hidden()


def test_what_is_chosen_is_in_the_clipboard(tab: Page, api: Api) -> None:
    """The whole body is fetched first where the page has its beginning only; it is announced."""
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    one = exchange(1, method="POST", request=b"begin")
    one["events"][0].update(bytes=9, payload={"bytes": 9, "cut": True, "url": "x"})
    api.exchanges[one["id"]] = one
    api.bodies[one["id"], "receive"] = b"begin end"
    menu(tab, one)
    tab.get_by_role("button", name="Copy").click()
    tab.get_by_role("menuitem", name="Copy as curl").click()
    expect(tab.get_by_role("button", name="Copied ✓")).to_be_focused()
    assert "--data-raw 'begin end'" in tab.evaluate("navigator.clipboard.readText()")
    expect(tab.locator("#live")).to_have_text("Copied as curl")


def test_without_a_clipboard_the_text_is_selected(tab: Page) -> None:
    """Where the browser refuses, the text stands in a field, selected, to be copied by hand."""
    tab.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    menu(tab, exchange(1))
    tab.get_by_role("button", name="Copy").click()
    tab.get_by_role("menuitem", name="Copy as Mermaid diagram").click()
    area = tab.get_by_label("The exchange as Mermaid diagram")
    expect(area).to_be_focused()
    assert tab.evaluate("document.activeElement.selectionEnd") == len(area.input_value()) > 0
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(
    ("kind", "ways"),
    [
        ("websocket", ["curl", "text, for a bug report", "Mermaid diagram"]),
        ("lifespan", ["text, for a bug report", "Mermaid diagram"]),
    ],
)
def test_only_what_makes_sense_is_offered(tab: Page, kind: str, ways: list[str]) -> None:
    """A WebSocket has no body for httpx, and a lifespan no request at all."""
    menu(tab, exchange(1, type=kind))
    tab.get_by_role("button", name="Copy").click()
    found = tab.get_by_role("menuitem").all_inner_texts()
    assert found == [f"Copy as {way}" for way in ways]
