"""Whatever an app sends, the client gets it: decoded, framed, flushed, and described rightly."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from asgi_mw.middleware.compression import compression
from asgi_mw.testing import SERVERS, request, run
from tests.middleware.compression.decoding import Decoder, decoded
from tests.tried import tried

if TYPE_CHECKING:
    from asgi_mw.testing import Behaviour, Result
    from asgi_mw.types import Message, Receive, Scope, Send

ACCEPTED = [
    None, b"", b"gzip", b"br", b"zstd", b"gzip, deflate, br, zstd", b"*", b"x-gzip", b"identity",
    b"gzip;q=0", b"br;q=0.5, gzip;q=0.4", b"*;q=0", b"gzip;q=nan", b"ZSTD;q=0.001",
]  # fmt: skip
_JSON = b'{"id": 1, "name": "one of many", "tags": ["a", "b"]}, '
_RANDOM = random.Random(7).randbytes(300_000)
_TYPES = [
    None,
    b"text/plain; charset=utf-8",
    b"application/json",
    b"image/png",
    b"text/event-stream",
]
_OTHERS = [
    (b"etag", b'"strong"'),
    (b"etag", b'W/"weak"'),
    (b"vary", b"origin"),
    (b"vary", b"Accept-Encoding, cookie"),
    (b"vary", b"*"),
    (b"cache-control", b"public, no-transform"),
    (b"content-encoding", b"aws-chunked"),
    (b"content-digest", b"sha-256=:AAAA:"),
    (b"digest", b"sha-256=AAAA"),
    (b"accept-ranges", b"bytes"),
    (b"content-range", b"bytes 0-1/5"),
    (b"X-Other", b"\xff"),
    (b"set-cookie", b"a=1"),
    (b"set-cookie", b"b=2"),
]
_LEFT_ALONE = {b"content-encoding", b"content-range"}
_WRONG = {b"content-digest", b"digest", b"accept-ranges", b"content-length"}
_BETWEEN: list[Message] = [
    {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]},
    {"type": "http.response.push", "path": "/a.css", "headers": []},
    {"type": "x.unknown", "anything": [1]},
]
_SEEN = {"http.response.body", "http.response.trailers"}
_LAYERS: list[dict[str, Any]] = [
    {},
    {"minimum_size": 0},
    {"minimum_size": 0, "pad": 40},
    {"bulk": ["*/*"], "level": {"gzip": 9, "br": 1}},
    {"encodings": ["gzip", "br"], "content_types": ["text/*"]},
]


@dataclass(frozen=True)
class Program:
    """What an app sends to whom, through which layer."""

    method: str
    accepted: bytes | None
    messages: list[Message] = field(repr=False)  # too long to be read
    body: bytes = field(repr=False)
    declared: bool
    options: dict[str, Any]
    server: Behaviour

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  # so it is called
        printer.text(repr(self))


def _shown(messages: list[Message]) -> str:
    return "\n".join(
        str({key: _short(value) for key, value in message.items()}) for message in messages
    )


def _short(value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{type(value).__name__} of {len(value)}: {bytes(value[:20])!r}"
    return value


def _chunk(kind: int, size: int) -> bytes:
    if kind == 0:
        return (_JSON * (size // len(_JSON) + 1))[:size]
    return _RANDOM[kind : kind + size]


_SIZES = st.one_of(
    st.integers(0, 80), st.integers(300, 3000), st.sampled_from([65_536, 65_537, 150_000, 290_000])
)
_CHUNKS = st.lists(
    st.builds(_chunk, st.sampled_from([0, 0, 0, 1, 5]), _SIZES), min_size=1, max_size=5
).filter(lambda chunks: sum(map(len, chunks)) < 400_000)
_FORMS = st.sampled_from([bytes, bytes, bytearray, memoryview])


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Any legal response."""
    chunks = draw(_CHUNKS)
    body = b"".join(chunks)
    headers = draw(st.lists(st.sampled_from(_OTHERS), max_size=3, unique=True))
    if (content_type := draw(st.sampled_from(_TYPES))) is not None:
        headers.append((b"Content-Type", content_type))
    declared = draw(st.booleans())
    if declared:
        headers.append((b"content-length", b"%d" % len(body)))
    start: Message = {"type": "http.response.start", "headers": headers}
    start["status"] = draw(st.sampled_from([200, 200, 200, 200, 201, 404, 500, 206]))
    trailers = draw(st.booleans())
    if trailers:
        start["trailers"] = True
    messages = [start]
    for number, chunk in enumerate(chunks, 1):
        messages += draw(st.lists(st.sampled_from(_BETWEEN), max_size=1))
        message: Message = {"type": "http.response.body", "body": draw(_FORMS)(chunk)}
        if number < len(chunks):
            message["more_body"] = True
        elif draw(st.booleans()):
            message["more_body"] = False
        messages.append(message)
    if trailers:
        pairs = [(b"x-sum", b"1"), (b"content-digest", b"sha-256=:AAAA:")]
        messages.append({"type": "http.response.trailers", "headers": pairs})
    return Program(
        draw(st.sampled_from(["GET", "GET", "GET", "POST", "HEAD"])),
        draw(st.sampled_from(ACCEPTED)),
        messages,
        body,
        declared,
        draw(st.sampled_from(_LAYERS)),
        draw(st.sampled_from(SERVERS)),
    )


