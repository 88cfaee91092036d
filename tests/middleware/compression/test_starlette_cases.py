"""Starlette's own cases for its GZip middleware, each played to both: equal, or a reason why not.

The cases are those of Starlette 1.10.  Each is one request of one app, and both middlewares are
run, so that both columns are facts.  The decoded body is always the app's.
"""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from starlette.middleware.gzip import GZipMiddleware, GZipResponder
from starlette.responses import FileResponse

from asgi_mw import compression, gzip
from asgi_mw.testing import request

if TYPE_CHECKING:
    from asgi_mw.testing import Result
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

Options: TypeAlias = dict[str, Any]

GUIDE = Path(__file__).parents[3] / "docs" / "compression.md"
TEXT = b"x" * 4000
PIECES = [b"x" * 400] * 10 + [b""]
NOISE = Random(4).randbytes(256 * 1024)
EVENTS = [b"data: first\n\n", b"", b"data: last\n\n"]


def whole(body: bytes, content_type: str = "text/plain", *own: str, status: int = 200) -> App:
    """Make an app that sends *body* at once, and says its length."""
    return sending([body], content_type, f"content-length: {len(body)}", *own, status=status)


def sending(
    pieces: list[bytes], content_type: str = "text/plain", *own: str, status: int = 200
) -> App:
    """Make an app that sends *pieces* one by one, with headers of its own as ``"a: b"``."""
    lines = [f"content-type: {content_type}", *own]
    pairs = [tuple(line.encode().split(b": ", 1)) for line in lines]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": status, "headers": list(pairs)}
        await send(start)
        for number, piece in enumerate(pieces, start=1):
            more = number < len(pieces)
            body = b"" if scope["method"] == "HEAD" else piece
            await send({"type": "http.response.body", "body": body, "more_body": more})

    return app


def told(result: Result) -> list[str]:
    """Say what a client got: status and size when decoded, then the headers of the coding."""
    coded = result.all("content-encoding") == [b"gzip"] and result.body
    body = zlib.decompress(result.body, zlib.MAX_WBITS | 16) if coded else result.body
    lines = [f"{result.status}, {len(body)} bytes"]
    lines += [f"content-encoding: {value.decode()}" for value in result.all("content-encoding")]
    for value in result.all("content-length"):
        assert int(value) == len(result.body) or not result.body
        lines.append("content-length: smaller" if coded else f"content-length: {value.decode()}")
    # The names in Vary are those of headers, so that their case means nothing
    lines += [f"vary: {value.decode().lower()}" for value in result.all("vary")]
    return lines + [
        f"{name}: {value.decode()}"
        for name in ("etag", "content-digest")
        for value in result.all(name)
    ]


@dataclass(frozen=True)
class Fact:
    """One request of one app, and what both middlewares make of its answer.

    Attributes:
        case: Name of Starlette's test, and which of its rows.
        app: What answers.
        starlette: What Starlette's middleware makes of it.
        ours: What ours makes of it; ``None`` where it is equal.
        why: The rows of the guide's table that give the reasons of a difference.
        accepts: The request's ``Accept-Encoding``; more lines of it after a line feed.
        theirs: The options of Starlette's middleware.
        options: The options of ours.
        method: Of the request.
    """

    case: str
    app: App
    starlette: list[str]
    ours: list[str] | None = None
    why: tuple[str, ...] = ()
    accepts: str = "gzip"
    theirs: Options = field(default_factory=dict)
    options: Options = field(default_factory=dict)
    method: str = "GET"


VARY = "vary: accept-encoding"
CODED = ["200, 4000 bytes", "content-encoding: gzip", "content-length: smaller", VARY]
STREAMED = ["200, 4000 bytes", "content-encoding: gzip", VARY]
PLAIN = ["200, 4000 bytes", "content-length: 4000", VARY]
ALONE = ["200, 4000 bytes"]

# The rows of the guide's table
STREAM_OF_EVENTS = "`text/event-stream`"
GROWS = "A body that would grow"
LENGTH = "One body message without `Content-Length`"
TYPES = "`exclude_content_types`"

