"""Models of the layers that encode and decode bodies, as documented, but without the coding."""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tests.properties.model_parts import listed, named, pairs_of, settled, values
from tests.properties.programs import suspend

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.types import App, Message, Receive, Scope, Send
    from tests.properties.model_parts import Notes

LEAST = 50
# Which layers encode for this Accept-Encoding
ACCEPTED = {
    b"gzip": {"compression", "gzip"},
    b"br, x-gzip;q=0.5": {"compression", "gzip"},
    b"*": {"compression", "gzip"},
    b"br;q=0.5": {"compression"},
    b"zstd, gzip;q=0": {"compression"},
    b"gzip;q=0": set[str](),
    b"identity": set[str](),
    b"\xff;q=nan, , ,": set[str](),
}
WRONG = {b"content-length", b"content-encoding", b"content-digest", b"accept-ranges"}
_VARY, _ETAG = b"vary", b"etag"
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_STREAM = b"text/event-stream"
_FILES = {"http.response.pathsend", "http.response.zerocopysend"}


def decompression(app: App, name: str, notes: Notes) -> App:
    async def model(scope: Scope, receive: Receive, send: Send) -> None:
        asked = pairs_of(scope) or []
        coded = values(asked, b"content-encoding") if scope["type"] == "http" else []
        if not coded:
            await app({**scope, "headers": asked} if asked else scope, receive, send)
            return
        if coded != [b"gzip"]:
            await _refused(scope, receive, send)
            return
        over = False

        async def decoded() -> Message:
            nonlocal over
            while True:
                message = await receive()
                if over or message["type"] != "http.request":
                    return message
                body, more = _gunzip(message.get("body", b"")), bool(message.get("more_body"))
                over = not more
                if body or over:
                    return {"type": "http.request", "body": body, "more_body": more}

        kept = [pair for pair in asked if not named(pair, *WRONG)]
        await app({**scope, "headers": kept}, decoded, send)

    return model