def check(program: Program) -> None:
    """Play *program* and judge all that reached the client."""
    before = copy.deepcopy([_frozen(message) for message in program.messages])
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        known = b""
        for message in program.messages:
            await send(message)
            if message["type"] == "http.response.body":
                known += message["body"]
                _check_flushed(program, sent, known)

    async def take(message: Message) -> None:
        sent.append(message)

    headers = [] if program.accepted is None else [(b"accept-encoding", program.accepted)]
    layered = compression(app, **program.options)
    # Servers refuse messages that they do not know
    server = replace(program.server, invalid_send=None)
    result = run(request(layered, program.method, headers=headers, behaviour=server, on_send=take))
    note(f"{_shown(program.messages)}\nwas sent as\n{_shown(sent)}")
    assert result.raised is None
    assert before == [_frozen(message) for message in program.messages]
    _check_order(program, result)
    _check_body(program, result)
    _check_headers(program, result)


def _frozen(message: Message) -> dict[str, Any]:
    return {
        key: bytes(value) if key == "body" else copy.copy(value) for key, value in message.items()
    }


def _coding(headers: list[tuple[bytes, bytes]]) -> bytes | None:
    named = [value for name, value in headers if name == b"content-encoding"]
    return named[-1] if named and named[-1] != b"aws-chunked" else None


def _check_flushed(program: Program, sent: list[Message], known: bytes) -> None:
    """What the app sent can be decoded before it sends more, if nobody knows how long it gets."""
    if program.declared or program.method == "HEAD" or "bulk" in program.options:
        return
    decoder = Decoder(_coding(sent[0]["headers"]))
    for message in sent:
        decoder.feed(bytes(message.get("body", b"")))
    assert known == decoder.plain


def _check_order(program: Program, result: Result) -> None:
    """One start, everything that is no body in its order, and one end."""
    kinds = [message["type"] for message in result.sent]
    bodies = [m for m in result.sent if m["type"] == "http.response.body"]
    others = [m for m in program.messages[1:] if m["type"] not in _SEEN]
    assert kinds[0] == "http.response.start"
    assert kinds.count("http.response.start") == 1
    assert others == [m for m in result.sent[1:] if m["type"] not in _SEEN]
    assert [bool(m.get("more_body")) for m in bodies] == [True] * (len(bodies) - 1) + [False]
    assert program.messages[0]["status"] == result.status
    assert program.messages[0].get("trailers") == result.sent[0].get("trailers")


def _check_body(program: Program, result: Result) -> None:
    coding = _coding(result.headers)
    if program.method == "HEAD":
        assert coding is None
        assert program.body == result.body
        return
    assert program.body == decoded(coding, result.body)
    lengths = result.all("content-length")
    assert lengths in ([], [b"%d" % len(result.body)])
    if coding is None:
        assert lengths == [b"%d" % len(program.body)] * program.declared
    else:
        assert program.accepted is not None
        assert coding in program.accepted.lower() or b"*" in program.accepted


def _check_headers(program: Program, result: Result) -> None:
    headers: list[tuple[bytes, bytes]] = program.messages[0]["headers"]
    names = {name.lower() for name, _ in headers}
    directives = [value for name, value in headers if name == b"cache-control"]
    could = not (directives or names & _LEFT_ALONE or result.status == 206)
    varies = b", ".join(result.all("vary")).lower()
    coded = _coding(result.headers) is not None
    trailers = [m for m in result.sent if m["type"] == "http.response.trailers"]
    if not could:
        assert not coded
        assert headers == result.headers
    if headers == result.headers:
        assert not coded
        assert trailers == [m for m in program.messages if m["type"] == "http.response.trailers"]
        return
    assert b"*" in varies or varies.count(b"accept-encoding") == 1
    assert all(value.startswith(b"W/") for value in result.all("etag"))
    left = [pair for pair in headers if pair[0] not in {b"vary", b"etag"} | _WRONG]
    assert left == [pair for pair in result.headers if pair in left]
    if coded:
        assert not {b"content-digest", b"digest", b"accept-ranges"} & {n for n, _ in result.headers}
        assert all(message["headers"] == [(b"x-sum", b"1")] for message in trailers)


@pytest.mark.slow
@tried(2000)
@given(programs())
def test_any_response_reaches_any_client_whole(program: Program) -> None:
    """Decoded, it is what the app sent; and all that is said about it is true."""
    check(program)