JSON_ONLY = {"content_types": ["application/json"]}

FACTS = [
    Fact("responses", whole(TEXT), CODED),
    Fact("not_in_accept_encoding", whole(TEXT), PLAIN, accepts="identity"),
    Fact("ignored_for_small_responses", whole(b"OK"), ["200, 2 bytes", "content-length: 2"]),
    Fact("streaming_response", sending(PIECES), STREAMED),
    Fact(
        "compression_in_thread",
        whole(b"x" * 131_072),
        ["200, 131072 bytes", *CODED[1:]],
        theirs={"thread_minimum_size": 131_072},
    ),
    Fact(
        "streaming_compression_in_thread",
        sending([NOISE, b"tail"], "application/json"),
        ["200, 262148 bytes", "content-encoding: gzip", VARY],
        ["200, 262148 bytes", VARY],
        (GROWS,),
        theirs={"thread_minimum_size": len(NOISE)},
    ),
    Fact("streaming_response_identity", sending(PIECES), [*ALONE, VARY], accepts="identity"),
    Fact(
        "ignored_for_responses_with_encoding_set",
        sending(PIECES, "text/plain", "content-encoding: text"),
        [*ALONE, "content-encoding: text"],
        accepts="gzip, text",
    ),
    Fact(
        "ignored_on_server_sent_events",
        sending(PIECES, "text/event-stream"),
        ALONE,
        STREAMED,
        (STREAM_OF_EVENTS,),
    ),
    Fact(
        "streaming_response_emits_output_per_chunk",
        sending(EVENTS),
        ["200, 25 bytes", "content-encoding: gzip", VARY],
    ),
    *(
        Fact(f"default_exclude_content_types, {kind}", sending([TEXT], kind), ALONE)
        for kind in ("application/zip", "audio/mpeg", "font/woff2", "image/png", "video/mp4")
    ),
    Fact("compresses_svg_by_default", sending([TEXT], "image/svg+xml"), CODED, STREAMED, (LENGTH,)),
    Fact(
        "custom_exclude_content_types",
        sending([TEXT], "application/zip"),
        ALONE,
        theirs={"exclude_content_types": ("application/zip",)},
    ),
    Fact(
        "cleared_exclude_content_types",
        sending([TEXT], "text/event-stream"),
        CODED,
        STREAMED,
        (LENGTH, TYPES),
        theirs={"exclude_content_types": ()},
        options={"content_types": ["*/*"]},
    ),
    Fact(
        "exclude_content_types_for_identity_client",
        sending([TEXT], "application/zip"),
        ALONE,
        accepts="identity",
        theirs={"exclude_content_types": ("application/zip",)},
    ),
    Fact(
        "exclude_content_types_matching, header is normalized",
        sending([TEXT], "Text/Event-Stream; charset=utf-8"),
        ALONE,
        theirs={"exclude_content_types": ("text/event-stream",)},
        options=JSON_ONLY,
    ),
    Fact(
        "exclude_content_types_matching, configured value is normalized",
        sending([TEXT], "application/zip"),
        ALONE,
        theirs={"exclude_content_types": ("Application/ZIP; charset=utf-8",)},
    ),
    Fact(
        "exclude_content_types_matching, wildcard",
        sending([TEXT], "image/png"),
        ALONE,
        theirs={"exclude_content_types": ("image/*",)},
    ),
]

