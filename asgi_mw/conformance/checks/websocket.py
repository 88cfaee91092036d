"""How the messages of a WebSocket pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.conformance import websocket as ws
from asgi_mw.conformance.check import FailedError, Table, expect
from asgi_mw.conformance.probe import pattern

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

WEBSOCKET = Table()
_RECEIVE = "www#receive-receive-event"
_SEND = "www#send-send-event"
_INVALID = (
    "If a server receives an invalid event dictionary, it should raise an exception out of the "
    "send awaitable back to the application."
)
_LARGE = 1_000_000


def _got(app: Puppet, number: int | None = None) -> Any:
    """The text or the bytes of a message."""
    message = app.received(number)
    if message["type"] != "websocket.receive":
        raise FailedError(f"receive returned {message}")
    text, data = message.get("text"), message.get("bytes")
    if (text is None) is (data is None):
        raise FailedError(f"text is {text!r}, and bytes {data!r}")
    return data if text is None else text


@WEBSOCKET.check(
    "websocket.text",
    "Text passes, in both directions",
    sentence="text: the message content, if it was text mode, or None.",
    source=_RECEIVE,
)
def text(kit: Kit) -> None:
    """As text, of one byte or many."""
    client, app = kit.socket()
    for said in ("héllo €", "x", "y" * 200):
        client.send(ws.TEXT, said.encode())
        expect("text to the app", said, _got(app))
        app.send("websocket.send", text=said)
        expect("text to the client", (ws.TEXT, said.encode()), client.message())


@WEBSOCKET.check(
    "websocket.bytes",
    "Bytes pass, in both directions",
    sentence="bytes: the message content, if it was binary mode, or None.",
    source=_RECEIVE,
)
def binary(kit: Kit) -> None:
    """As bytes, whatever is in them."""
    client, app = kit.socket()
    for said in (bytes(range(256)), b"text"):
        client.send(ws.BINARY, said)
        expect("bytes to the app", said, _got(app))
        app.send("websocket.send", bytes=said)
        expect("bytes to the client", (ws.BINARY, said), client.message())


@WEBSOCKET.check(
    "websocket.empty",
    "Messages can be empty, in both directions",
    sentence="Exactly one of bytes or text must be non-None. (What is empty is not None.)",
    source=_RECEIVE,
)
def empty(kit: Kit) -> None:
    """Text and bytes."""
    client, app = kit.socket()
    for opcode, said, keys in ((ws.TEXT, "", {"text": ""}), (ws.BINARY, b"", {"bytes": b""})):
        client.send(opcode)
        expect("what comes to the app", said, _got(app))
        app.send("websocket.send", **keys)
        app.send("websocket.send", text="next")
        expect("what comes to the client", (opcode, b""), client.message())
        client.message()


@WEBSOCKET.check(
    "websocket.send.none",
    "A key that is None is as one that is missing",
    sentence="Exactly one of bytes or text must be non-None. One or both keys may be present, "
    "however.",
    source=_SEND,
)
def send_none(kit: Kit) -> None:
    """In a message of the app's."""
    client, app = kit.socket()
    app.send("websocket.send", text="t", bytes=None)
    expect("text", (ws.TEXT, b"t"), client.message())
    app.send("websocket.send", bytes=b"b", text=None)
    expect("bytes", (ws.BINARY, b"b"), client.message())


@WEBSOCKET.check(
    "websocket.large",
    "A message of 1 MB passes, in both directions",
    sentence="bytes: the message content.",
    source=_RECEIVE,
)
def large(kit: Kit) -> None:
    """In one frame of the client's."""
    client, app = kit.socket()
    payload = pattern(_LARGE)
    client.http.write_meanwhile(ws.frame(ws.BINARY, payload))
    if _got(app) != payload:
        raise FailedError("other bytes came to the app")
    number = app.begin("send", message={"type": "websocket.send", "bytes": payload})
    if client.message() != (ws.BINARY, payload):
        raise FailedError("other bytes came to the client")
    app.outcome(number)


@WEBSOCKET.check(
    "websocket.fragments",
    "Fragments come to the app as one message",
    sentence="WebSocket protocol servers should handle message fragmentation themselves, and "
    "deliver complete messages to the application.",
    source="www#websocket",
    severity="should",
)
def fragments(kit: Kit) -> None:
    """Cut within a character, with a ping between them."""
    client, app = kit.socket()
    whole = "one € two".encode()
    client.send(ws.TEXT, whole[:5], final=False)
    client.send(ws.CONTINUATION, whole[5:6], final=False)
    client.send(ws.PING, b"between")
    client.send(ws.CONTINUATION, whole[6:])
    expect("text", "one € two", _got(app))


@WEBSOCKET.check(
    "websocket.ping",
    "A ping is answered by the server",
    sentence="WebSocket protocol servers should handle PING/PONG messages themselves.",
    source="www#websocket",
    severity="should",
)
def ping(kit: Kit) -> None:
    """The pong has its payload, and the app receives nothing of it."""
    client, app = kit.socket()
    number = app.receiving()
    client.send(ws.PING, b"are you there")
    answer = client.next()
    expect("pong", (ws.PONG, b"are you there"), answer and (answer.opcode, answer.payload))
    client.send(ws.TEXT, b"on")
    expect("text", "on", _got(app, number))


