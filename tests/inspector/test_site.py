"""The answers of the page, and the headers of each that protect it."""

from __future__ import annotations

import logging

import pytest

from asgi_mw import cors, stack
from asgi_mw.layers import layer
from asgi_mw.testing import request, websocket
from tests.inspector.asked import HOST, PATH, Opened, echo

pytestmark = pytest.mark.anyio
CSP = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    b"require-trusted-types-for 'script'; trusted-types 'none'"
)
ALWAYS = {
    b"cache-control": b"no-store",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}


@pytest.mark.parametrize(
    ("below", "status", "kind"),
    [
        ("", 307, b"text/plain; charset=utf-8"),
        ("/", 200, b"text/html; charset=utf-8"),
        ("/enter", 200, b"text/html; charset=utf-8"),
        ("/main.js", 200, b"text/javascript; charset=utf-8"),
        ("/base.css", 200, b"text/css; charset=utf-8"),
        ("/icon.svg", 200, b"image/svg+xml"),
        ("/api/exchanges", 200, b"application/json"),
        ("/api/words", 200, b"application/json"),
        ("/api/exchanges?limit=0", 400, b"application/json"),
        ("/api/exchanges/0", 404, b"application/json"),
        ("/api/resend", 405, b"application/json"),
        ("/no-such-file.js", 404, b"application/json"),
    ],
)
async def test_every_answer_has_the_headers(below: str, status: int, kind: bytes) -> None:
    """Errors have them too; no answer has a header of CORS."""
    answered = await Opened().get(below)

    assert (status, kind) == (answered.status, answered.header("content-type"))
    assert CSP == answered.header("content-security-policy")
    assert ALWAYS == {name: answered.header(name.decode()) for name in ALWAYS}
    assert [] == [one for one, _ in answered.headers if one.startswith(b"access-control-")]


async def test_no_cors_though_the_app_lets_everybody_in() -> None:
    """The layers of the app are inside of the page."""
    opened = Opened(stack(echo, layer(cors, allow_origins=["*"])))
    answered = await opened.get("/api/exchanges", origin=f"http://{HOST}")
    refused = await opened.get("/api/exchanges", origin="http://evil.test")

    assert (200, 403) == (answered.status, refused.status)
    for one in (answered, refused):
        assert [] == [name for name, _ in one.headers if name.startswith(b"access-control-")]


@pytest.mark.parametrize(
    "below",
    [
        *("/../../../etc/passwd", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/..%5c..%5cpyproject.toml"),
        *("//etc/passwd", "/main.js/", "/main.js%00", "/./main.js", "/list/../main.js", "/list"),
        *("/index.html", "/enter.html", "/static/main.js", "/MAIN.JS", "/main.js%2f", "/\\main.js"),
        *("/api", "/api/", "/api/x", "/api/exchanges/", "/api/exchanges/../words", "/api//words"),
        *("/api/exchanges/ABCDEF00000000000000000000000000", "/api/exchanges/%2e%2e"),
        *("/api/exchanges/" + "0" * 32, "/api/exchanges/" + "0" * 31, "/api/feed/x"),
    ],
)
async def test_what_is_not_in_the_tables_is_not_there(below: str) -> None:
    """No name that a client sends is ever a path."""
    assert 404 == (await Opened().get(below)).status


async def test_who_has_not_entered_sees_only_the_entrance() -> None:
    """This holds for each path of the page."""
    opened = Opened()
    await opened.visit()
    page = await opened.get("/", entered=False)
    api = await opened.get("/api/exchanges", entered=False)

    assert (401, True) == (page.status, b"enter.js" in page.body)
    assert (401, False) == (api.status, b"columns" in api.body)


async def test_the_token_is_exchanged_for_a_cookie() -> None:
    """Only this page gets the cookie, no script reads it, and over HTTPS it is Secure."""
    opened = Opened()
    headers = {"host": HOST, "x-asgi-mw": "1", "content-type": "application/json"}
    body = b'{"token": "%s"}' % opened.site.guard.token.value().encode()
    answered = await request(opened.app, "POST", PATH + "/enter", headers=headers, body=body)
    secure = await request(
        opened.app,
        "POST",
        PATH + "/enter",
        headers=headers,
        body=body,
        scope={"scheme": "https"},
    )

    cookie = f"{opened.cookie}; HttpOnly; SameSite=Strict"
    assert (200, cookie.encode()) == (answered.status, answered.header("set-cookie"))
    assert f"{cookie}; Secure".encode() == secure.header("set-cookie")


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"null", b"{", b'{"token": 1}', b'{"token": ""}', b'{"token": "x"}'),
        *(b'{"token": "\\ud800"}', b'{"token":' * 50_000, b"x" * 100_000, b"\xff"),
    ],
)
async def test_a_wrong_token_opens_nothing(body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """The log says that somebody tried, without the token."""
    with caplog.at_level(logging.WARNING, "asgi_mw.inspector"):
        status, said = await Opened().post("/enter", body, entered=False)

    assert (403, 1) == (status, said["version"])
    assert ["refused: a wrong token"] == [one.getMessage() for one in caplog.records]


async def test_the_page_is_not_recorded() -> None:
    """Its requests are not, refused or not; all others to the app are."""
    opened = Opened()
    for below in ("", "/", "/main.js", "/api/exchanges", "/nothing"):
        await opened.get(below)
        await opened.get(below, entered=False, host="evil.test")
    await opened.post("/api/recording", {"on": True})
    await opened.visit(target="/__asgi__s")
    await websocket(opened.app, PATH + "/api/feed")

    assert [("http", "/__asgi__s"), ("websocket", "/__asgi__/api/feed")] == [
        (one.type, one.path) for one in reversed(list(opened.store.exchanges()))
    ]


async def test_head_has_no_body() -> None:
    """It has the length that a GET has."""
    opened = Opened()
    got = await opened.get("/main.js")
    headers = {"host": HOST, "cookie": opened.cookie}
    head = await request(opened.app, "HEAD", PATH + "/main.js", headers=headers)

    assert (200, b"") == (head.status, head.body)
    assert got.header("content-length") == head.header("content-length")


async def test_a_method_that_is_not_allowed_names_those_that_are() -> None:
    """RFC 9110, section 15.5.6."""
    opened = Opened()
    answered = await opened.get("/api/keep")

    assert (405, b"POST") == (answered.status, answered.header("allow"))


async def test_without_its_slash_it_goes_on_with_it() -> None:
    """The location is relative: a proxy may have taken a prefix off the path."""
    assert b"__asgi__/" == (await Opened().get("")).header("location")