# What the cases of Starlette do not touch; each is a row of the guide's second table
BEYOND = [
    Fact("`gzip;q=0`, `notgzip`", whole(TEXT), CODED, PLAIN, accepts="gzip;q=0, notgzip"),
    Fact("`GZIP`, `*`, a second line", whole(TEXT), PLAIN, CODED, accepts="br;q=0.5\nGZIP;q=0.8"),
    Fact(
        "`HEAD`",
        whole(TEXT),
        ["200, 0 bytes", "content-length: 4000"],
        ["200, 0 bytes", VARY],
        method="HEAD",
    ),
    Fact(
        "a strong ETag",
        whole(TEXT, "text/plain", 'etag: "a"'),
        [*CODED, 'etag: "a"'],
        [*CODED, 'etag: W/"a"'],
    ),
    Fact(
        "`Vary: *`",
        whole(TEXT, "text/plain", "vary: *"),
        [*CODED[:3], "vary: *, accept-encoding"],
        [*CODED[:3], "vary: *"],
    ),
    Fact(
        "`Cache-Control: no-transform`",
        whole(TEXT, "text/plain", "cache-control: no-transform"),
        CODED,
        PLAIN[:2],
    ),
    Fact(
        "`Content-Digest`",
        whole(TEXT, "text/plain", "content-digest: sha-256=:x:"),
        [*CODED, "content-digest: sha-256=:x:"],
        CODED,
    ),
    Fact(
        "a status without content",
        sending([b"", b""], "text/plain", status=204),
        ["204, 0 bytes", "content-encoding: gzip", VARY],
        ["204, 0 bytes"],
    ),
]


async def ask(app: App, fact: Fact) -> Result:
    """Make the request of a fact."""
    lines = [(b"accept-encoding", line.encode()) for line in fact.accepts.split("\n")]
    return await request(app, fact.method, headers=lines)


@pytest.mark.parametrize("fact", FACTS + BEYOND, ids=lambda fact: fact.case)
async def test_a_case_of_starlettes(fact: Fact) -> None:
    """Both answer as the table says; where they differ, the guide says why."""
    theirs = await ask(GZipMiddleware(fact.app, **fact.theirs), fact)
    layer: Any = partial(compression, encodings=["gzip"]) if fact.options else gzip
    ours = await ask(layer(fact.app, **fact.options), fact)

    assert fact.starlette == told(theirs)
    assert (fact.ours or fact.starlette) == told(ours)


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
async def test_streaming_response_emits_output_per_chunk(middleware: Any) -> None:
    """What was sent can be decoded before the next is sent."""
    result = await request(middleware(sending(EVENTS)), headers={"accept-encoding": "gzip"})
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    bodies = [message["body"] for message in result.sent[1:]]

    assert EVENTS == [decoder.decompress(body) for body in bodies]
    assert decoder.eof


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
async def test_ignored_for_pathsend_responses(middleware: Any, tmp_path: Path) -> None:
    """The server reads the file; the start is as the app sent it."""
    path = tmp_path / "example.txt"
    path.write_bytes(TEXT)
    scope: Options = {"extensions": {"http.response.pathsend": {}}}
    headers = {"accept-encoding": "gzip, text"}
    app: Any = FileResponse(path)
    bare = await request(app, headers=headers, scope=scope)
    through = await request(middleware(app), headers=headers, scope=scope)

    assert ["http.response.start", "http.response.pathsend"] == [m["type"] for m in through.sent]
    assert bare.sent == through.sent


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
async def test_ignored_on_range_responses(middleware: Any, tmp_path: Path) -> None:
    """A part is a part of the body as it is."""
    path = tmp_path / "example.txt"
    path.write_bytes(TEXT)
    app: Any = FileResponse(path)
    headers = {"accept-encoding": "gzip", "range": "bytes=0-1999"}

    assert ["206, 2000 bytes", "content-length: 2000"] == told(
        await request(middleware(app), headers=headers)
    )[:2]