async def _refused(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the rest, and answer."""
    http1 = scope["http_version"].startswith("1")
    message: Message = {"type": "http.request", "more_body": True}
    over = not http1
    while message["type"] != "http.disconnect" and not over:
        message = await receive()
        over = message["type"] == "http.request" and not message.get("more_body")
    text = b"the content coding of the body is not supported"
    headers = [_TEXT, (b"content-length", b"%d" % len(text))]
    headers.append((b"accept-encoding", b"zstd, br, gzip, deflate"))
    if http1 and not over:
        headers.append((b"connection", b"close"))
    with suppress(OSError):
        await send({"type": "http.response.start", "status": 415, "headers": headers})
        await send({"type": "http.response.body", "body": text})


def _gunzip(body: Any) -> bytes:
    plain, rest = b"", bytes(body)
    while rest:
        decoder = zlib.decompressobj(31)
        plain += decoder.decompress(rest)
        rest = decoder.unused_data
    return plain


class _Holding:
    """The start of a response that is held back until its body is known."""

    def __init__(self, send: Send, notes: Notes, start: Message, pairs: list[Any]) -> None:
        self._send, self._notes, self._pairs = send, notes, pairs
        self._held: list[Message] = [start]
        self._busy = self._streams = self._failed = False

    async def take(
        self, message: Message, decide: Callable[[Message], tuple[list[Any] | None, bool]]
    ) -> None:
        # After a lost piece, an encoded body has no end: the tests of compression play that
        self._notes.loose = self._notes.loose or self._failed
        try:
            await self._take(message, decide)
        except BaseException:
            self._failed = self._notes.codes
            raise

    async def _take(
        self, message: Message, decide: Callable[[Message], tuple[list[Any] | None, bool]]
    ) -> None:
        while self._busy:
            await suspend("idle")
        kind = message.get("type")
        is_body = kind == "http.response.body"
        if not self._held:
            empty = is_body and message.get("more_body") and not message.get("body")
            # A file within an encoded body is read in a thread, which needs an event loop
            reads = self._notes.codes and kind in _FILES
            if (self._streams and empty) or reads:
                self._notes.loose = True
            await self._send(message)
            return
        if not is_body and kind not in _FILES:
            self._held.append(message)
            return
        pairs = None
        if is_body and isinstance(message.get("body", b""), (bytes, bytearray, memoryview)):
            pairs, codes = decide(message)
            self._notes.codes = self._notes.codes or codes
            self._streams = codes and bool(message.get("more_body"))
        self._busy = True
        try:
            await self.release(pairs)
        finally:
            self._busy = False
        await self._send(message)

    def open(self, pairs: list[Any]) -> Awaitable[None]:
        [start], self._held = self._held, []
        self._notes.codes = self._streams = True
        return self._send({**start, "headers": pairs})

    async def release(self, pairs: list[Any] | None) -> None:
        held, self._held = self._held, []
        if held and pairs is not None:
            held[0] = {**held[0], "headers": pairs}
        for message in held:
            await self._send(message)


def compression(app: App, name: str, notes: Notes) -> App:
    async def model(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        asked = pairs_of(scope) or []
        [accepted] = values(asked, b"accept-encoding") or [b"identity"]
        coding = name in ACCEPTED[accepted]
        head = scope["method"] == "HEAD"
        files = not _FILES.isdisjoint(scope.get("extensions") or ())
        holding: _Holding | None = None
        passing = False
        left: list[bool] = []

        open_ended: list[bool] = []

        async def send_on(message: Message) -> None:
            ends = message.get("type") == "http.response.body" and not message.get("more_body")
            if open_ended and ends and message.get("body"):
                # A server may take a length from a body that comes at once, even if it drops it
                await send({**message, "more_body": True})
                message = {**message, "body": b"", "more_body": False}
            await send(message)

        async def heard() -> Message:
            message = await receive()
            if message.get("type") == "http.disconnect":
                left.append(True)
            return message

        def sending(message: Message) -> Awaitable[None]:
            nonlocal holding, passing
            if holding is not None:
                return holding.take(message, decide)
            if passing or message.get("type") != "http.response.start":
                return send_on(message)
            message, pairs = settled(message)
            if pairs is None or not _eligible(message, pairs):
                passing = True
                return send(message)
            declared = values(pairs, b"content-length")
            opens = not declared and (not coding or _STREAM in values(pairs, b"content-type")[-1:])
            at_once = message["status"] == 304 or (head and (declared or opens))
            if at_once or (not coding and (opens or not files)) or (opens and left):
                bare = coding and bool(at_once)
                passing = True
                open_ended.extend([True] * bare)
                return send({**message, "headers": _varying(pairs, bare=bare)})
            holding = _Holding(send_on, notes, message, pairs)
            return holding.open(_varying(pairs, bare=False)) if opens else _nothing()

        def decide(message: Message) -> tuple[list[Any] | None, bool]:
            assert holding is not None
            pairs = holding._pairs  # one model
            body = bytes(message.get("body", b""))
            more = bool(message.get("more_body"))
            declared = values(pairs, b"content-length")
            size = int(declared[0]) if declared else None
            if size is not None and (len(body) > size or (len(body) < size and not more)):
                return _varying(pairs, bare=False), False  # the server sees what is wrong
            if size is None and not more and (body or not head):
                size = len(body)
            if size is not None and size < LEAST:
                return None, False
            notes.loose = notes.loose or (coding and more and bool(declared))
            bare = coding and head and not left
            open_ended.extend([True] * bare)
            return _varying(pairs, bare=bare), coding and not head

        try:
            mapped = {**scope, "headers": _mapped(asked, coding)} if asked else scope
            await app(mapped, heard, sending)
        except Exception:
            if holding is not None:
                with suppress(Exception):
                    await holding.release(None)
            raise
        if holding is not None:
            await holding.release(None)

    return model


def _eligible(message: Message, pairs: list[Any]) -> bool:
    status = message.get("status")
    if not isinstance(status, int) or status < 200 or status in {204, 205, 206}:
        return False
    if not all(
        isinstance(pair, tuple) and len(pair) == 2 and pair[0]
        for pair in pairs
        if pair != (b"", b"")
    ):
        return False
    lengths = values(pairs, b"content-length")
    if lengths and (len(lengths) > 1 or not lengths[0].isdigit() or int(lengths[0]) < LEAST):
        return False
    types = values(pairs, b"content-type")
    return (
        not values(pairs, b"content-encoding")
        and b"no-transform" not in listed(pairs, b"cache-control")
        and (not types or types[-1] != b"image/png")
    )


def _varying(pairs: list[Any], *, bare: bool) -> list[Any]:
    kept = [
        (pair[0], b"W/" + pair[1]) if named(pair, _ETAG) and pair[1].startswith(b'"') else pair
        for pair in pairs
        if not (bare and named(pair, *WRONG))
    ]
    if {b"accept-encoding", b"*"}.isdisjoint(listed(kept, _VARY)):
        kept.append((_VARY, b"accept-encoding"))
    return kept


def _mapped(asked: list[Any], coding: bool) -> list[Any]:  # noqa: FBT001  # private
    conditional = values(asked, b"if-range")
    spliced = coding and conditional and not conditional[0].startswith(b'"')
    return [
        (pair[0], b'W/"a", "a"') if named(pair, b"if-none-match") else pair
        for pair in asked
        if not (spliced and named(pair, b"range", b"if-range"))
    ]


async def _nothing() -> None:
    """Hold the message."""
