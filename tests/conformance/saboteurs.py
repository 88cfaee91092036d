"""Servers that do one thing wrong each: the probe, behind a layer that breaks what uvicorn did.

``tests.conformance.saboteurs:name`` is such an app; each breaks the checks in ``BREAKS``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from asgi_mw.conformance.probe import app as probe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.types import App, Message, Receive, Scope, Send

    Change = Callable[[Message], Message | None]

BREAKS: dict[str, tuple[str, ...]] = {}
"""The checks that each makes fail, by its name."""
_apps: dict[str, App] = {}


def __getattr__(name: str) -> App:
    """Give the app that a server asks for."""
    try:
        return _apps[name]
    except KeyError:
        raise AttributeError(name) from None


def breaks(*checks: str) -> Callable[[App], App]:
    """Name a saboteur by its function."""

    def add(app: App) -> App:
        name = getattr(app, "__name__", "")
        BREAKS[name] = checks
        _apps[name] = app
        return app

    return add


def scope_with(*checks: str, **keys: Any) -> Callable[[str], None]:
    """A saboteur that changes keys of each scope: to a value, or by a function of the old one."""

    def add(name: str) -> None:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "lifespan":
                changed = {
                    key: change(scope.get(key)) if callable(change) else change
                    for key, change in keys.items()
                }
                scope = {**scope, **changed}
            await probe(scope, receive, send)

        wrong.__name__ = name
        breaks(*checks)(wrong)

    return add


scope_with("scope.method", method=str.lower)("lower_method")
scope_with("scope.http_version", http_version="1.1")("always_1_1")
scope_with("scope.scheme", scheme="https")("always_https")
scope_with("scope.path", "scope.path.encoded-slash", path="/a%20b")("encoded_path")
scope_with("scope.raw_path", raw_path=lambda raw: (raw or b"").lower() + b"?")("other_raw_path")
scope_with("scope.query_string", query_string=b"a= b")("decoded_query")
scope_with("scope.root_path", root_path="/mounted")("mounted")
scope_with("scope.client", "rules.http", client=("127.0.0.1", "1"))("port_as_text")
scope_with("scope.server", server=("kit.test", 80))("host_as_server")
scope_with(
    "scope.headers.lower-case",
    headers=lambda pairs: [(name.upper(), value) for name, value in pairs],
)("upper_case")
scope_with("scope.headers.duplicates", headers=lambda pairs: [*dict(pairs).items()])(
    "no_duplicates"
)
scope_with(
    "scope.headers.bytes",
    headers=lambda pairs: [(name, value.replace(b"\xe9", b"?")) for name, value in pairs],
)("ascii_headers")
scope_with(
    "scope.headers.whitespace",
    headers=lambda pairs: [(name, value + b" ") for name, value in pairs],
)("blanks")
scope_with("handshake.scope", subprotocols=["chat"])("one_subprotocol")
scope_with("extension.debug", extensions={"http.response.debug": {}})("debugging")
scope_with(
    "extension.pathsend",
    "extension.zerocopysend",
    "extension.early_hint",
    "extension.trailers",
    extensions={
        f"http.response.{name}": {}
        for name in ("pathsend", "zerocopysend", "early_hint", "trailers")
    },
)("boaster")

scope_with(
    "http2.scope",
    "http2.host-first",
    "rules.http2",
    headers=lambda pairs: [(b":authority", b"kit.test"), *pairs],
)("pseudo")

_kept: dict[str, Any] = {}


@breaks("scope.own", "lifespan.state")
async def sharing(scope: Scope, receive: Receive, send: Send) -> None:
    """One scope for all requests, and their state that of the lifespan."""
    if scope["type"] != "lifespan":
        scope["state"] = _kept.setdefault("state", scope["state"])
        _kept.setdefault("scope", scope)
        scope = {**_kept["scope"], **scope}
        _kept["scope"] = scope
    await probe(scope, receive, send)


def receiving(*checks: str, kind: str = "", spec_version: str = "") -> Callable[[Any], Any]:
    """A saboteur whose ``receive`` is wrong: a function of that, the scope and a note book."""

    def add(wrong: Callable[[Receive, Scope, dict[str, Any]], Awaitable[Message]]) -> Any:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            book: dict[str, Any] = {"ended": False}

            async def receive_wrongly() -> Message:
                return await wrong(receive, scope, book)

            async def sent(message: Message) -> None:
                await send(message)
                book["ended"] = message["type"].endswith("body") and not message.get("more_body")

            here = scope["type"].startswith(kind or ("http", "websocket"))
            if here and spec_version:
                scope = {**scope, "asgi": {**scope["asgi"], "spec_version": spec_version}}
            await probe(scope, receive_wrongly if here else receive, sent)

        app.__name__ = wrong.__name__
        return breaks(*checks)(app)

    return add


async def _for_ever() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


@receiving(
    "disconnect.waiting",
    "disconnect.reset",
    "disconnect.late",
    "disconnect.mid-body",
    "disconnect.mid-response",
    "disconnect.after-response",
    "receive.cancelled.disconnect",
    "closing.code",
    "closing.no-code",
    "closing.lost",
    "closing.by-app.disconnect",
    "handshake.closed.disconnect",
    "handshake.left",
    "http2.reset",
    "http2.left",
)
async def deaf(receive: Receive, scope: Scope, book: dict[str, Any]) -> Message:
    """No disconnect."""
    message = await receive()
    return await _for_ever() if message["type"].endswith(".disconnect") else message


@receiving("disconnect.not-while-there", "body.after-end", kind="http")
async def hasty(receive: Receive, scope: Scope, book: dict[str, Any]) -> Message:
    """A disconnect behind the body, with the body once more at the end of the response."""
    if book["ended"]:
        return {"type": "http.request", "body": b"once more", "more_body": False}
    if book.get("whole"):
        if scope["method"] == "POST":
            return {"type": "http.request", "body": b"once more", "more_body": False}
        return {"type": "http.disconnect"}
    message = await receive()
    book["whole"] = not message.get("more_body")
    return message


@receiving(
    "receive.cancelled", "receive.polled", "websocket.receive.cancelled", "http2.not-while-there"
)
async def liar(receive: Receive, scope: Scope, book: dict[str, Any]) -> Message:
    """A disconnect for a receive that is cancelled."""
    try:
        return await receive()
    except asyncio.CancelledError:
        return {"type": f"{scope['type']}.disconnect", "code": 1006}


@receiving("receive.cancelled.body")
async def forgetful(receive: Receive, scope: Scope, book: dict[str, Any]) -> Message:
    """A receive that is cancelled loses what comes next."""
    if book.pop("lost", False):
        await receive()
    try:
        return await receive()
    except asyncio.CancelledError:
        book["lost"] = True
        raise


@receiving(
    "body.none",
    "body.length",
    "body.chunked",
    "body.large",
    "body.more",
    "body.expect-continue",
    "http2.streams",
    kind="http",
)
async def muddled(receive: Receive, scope: Scope, book: dict[str, Any]) -> Message:
    """Each body has a byte more, and is whole at once."""
    message = await receive()
    if message["type"] == "http.request":
        return {**message, "body": message.get("body", b"") + b"!", "more_body": False}
    return message


@receiving(
    "websocket.text",
    "websocket.bytes",
    "websocket.empty",
    "websocket.large",
    "websocket.fragments",
    "websocket.ping",
    "websocket.order",
    "websocket.not-utf-8",
    "websocket.unmasked",
    "closing.reason",
    "rules.websocket",
    kind="websocket",
    spec_version="2.5",
)
async def mangled(receive: Receive, scope: Scope, book: dict[str, Any]) -> Message:
    """Text with a letter more, bytes as a bytearray, and text in place of what ended it."""
    message = await receive()
    if message["type"] == "websocket.receive":
        if message.get("text") is not None:
            return {**message, "text": message["text"] + "!"}
        return {"type": "websocket.receive", "bytes": message["bytes"] + b"!", "text": None}
    if message["type"] == "websocket.disconnect":
        if message["code"] in {1002, 1006, 1007} and not book.get("said"):
            book["said"] = True
            return {"type": "websocket.receive", "text": "something"}
        return {"type": "websocket.disconnect", "code": str(message["code"]), "reason": "other"}
    return message


def sending(*checks: str, spec_version: str = "") -> Callable[[Any], Any]:
    """A saboteur whose ``send`` is wrong: a function of that, a message and a note book."""

    def add(wrong: Callable[[Send, Message, dict[str, Any]], Awaitable[None]]) -> Any:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            book: dict[str, Any] = {"gone": False, "scope": scope}

            async def received() -> Message:
                message = await receive()
                book["gone"] |= message["type"].endswith(".disconnect")
                return message

            async def send_wrongly(message: Message) -> None:
                await wrong(send, message, book)

            if scope["type"] == "lifespan":
                await probe(scope, receive, send)
                return
            if spec_version:
                scope = {**scope, "asgi": {**scope["asgi"], "spec_version": spec_version}}
            await probe(scope, received, send_wrongly)

        app.__name__ = wrong.__name__
        return breaks(*checks)(app)

    return add


@sending("http.start", "http.start.lists", "handshake.headers", "handshake.subprotocol")
async def bare(send: Send, message: Message, book: dict[str, Any]) -> None:
    """No headers but the length."""
    if "headers" in message or message["type"] == "websocket.accept":
        pairs = [(n, v) for n, v in message.get("headers", ()) if n == b"content-length"]
        message = {**message, "headers": pairs, "subprotocol": None}
    await send(message)


@sending("http.start.no-headers", "http.body.missing", "invalid.extra-keys", "websocket.send.none")
async def strict(send: Send, message: Message, book: dict[str, Any]) -> None:
    """Every key has to be there, and no other, and none may be None."""
    needs = {"http.response.start": {"status", "headers"}, "http.response.body": {"body"}}
    if not needs.get(message["type"], set()) <= message.keys() or None in message.values():
        raise KeyError(message["type"])
    if "kit" in message:
        raise TypeError("kit")
    await send(message)


@sending("http.body.flushed", "websocket.empty", "disconnect.mid-response")
async def hoarder(send: Send, message: Message, book: dict[str, Any]) -> None:
    """Parts are kept until the last; what comes behind that goes out."""
    kept = book.setdefault("kept", [])
    if message["type"] == "http.response.body" and message.get("more_body"):
        kept.append(message.get("body", b""))
    elif message["type"] == "http.response.body" and not book.get("over"):
        await send({**message, "body": b"".join(kept) + message.get("body", b"")})
        book["over"] = True
    elif message.get("text") != "" and message.get("bytes") != b"":
        await send(message)


@sending("http.body.parts", "http.body.large", "http2.large", "closing.by-app")
async def careless(send: Send, message: Message, book: dict[str, Any]) -> None:
    """Only the first part is sent as it is."""
    if message["type"] == "http.response.body":
        if book.get("begun"):
            message = {**message, "body": b"?"}
        else:
            message = {
                **message,
                "body": message.get("body", b"").replace(b"00000008", b"12345678"),
            }
        book["begun"] = True
    if message["type"] == "websocket.close":
        message = {"type": "websocket.close", "code": 3000}
    await send(message)


@sending(
    "invalid.unknown-type",
    "invalid.missing-key",
    "invalid.no-type",
    "invalid.header-type",
    "invalid.status-type",
    "invalid.body-type",
    "websocket.send.invalid",
    "websocket.send.neither",
)
async def swallower(send: Send, message: Message, book: dict[str, Any]) -> None:
    """No send raises."""
    try:
        await send(message)
    except Exception:  # noqa: BLE001  # whatever uvicorn raises
        return


@sending("gone.send-raises", "closing.send-after-left", spec_version="2.5")
async def modern(send: Send, message: Message, book: dict[str, Any]) -> None:
    """It claims the newest version, and raises nothing."""
    if not book["gone"]:
        await send(message)


@sending("gone.send-ends", "http2.send-ends")
async def stuck(send: Send, message: Message, book: dict[str, Any]) -> None:
    """A send to nobody waits, and so does the fifth to anybody."""
    book["sent"] = book.get("sent", 0) + 1
    if book["gone"] or book["sent"] > 4:
        await _for_ever()
    await send(message)


@sending("gone.error-caught")
async def complaining(send: Send, message: Message, book: dict[str, Any]) -> None:
    """Its own error is logged."""
    if book["gone"]:
        raise BrokenPipeError("nobody there")
    await send(message)


@sending("handshake.closed", "extension.denial", "extension.denial.parts")
async def polite(send: Send, message: Message, book: dict[str, Any]) -> None:
    """A handshake is never refused."""
    if message["type"].startswith(("websocket.close", "websocket.http")):
        if not book.get("answered"):
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1008})
        message = {"type": "websocket.nothing"}
    book["answered"] = True
    if message["type"] != "websocket.nothing":
        await send(message)


@breaks("handshake.waits", "handshake.raises")
async def quick(scope: Scope, receive: Receive, send: Send) -> None:
    """A handshake is completed at once."""
    if scope["type"] != "websocket":
        await probe(scope, receive, send)
        return
    first = await receive()
    await send({"type": "websocket.accept"})

    async def again() -> Message:
        return await receive() if scope.pop("given", None) else first

    async def later(message: Message) -> None:
        if message["type"] != "websocket.accept":
            await send(message)

    await probe(scope, again, later)


@breaks(
    "fault.raises-before-start",
    "fault.raises-after-start",
    "fault.raises-in-body",
    "closing.raises",
    "closing.returns",
    "http2.raises",
)
async def forgiving(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that raises or returns is as one that went on to a good end, or that never ends."""
    state = {"started": False}

    async def noting(message: Message) -> None:
        state["started"] |= message["type"].endswith((".start", ".accept"))
        await send(message)

    try:
        await probe(scope, receive, noting)
    except Exception:
        if scope["type"] != "http":
            raise
        if not state["started"]:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 9, "more_body": False})
        return
    finally:
        if scope["type"] == "websocket" and state["started"]:
            await asyncio.sleep(3600)