async def test_responder_normalizes_content_types() -> None:
    """Starlette's responder is a class of its own; here there is the layer alone."""
    app = sending([TEXT], "application/zip")
    responder = GZipResponder(app, 500, exclude_content_types=("Application/ZIP; charset=utf-8",))

    assert ALONE == told(await request(responder)) == told(await request(gzip(app)))


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
async def test_a_range_is_never_a_part_of_another_body(middleware: Any, tmp_path: Path) -> None:
    """`If-Range` with the ETag of a coded response: Starlette's middleware gives a plain part."""
    path = tmp_path / "example.txt"
    path.write_bytes(TEXT)
    app = middleware(FileResponse(path))
    accepting = {"accept-encoding": "gzip"}
    first = await request(app, headers=accepting)
    ranged = {"range": "bytes=10-", "if-range": (first.header("etag") or b"").decode()}
    again = await request(app, headers={**accepting, **ranged})

    assert [b"gzip"] == first.all("content-encoding")
    if middleware is gzip:
        assert (200, first.body) == (again.status, again.body)
    else:
        assert (206, TEXT[10:]) == (again.status, again.body)


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
async def test_messages_beside_the_body(middleware: Any) -> None:
    """Starlette's middleware passes on those that it knows."""
    others: list[Message] = [
        {"type": "http.response.push", "path": "/style.css", "headers": []},
        {"type": "http.response.debug", "info": {}},
    ]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for message in others:
            await send(message)
        await send({"type": "http.response.zerocopysend", "file": 3})

    result = await request(middleware(app), headers={"accept-encoding": "gzip"})
    bare = await request(app)

    assert (bare.sent if middleware is gzip else []) == result.sent


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
async def test_a_client_that_leaves(middleware: Any) -> None:
    """Here nothing more is compressed for it; what the app still sends goes on without a body."""

    async def stubborn(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        piece = NOISE.hex().encode()[:1000]
        for _ in range(4):
            with suppress(OSError):
                await send({"type": "http.response.body", "body": piece, "more_body": True})

    result = await request(
        middleware(stubborn), headers={"accept-encoding": "gzip"}, send_errors={3: OSError()}
    )
    sizes = [len(message["body"]) for message in result.sent[1:]]

    assert [True, True, middleware is GZipMiddleware, middleware is GZipMiddleware] == [
        bool(size) for size in sizes
    ]


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
@pytest.mark.parametrize(
    ("accepts", "headers", "theirs"),
    [
        ("identity", [(b"content-type", b"text/plain")], False),
        ("gzip", [(b"content-type", b"text/plain"), (b"x-accel-buffering", b"no")], False),
        ("gzip", [(b"content-type", b"text/event-stream")], True),
    ],
)
async def test_the_start_of_a_stream(
    middleware: Any, accepts: str, headers: list[tuple[bytes, bytes]], *, theirs: bool
) -> None:
    """Here it goes out where the headers tell enough."""
    sent: list[Message] = []
    seen: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*headers]})
        seen.append(bool(sent))
        await send({"type": "http.response.body", "body": TEXT})

    async def take(message: Message) -> None:
        sent.append(message)

    await request(middleware(app), headers={"accept-encoding": accepts}, on_send=take)

    assert [middleware is gzip or theirs] == seen


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
async def test_a_body_that_ends_before_its_declared_length(middleware: Any) -> None:
    """Here the server hears of no end."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        length = [(b"content-length", b"9999")]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": TEXT, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    result = await request(middleware(app), headers={"accept-encoding": "gzip"})

    assert result.header("content-encoding") == b"gzip"
    assert isinstance(result.raised, RuntimeError) == (middleware is gzip)
    assert bool(result.sent[-1].get("more_body")) == (middleware is gzip)


@pytest.mark.parametrize("middleware", [GZipMiddleware, gzip])
async def test_an_app_that_raises_between_its_start_and_its_body(middleware: Any) -> None:
    """Here its start is not lost."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    result = await request(middleware(app), headers={"accept-encoding": "gzip"})

    assert (200 if middleware is gzip else None) == result.status


def test_the_guide_gives_every_reason() -> None:
    """A row of its table for each, and no row for what is in no case."""
    assert {reason for fact in FACTS for reason in fact.why} == _rows("In Starlette's cases")
    more = {
        "`If-Range`",
        "`push`, `debug`, `zerocopysend`",
        "`thread_minimum_size`",
        "the start of a stream",
        "a body that ends before its declared length",
        "an app that raises between its start and its body",
        "a client that leaves",
    }
    assert {fact.case for fact in BEYOND} | more == _rows("Beyond its cases")


def _rows(heading: str) -> set[str]:
    table = GUIDE.read_text("utf-8").partition(f"| {heading} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| (.+?) \| ", table, re.MULTILINE))
