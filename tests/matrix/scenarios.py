"""What a client does with an app of the matrix, and what it should get, whoever serves it."""

from __future__ import annotations

import gzip
import json
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.matrix.clients import PATIENCE, CutError, HangError
from tests.matrix.clients.sockets import WebSocket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.matrix.clients import Client, Pairs, Stream

Facts: TypeAlias = dict[str, Any]
Drive: TypeAlias = "Callable[[Client, str, float], Facts]"
UPLOAD = b"0123456789abcde\n" * 12_500  # 200,000 bytes, which compress well
CLOSE = 4001
# A part that a server holds back comes with the rest: this is how long the client waits for it
_HELD_BACK = 1.0
# How long to wait for a server that is known to say nothing
_BORED = 2.0
_PLAIN: Pairs = [(b"accept-encoding", b"identity")]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that clients do.

    Attributes:
        title: As in the docs.
        drive: Does it, under the name of the scenario, with so many seconds of patience for the
            head of the response; gives what the client saw.
        expects: The part of that which holds if all goes well.
    """

    title: str
    drive: Drive
    expects: Facts


def drive(
    connect: Callable[[], Client], hangs: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Facts]]:
    """Do all but the last, one after the other; yield the name of each and what the client saw."""
    for name, scenario in SCENARIOS.items():
        patience = _BORED if name in hangs else PATIENCE
        try:
            with closing(connect()) as client:
                yield name, scenario.drive(client, name, patience)
        except CutError as error:
            yield name, {"end": "cut", "why": str(error)}
        except HangError:
            yield name, {"end": "hangs"}


def misses(name: str, facts: Facts) -> dict[str, Any]:
    """The facts that are not as expected, with the value that was found."""
    scenario = (SCENARIOS | LAST).get(name)
    expected = {} if scenario is None else scenario.expects  # a helper has nothing to show
    return {key: facts.get(key) for key, value in expected.items() if facts.get(key) != value}


def _get(path: str) -> Drive:
    def ask(client: Client, name: str, patience: float) -> Facts:
        return _reply(client.ask("GET", _target(path, name), _PLAIN), patience)

    return ask


def _post(headers: Pairs) -> Drive:
    def upload(client: Client, name: str, patience: float) -> Facts:
        length = (b"content-length", b"%d" % len(UPLOAD))
        headers_sent = [*headers, length, (b"content-type", b"text/plain")]
        stream = client.ask("POST", _target("/echo", name), headers_sent, more=True)
        quarter = len(UPLOAD) // 4
        for begin in range(0, len(UPLOAD), quarter):
            stream.write(UPLOAD[begin : begin + quarter], ends=begin + quarter >= len(UPLOAD))
        facts = _reply(stream, patience)
        body = facts.pop("text").encode("latin-1")
        if ("content-encoding", "gzip") in _lowered(facts["headers"]):
            with suppress(OSError, EOFError):
                body = gzip.decompress(body)
        return {**facts, "body": "as sent" if body == UPLOAD else f"{len(body)} bytes"}

    return upload


def _events(client: Client, name: str, patience: float) -> Facts:
    """Read the first of two events, then make the app send the other."""
    stream = client.ask("GET", _target("/events", name), _PLAIN)
    status, headers = stream.head(patience)
    got, at_once = b"", True
    try:
        while b"\n\n" not in got and (data := stream.read(_HELD_BACK)):
            got += data
    except HangError:
        at_once = False
    at_once = at_once and got == b"data: ready\n\n"
    _publish(client, name)
    facts = _rest(stream, status, headers, got)
    return {**facts, "at once": at_once}


def _poll(client: Client, name: str, patience: float) -> Facts:
    """Wait for what is published meanwhile."""
    stream = client.ask("GET", _target("/poll", name), _PLAIN)
    _publish(client, name)
    return _reply(stream, patience)


def _publish(client: Client, name: str) -> None:
    news = json.dumps({name: "news"}).encode()
    headers = [(b"content-length", b"%d" % len(news)), (b"content-type", b"application/json")]
    stream = client.ask("POST", _target("/publish", f"{name}-publish"), headers, more=True)
    stream.write(news)
    _reply(stream, PATIENCE)


def _leave(client: Client, name: str, patience: float) -> Facts:
    """Go in the middle of the response."""
    stream = client.ask("GET", _target("/long", name), _PLAIN)
    status, headers = stream.head(patience)
    stream.read()
    stream.leave()
    return {"status": status, "headers": _text(headers)}


def _talk(client: Client, name: str, patience: float) -> Facts:
    """Say something twice, and close."""
    with _socket(client, "/talk", name, patience) as (socket, facts):
        if socket.accepted:
            for message in ("one", b"two"):
                socket.send(message)
                facts["messages"].append(_shown(socket.receive()))
            socket.close(CLOSE, "enough")
            facts["code"] = _code(socket)
    return facts


def _bye(client: Client, name: str, patience: float) -> Facts:
    """Be closed by the app."""
    with _socket(client, "/talk", name, patience) as (socket, facts):
        if socket.accepted:
            socket.send("bye")
            facts["code"] = _code(socket)
    return facts


def _refused(client: Client, name: str, patience: float) -> Facts:
    with _socket(client, "/refuse", name, patience) as (socket, facts):
        if socket.accepted:
            facts["code"] = _code(socket)
    return facts


def _vanish(client: Client, name: str, patience: float) -> Facts:
    """Say something, and go without a word."""
    with _socket(client, "/talk", name, patience) as (socket, facts):
        if socket.accepted:
            socket.send("one")
            facts["messages"].append(_shown(socket.receive()))
    return facts


class _socket:  # noqa: N801  # a context manager, used as a function
    """A WebSocket, and what is known of it; its stream ends with the block."""

    def __init__(self, client: Client, path: str, name: str, patience: float) -> None:
        self._stream, self._answers = client.dial(_target(path, name)), client.answers
        self._patience = patience

    def __enter__(self) -> tuple[WebSocket, Facts]:
        socket = WebSocket(self._stream, answers=self._answers, patience=self._patience)
        facts: Facts = {"status": socket.status, "headers": _text(socket.headers), "messages": []}
        facts["accepted"] = socket.accepted
        return socket, facts

    def __exit__(self, *_: object) -> None:
        self._stream.leave()


def _code(socket: WebSocket) -> object:
    return _shown(socket.receive())


def _shown(message: str | bytes | int | None) -> object:
    if isinstance(message, int):  # an enumeration of wsproto's
        return int(message)
    return message.decode("latin-1") if isinstance(message, bytes) else message


def hold(client: Client, name: str, hangs: frozenset[str] = frozenset()) -> Callable[[], Facts]:
    """Open a stream that goes on; return a function that reads its rest while the server stops."""
    patience = _BORED if name in hangs else PATIENCE
    stream = client.ask("GET", _target("/hold", name), _PLAIN)
    try:
        status, headers = stream.head(patience)
        stream.read()
    except CutError as error:
        facts = {"end": "cut", "why": str(error)}
        return lambda: facts
    except HangError:
        return lambda: {"end": "hangs"}

    def rest() -> Facts:
        facts = _rest(stream, status, headers, b"", patience)
        # How far it came is a matter of time
        return {key: value for key, value in facts.items() if key not in {"body", "text"}}

    return rest


def _target(path: str, name: str) -> str:
    return f"{path}?case={name}"


def _reply(stream: Stream, patience: float) -> Facts:
    status, headers = stream.head(patience)
    return _rest(stream, status, headers, b"")


def _rest(
    stream: Stream, status: int, headers: Pairs, got: bytes, patience: float = PATIENCE
) -> Facts:
    end = "whole"
    try:
        while data := stream.read(patience):
            got += data
    except CutError:
        end = "cut"
    except HangError:
        end = "hangs"
    stream.leave()
    facts: Facts = {"status": status, "headers": _text(headers), "end": end}
    facts["text"] = got.decode("latin-1")
    with suppress(ValueError):
        facts["body"] = json.loads(got)
    return facts


def _lowered(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers]


def _text(headers: Pairs) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _ok(**facts: object) -> Facts:
    return {"status": 200, "end": "whole", **facts}


SCENARIOS: dict[str, Scenario] = {
    "json": Scenario("JSON", _get("/users/ann"), _ok(body={"name": "ann"})),
    "background": Scenario("background task", _get("/background"), _ok(body={"later": True})),
    "vanish": Scenario("WebSocket, vanished", _vanish, {"accepted": True, "messages": ["one"]}),
    "upload": Scenario("POST upload", _post(_PLAIN), _ok(body="as sent")),
    "compressed": Scenario(
        "POST upload, compressed response",
        _post([(b"accept-encoding", b"gzip")]),
        _ok(body="as sent"),
    ),
    "stream": Scenario("streaming", _get("/stream"), _ok(text="part 0\npart 1\npart 2\n")),
    "events": Scenario(
        "SSE",
        _events,
        _ok(text="data: ready\n\ndata: news\n\n", **{"at once": True}),
    ),
    "poll": Scenario("long polling", _poll, _ok(body={"heard": "news"})),
    "state": Scenario("lifespan with state", _get("/state"), _ok(body={"state": "started"})),
    "mounted": Scenario("mounted app", _get("/mounted/items/7"), _ok(body={"item": "7"})),
    "handled": Scenario("handled error", _get("/handled"), {"status": 409, "end": "whole"}),
    "unhandled": Scenario("unhandled error", _get("/fail"), {"status": 500, "end": "whole"}),
    "unknown": Scenario("unknown path", _get("/nowhere"), {"status": 404, "end": "whole"}),
    "talk": Scenario(
        "WebSocket echo, closed by the client",
        _talk,
        {"accepted": True, "messages": ["one", "two"], "code": CLOSE},
    ),
    "bye": Scenario("WebSocket closed by the app", _bye, {"accepted": True, "code": 4000}),
    "refused": Scenario("WebSocket refused", _refused, {"status": 403, "accepted": False}),
    "leave": Scenario("client disconnect", _leave, {"status": 200}),
}
"""In the order in which they are driven: what goes on behind a response comes early, and the client
that leaves late, for there are servers that never let go of a thread that sends to nobody."""
LAST = {"hold": Scenario("shutdown with an open stream", lambda *_: {}, {"status": 200})}