@breaks("fault.goes-on")
async def fragile(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that raises takes the server with it."""
    import os  # noqa: PLC0415  # only here

    try:
        await probe(scope, receive, send)
    except Exception:  # noqa: BLE001  # whatever it is
        os._exit(7)


def _lifespan(*checks: str) -> Callable[[App], App]:
    return breaks(*checks)


@_lifespan("lifespan.startup")
async def impatient(scope: Scope, receive: Receive, send: Send) -> None:
    """The startup counts as complete before the app says so."""
    if scope["type"] != "lifespan":
        await probe(scope, receive, send)
        return
    messages = [await receive()]
    await send({"type": "lifespan.startup.complete"})

    async def first() -> Message:
        return messages.pop() if messages else await receive()

    async def rest(message: Message) -> None:
        if message["type"] != "lifespan.startup.complete":
            await send(message)

    await probe(scope, first, rest)


@_lifespan("lifespan.unsupported", "lifespan.startup.raises")
async def demanding(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that raises in its lifespan does not start."""
    try:
        await probe(scope, receive, send)
    except Exception:
        if scope["type"] != "lifespan":
            raise
        await send({"type": "lifespan.startup.failed", "message": "not supported"})


@_lifespan(
    "lifespan.startup.failed",
    "lifespan.startup.failed.said",
    "lifespan.startup.failed.cleanup",
    "lifespan.shutdown.failed",
    "rules.lifespan",
)
async def optimistic(scope: Scope, receive: Receive, send: Send) -> None:
    """A phase that failed counts as complete; the state is not empty."""

    async def complete(message: Message) -> None:
        if message["type"].endswith(".failed"):
            message = {"type": message["type"].replace("failed", "complete")}
        await send(message)

    if scope["type"] == "lifespan":
        scope = {**scope, "state": {"filled": True}}
    await probe(scope, receive, complete if scope["type"] == "lifespan" else send)


@_lifespan("lifespan.shutdown", "lifespan.shutdown.after-requests")
async def abrupt(scope: Scope, receive: Receive, send: Send) -> None:
    """The shutdown is sent as the signal comes, and nobody waits for it."""
    if scope["type"] != "lifespan":
        await probe(scope, receive, send)
        return
    import signal  # noqa: PLC0415  # only here

    stopped = asyncio.Event()
    given = {"startup": False}

    async def early() -> Message:
        if given["startup"]:
            await stopped.wait()
            return {"type": "lifespan.shutdown"}
        given["startup"] = True
        message = await receive()
        before = signal.getsignal(signal.SIGTERM)

        def stop(*arguments: Any) -> None:
            loop.call_soon_threadsafe(stopped.set)
            if callable(before):
                before(*arguments)

        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGTERM, stop)
        return message

    task = asyncio.ensure_future(probe(scope, early, send))
    await stopped.wait()
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
    task.cancel()