@WEBSOCKET.check(
    "websocket.order",
    "Messages come in order, none is lost while the app is busy",
    sentence="Receive: sent to the application when a data message is received from the client.",
    source=_RECEIVE,
)
def order(kit: Kit) -> None:
    """Messages of both kinds alternate."""
    client, app = kit.socket()
    for number in range(20):
        client.send(ws.TEXT if number % 2 else ws.BINARY, b"%d" % number)
    got = [_got(app) for _ in range(20)]
    expect("messages", [str(n) if n % 2 else b"%d" % n for n in range(20)], got)


@WEBSOCKET.check(
    "websocket.receive.cancelled",
    "A receive that is cancelled loses no message, and gives no false disconnect",
    sentence="Receive: sent to the application when a data message is received from the client.",
    source=_RECEIVE,
)
def cancelled_receive(kit: Kit) -> None:
    """The next ``receive`` gets what comes after the cancellation."""
    client, app = kit.socket()
    number = app.receiving()
    if (early := app.outcome(number, kit.clock.quiet)) is not None:
        raise FailedError(f"receive {early}, and the client sent nothing")
    outcome = app.cancel(number)
    if outcome is None or not outcome.cancelled:
        raise FailedError(f"receive was cancelled, and {outcome or 'did not return'}")
    client.send(ws.TEXT, b"first")
    client.send(ws.TEXT, b"second")
    got = [_got(app), _got(app)]
    expect("messages", ["first", "second"], got)


def _refused(kit: Kit, **keys: Any) -> str:
    _, app = kit.socket()
    outcome = app.sending(**keys)
    if outcome is None or not outcome.raised:
        raise FailedError(f"send of {keys} {outcome or 'waits'}")
    return f"send {outcome}"


@WEBSOCKET.check(
    "websocket.send.invalid",
    "A message of an unknown type is refused",
    sentence=_INVALID,
    source="asgi#error-handling",
    severity="should",
)
def send_invalid(kit: Kit) -> str:
    """By an exception from send."""
    return _refused(kit, kind="websocket.nonsense")


@WEBSOCKET.check(
    "websocket.send.neither",
    "A message without text and bytes is refused",
    sentence="Exactly one of bytes or text must be non-None. (An invalid event dictionary should "
    "raise an exception out of the send awaitable.)",
    source=_SEND,
    severity="should",
)
def send_neither(kit: Kit) -> str:
    """By an exception from send."""
    return _refused(kit, kind="websocket.send")


@WEBSOCKET.check(
    "websocket.not-utf-8",
    "Text that is no UTF-8 ends the connection",
    sentence="When an endpoint is to interpret a byte stream as UTF-8 but finds that it is not, "
    "that endpoint must fail the WebSocket connection.",
    source="rfc6455#section-8.1",
)
def not_utf8(kit: Kit) -> str:
    """The app receives the disconnect, and no such text."""
    client, app = kit.socket()
    client.send(ws.TEXT, b"caf\xe9 \xff")
    return _failed(client, app)


@WEBSOCKET.check(
    "websocket.unmasked",
    "A frame that is not masked ends the connection",
    sentence="The server must close the connection upon receiving a frame that is not masked.",
    source="rfc6455#section-5.1",
)
def unmasked(kit: Kit) -> str:
    """The app receives the disconnect, and no message."""
    client, app = kit.socket()
    client.send(ws.TEXT, b"hello", masked=False)
    return _failed(client, app)


def _failed(client: ws.WebSocket, app: Puppet) -> str:
    """What app and client receive on a connection that the server has to fail."""
    number = app.receiving()
    try:
        closed = client.closing()
    except FailedError:  # some servers wait for the app
        client.send(ws.PONG)
    else:
        code = "none" if closed is None else closed.code
        client.http.close()
        message = app.received(number)
        expect("type", "websocket.disconnect", message["type"])
        return f"the client gets close code {code}, and the app {message.get('code')}"
    message = app.received(number)
    expect("type", "websocket.disconnect", message["type"])
    app.finish()
    client.closing()
    return f"the connection ends as the app returns, which gets code {message.get('code')}"


@WEBSOCKET.check(
    "websocket.back-pressure",
    "How much a server takes for a client that does not read",
    sentence="Open: whether send waits for the client, or only until the data is in a buffer.",
    source="asgi#applications",
    severity="undecided",
)
def back_pressure(kit: Kit) -> str:
    """The app sends up to 64 MiB, in messages of 64 KiB."""
    client = ws.WebSocket(kit.connect(receive_buffer=4096))
    client.shake()
    app = kit.app("websocket")
    app.received()
    app.send("websocket.accept")
    client.shaken()
    payload = bytes(1 << 16)
    for number in range(1024):
        if app.sending("websocket.send", 1.0, bytes=payload) is None:
            return f"send waits after {number / 16:.1f} MiB"
    return "send never waits"
