"""Whether the extensions that a server offers work as they are described."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.conformance.check import (
    FailedError,
    NotOfferedError,
    Table,
    UndecidedError,
    expect,
)
from asgi_mw.conformance.http1 import Response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

EXTENSIONS = Table()
Got: TypeAlias = Callable[[], Response]
_EARLY_HINT = "http.response.early_hint"
_TRAILERS = "http.response.trailers"
_LINK = b"</style.css>; rel=preload; as=style"
_CONTENT = b"the content of a file\n" * 100


def _offering(kit: Kit, extension: str, *, te: bool = False) -> tuple[Got, Puppet]:
    """A request whose scope offers the extension, of HTTP/1.1 or, if that fails, of HTTP/2.

    Raises:
        NotOfferedError: Neither does.
    """
    http, app = kit.ask("GET", "/", *((b"TE: trailers", b"Connection: TE") if te else ()))
    if app.offers(extension):
        return http.response, app
    app.close()
    why = f"there is no extension {extension}"
    with _saying(why):
        client = kit.http2()
    number = client.ask("GET", "/", [(b"te", b"trailers")] if te else [])
    app = kit.app()
    if not app.offers(extension):
        raise NotOfferedError(why)

    def response() -> Response:
        stream = client.response(number)
        interim = [Response(103, pairs) for pairs in stream.interim]
        return Response(
            stream.status or 0,
            stream.headers,
            stream.body,
            "whole" if stream.ended else "cut",
            "http2",
            interim,
            stream.trailers,
        )

    return response, app


@contextlib.contextmanager
def _saying(why: str) -> Iterator[None]:
    try:
        yield
    except NotOfferedError:
        raise NotOfferedError(why) from None


@contextlib.contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "content.txt"
        path.write_bytes(_CONTENT)
        yield str(path)


@EXTENSIONS.check(
    "extension.pathsend",
    "A file is sent by its path",
    sentence="Path Send allows you to send the contents of a file path to the HTTP client.",
    source="extensions#path-send",
)
def pathsend(kit: Kit) -> None:
    """The app says its length."""
    got, app = _offering(kit, "http.response.pathsend")
    length = [(b"content-length", b"%d" % len(_CONTENT))]
    with _file() as path:
        app.send("http.response.start", status=200, headers=length)
        app.send("http.response.pathsend", path=path)
        expect("body", _CONTENT, got().body)


@EXTENSIONS.check(
    "extension.zerocopysend",
    "A file is sent by its descriptor, mixed with other parts",
    sentence="Zero Copy Send can be mixed with http.response.body. Except for the characteristics "
    "of zero-copy, it should behave the same as ordinary http.response.body.",
    source="extensions#zero-copy-send",
)
def zerocopysend(kit: Kit) -> None:
    """With an offset and a count."""
    got, app = _offering(kit, "http.response.zerocopysend")
    with _file() as path:
        app.send("http.response.start", status=200, headers=[])
        app.send("http.response.body", body=b"before ", more_body=True)
        app.send("http.response.zerocopysend", file=path, offset=4, count=7)
        expect("body", b"before content", got().body)


def _hinted(kit: Kit, *, before: bool) -> tuple[Response | None, str]:
    """The response to an early hint before or after the start, or why there is none."""
    got, app = _offering(kit, _EARLY_HINT)
    start: dict[str, Any] = {"status": 200, "headers": [(b"content-length", b"2")]}
    hint: dict[str, Any] = {"links": [_LINK]}
    messages = [("http.response.start", start), (_EARLY_HINT, hint)]
    for kind, keys in reversed(messages) if before else messages:
        outcome = app.sending(kind, **keys)
        if outcome is None or outcome.raised:
            return None, f"send {outcome or 'waits'}"
    app.send("http.response.body", body=b"ok")
    return got(), ""


@EXTENSIONS.check(
    "extension.early_hint",
    "An early hint is sent, or ignored",
    sentence="This message can be sent at any time after the Response Start message but before the "
    "final Response Body message. The server may decide to ignore this message.",
    source="extensions#early-hints",
)
def early_hint(kit: Kit) -> str:
    """By the text it comes after the start; by a newer text, and in some servers, before it."""
    response, why = _hinted(kit, before=False)
    if response is None:
        response, other = _hinted(kit, before=True)
        if response is None:
            raise FailedError(f"behind the start {why}; before it {other}")
        expect("body", b"ok", response.body)
        raise UndecidedError(f"behind the start {why}; before it, as newer text has it, it works")
    expect("body", b"ok", response.body)
    links = [value for one in response.interim for name, value in one.headers if name == b"link"]
    return "it is sent" if _LINK in links else "it is ignored"


@EXTENSIONS.check(
    "extension.trailers",
    "Trailers are sent to a client that asks for them, and to no other",
    sentence="The ASGI server will only send the trailing headers in case the client has sent the "
    "TE: trailers header in the request.",
    source="extensions#http-trailers",
)
def trailers(kit: Kit) -> None:
    """They come after the body, which is whole in both cases."""
    for te, expected in ((True, [(b"x-sum", b"1")]), (False, [])):
        got, app = _offering(kit, _TRAILERS, te=te)
        app.send("http.response.start", status=200, headers=[(b"trailer", b"x-sum")], trailers=True)
        app.send("http.response.body", body=b"ok")
        app.send(_TRAILERS, headers=[(b"x-sum", b"1")])
        response = got()
        expect("body", b"ok", response.body)
        seen = [(name.lower(), value) for name, value in response.trailers]
        expect(f"trailers {'with' if te else 'without'} TE: trailers", expected, seen)


@EXTENSIONS.check(
    "extension.denial",
    "A handshake is denied by a response of the app's",
    sentence="This will allow the ASGI Framework to send HTTP response messages after the "
    "websocket.connect message.",
    source="extensions#websocket-denial-response",
)
def denial(kit: Kit) -> None:
    """With its headers, and a body of one part."""
    _deny(kit, b"who you?")


@EXTENSIONS.check(
    "extension.denial.parts",
    "The body of such a response can have parts",
    sentence="The messages themselves should be websocket.http.response.start and "
    "websocket.http.response.body with a structure that matches the http.response.start and "
    "http.response.body messages.",
    source="extensions#websocket-denial-response",
)
def denial_parts(kit: Kit) -> None:
    """It has two of them."""
    _deny(kit, b"who ", b"you?")


def _deny(kit: Kit, *parts: bytes) -> None:
    client, app = kit.shake()
    if not app.offers("websocket.http.response"):
        raise NotOfferedError("there is no extension websocket.http.response")
    headers = [(b"x-kit", b"1"), (b"content-length", b"8")]
    app.send("websocket.http.response.start", status=401, headers=headers)
    for part in parts:
        more = {"more_body": True} if part is not parts[-1] else {}
        app.send("websocket.http.response.body", body=part, **more)
    app.finish()
    response = client.http.response()
    expect("status", 401, response.status)
    expect("header", [b"1"], response.all(b"x-kit"))
    expect("body", b"who you?", response.body)


@EXTENSIONS.check(
    "extension.debug",
    "The extension for debugging is not offered",
    sentence="This extension is not meant to be used in production, only for testing purposes, and "
    "ASGI servers should not implement it.",
    source="extensions#debug",
    severity="should",
)
def debug(kit: Kit) -> None:
    """A real server should not offer it."""
    _, app = kit.ask()
    if app.offers("http.response.debug"):
        raise FailedError("it is offered")
