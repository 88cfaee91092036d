"""What the layer leaves alone, what it says of the rest, and whose things it does not touch."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.errors import ConfigError
from asgi_mw.layers import stack
from asgi_mw.middleware.compression import compression, gzip, policy
from asgi_mw.testing import (
    HEADER_KINDS,
    SERVERS,
    lifespan,
    request,
    run,
    websocket,
)
from tests.middleware.compression.decoding import CODINGS, decoded

if TYPE_CHECKING:
    from asgi_mw.testing import Behaviour, Result
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

TEXT = b"something that is worth compressing, " * 100
JSON = (b"content-type", b"application/json")
VARY = (b"vary", b"Accept-Encoding")


def sends(*messages: Message) -> App:
    """An app that sends *messages*, which are the same objects for every request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


def start(*headers: tuple[bytes, bytes], status: Any = 200, **keys: Any) -> Message:
    """An ``http.response.start``."""
    return {"type": "http.response.start", "status": status, "headers": [*headers], **keys}


def body(payload: Any = TEXT, **keys: Any) -> Message:
    """An ``http.response.body``."""
    return {"type": "http.response.body", "body": payload, **keys}


async def ask(app: App, accepted: str | None = "gzip", method: str = "GET", **more: Any) -> Result:
    """Make one request."""
    headers = {} if accepted is None else {"accept-encoding": accepted}
    return await request(app, method, headers=headers, **more)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_a_body_is_coded_and_described(coding: str, behaviour: Behaviour) -> None:
    """On every server; the length is that of what is sent, and the ETag is weak."""
    length = (b"content-length", b"%d" % len(TEXT))
    app = sends(start(JSON, length, (b"etag", b'"a"'), (b"accept-ranges", b"bytes")), body())

    result = await ask(compression(app), coding, behaviour=behaviour)

    assert result.raised is None
    assert decoded(coding.encode(), result.body) == TEXT
    assert result.sent == [
        start(
            JSON,
            (b"etag", b'W/"a"'),
            VARY,
            (b"content-encoding", coding.encode()),
            (b"content-length", b"%d" % len(result.body)),
        ),
        body(result.body),
    ]


@pytest.mark.parametrize("accepted", [None, "", "gzip;q=0", "identity", "deflate"])
@pytest.mark.parametrize("declared", [True, False])
async def test_a_client_without_a_coding_hears_that_there_are_some(
    accepted: str | None, *, declared: bool
) -> None:
    """``Vary`` and a weak ETag, and all else as the app said it."""
    length = [(b"content-length", b"%d" % len(TEXT))] * declared
    app = sends(start(JSON, (b"etag", b'"a"'), (b"accept-ranges", b"bytes"), *length), body())

    result = await ask(compression(app), accepted)

    headers = [JSON, (b"etag", b'W/"a"'), (b"accept-ranges", b"bytes"), *length, VARY]
    assert result.sent == [start(*headers), body()]


ALONE: dict[str, list[Message]] = {
    "small": [start(JSON, (b"etag", b'"a"')), body(b"x" * 499)],
    "declared to be small": [
        start(JSON, (b"content-length", b"20")),
        body(b"x" * 10, more_body=True),
        body(b"x" * 10),
    ],
    "empty": [start(JSON), body(b"")],
    "without a body key": [start(JSON), {"type": "http.response.body"}],
    "204": [start(status=204), body(b"")],
    "205": [start(status=205), body(b"")],
    "103": [start(status=103), body(b"")],
    "206": [start(JSON, (b"content-range", b"bytes 0-3699/5000"), status=206), body()],
    "206 of several parts": [start((b"content-type", b"multipart/byteranges"), status=206), body()],
    "416": [start(JSON, (b"content-range", b"bytes */5000"), status=416), body()],
    "coded": [start(JSON, (b"content-encoding", b"br"), (b"etag", b'"a"')), body()],
    "said to be identity": [start(JSON, (b"Content-Encoding", b"identity")), body()],
    "no-transform": [start(JSON, (b"cache-control", b"public, No-Transform")), body()],
    "an image": [start((b"content-type", b"image/png"), (b"etag", b'"a"')), body()],
    "a zip": [start((b"content-type", b"application/zip")), body()],
    "grpc": [start((b"content-type", b"application/grpc+proto")), body()],
    "pathsend": [
        start(JSON, (b"content-length", b"3700"), (b"etag", b'"a"')),
        {"type": "http.response.pathsend", "path": "/file"},
    ],
    "zerocopysend": [
        start(JSON, (b"etag", b'"a"')),
        {"type": "http.response.early_hint", "links": [b"</a>"]},
        {"type": "http.response.zerocopysend", "file": io.BytesIO(b"x"), "more_body": True},
        body(TEXT),
    ],
    "a status that is none": [start(JSON, status="200"), body()],
    "headers that are none": [{"type": "http.response.start", "status": 200, "headers": 5}, body()],
    "a pair that is none": [start(JSON, (b"a", b"b", b"c")), body()],  # type: ignore[arg-type]  # the fault
    "a length that is none": [start(JSON, (b"content-length", b"+3700")), body()],
    "a length that is endless": [start(JSON, (b"content-length", b"9" * 5000)), body()],
    "two lengths": [start(JSON, *[(b"content-length", b"3700")] * 2), body()],
    "a body that is none": [start(JSON), body("text")],
    "a body that is null": [start(JSON), body(None)],
}


# What only the body would tell, and the length is not declared
OF_THE_BODY = {
    "small", "empty", "without a body key", "zerocopysend", "a body that is none",
    "a body that is null",
}  # fmt: skip
OFFERED: dict[str, Any] = {"http.response.pathsend": {}, "http.response.zerocopysend": {}}


@pytest.mark.parametrize(
    ("name", "accepted"),
    [(name, "gzip, br, zstd") for name in ALONE]
    + [(name, None) for name in ALONE if name not in OF_THE_BODY],
)
async def test_what_cannot_gain_is_left_alone(name: str, accepted: str | None) -> None:
    """Start, body and order, to the byte."""
    messages = ALONE[name]
    app = compression(sends(*messages))
    result = await ask(app, accepted, scope={"extensions": OFFERED})

    assert result.sent == messages


@pytest.mark.parametrize("name", sorted(OF_THE_BODY))
async def test_the_start_waits_for_no_body_where_nothing_is_coded(name: str) -> None:
    """To a client that accepts no coding it says that there are some, whatever comes behind it."""
    first, *others = ALONE[name]
    tags = [(b"etag", b'W/"a"')] if (b"etag", b'"a"') in first["headers"] else []
    seen: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(first)
        seen.extend(sent)
        for message in others:
            await send(message)

    sent: list[Message] = []

    async def take(message: Message) -> None:
        sent.append(message)

    result = await ask(compression(app), None, scope={"extensions": OFFERED}, on_send=take)

    assert seen == [start(JSON, *tags, VARY)]
    assert result.sent == [*seen, *others]


async def test_a_body_that_would_grow_is_sent_as_it_was() -> None:
    """It could have been compressed, so caches hear of it."""
    noise = random.Random(1).randbytes(512)
    app = sends(start((b"content-length", b"512")), body(noise))

    result = await ask(compression(app), "zstd")
    tiny = await ask(compression(sends(start(), body(b"x")), minimum_size=0))

    assert result.sent == [start((b"content-length", b"512"), VARY), body(noise)]
    assert tiny.sent == [start(VARY), body(b"x")]


@pytest.mark.parametrize(
    ("own", "seen"),
    [
        ([], [b"Accept-Encoding"]),
        ([b"origin"], [b"origin", b"Accept-Encoding"]),
        ([b"Accept-Encoding"], [b"Accept-Encoding"]),
        ([b"cookie, ACCEPT-ENCODING"], [b"cookie, ACCEPT-ENCODING"]),
        ([b"*"], [b"*"]),
        ([b"origin", b"*"], [b"origin", b"*"]),
    ],
)
@pytest.mark.parametrize("accepted", ["gzip", None])
async def test_vary_is_said_once(own: list[bytes], seen: list[bytes], accepted: str | None) -> None:
    """Beside what the app says; ``*`` says it all."""
    app = compression(sends(start(*[(b"vary", value) for value in own]), body()))

    assert (await ask(app, accepted)).all("vary") == seen


async def test_no_digest_is_left_that_is_wrong() -> None:
    """Neither before the body nor behind it; uncoded, they are right."""
    digests = [(name, b"x") for name in (b"Content-Digest", b"digest", b"repr-digest")]
    trailers = {"type": "http.response.trailers", "headers": [*digests, (b"x-sum", b"1")]}
    app = compression(sends(start(*digests, trailers=True), body(), trailers))

    coded, plain = await ask(app), await ask(app, None)

    assert coded.sent == [
        start(VARY, (b"content-encoding", b"gzip"), trailers=True),
        body(coded.body),
        {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]},
    ]
    assert plain.sent == [start(*digests, VARY, trailers=True), body(), trailers]


async def test_a_length_does_not_end_a_response_that_has_trailers() -> None:
    """RFC 9112 6.3: with one, nothing would follow."""
    declared = (b"content-length", b"%d" % len(TEXT))
    trailers = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}
    result = await ask(compression(sends(start(declared, trailers=True), body(), trailers)))

    assert result.header("content-length") is None
    assert result.trailers == [(b"x-sum", b"1")]


async def test_all_other_messages_pass_in_their_order() -> None:
    """Those before the start at once, those before the body behind the start."""
    debug = {"type": "http.response.debug", "info": {}}
    hint = {"type": "http.response.early_hint", "links": [b"</a>"]}
    push = {"type": "http.response.push", "path": "/a", "headers": []}
    other = {"type": "x.unknown"}
    said = [debug, start(), hint, push, body(TEXT, more_body=True), other, hint, body(TEXT), other]

    result = await ask(compression(sends(*said)))

    others = [one for one in result.sent if one["type"] != "http.response.body"]
    assert others == [
        debug,
        start(VARY, (b"content-encoding", b"gzip")),
        hint,
        push,
        other,
        hint,
        other,
    ]
    assert [one["type"] for one in result.sent] == [one["type"] for one in said]
    assert decoded(b"gzip", result.body) == TEXT * 2


async def test_an_app_without_a_body_is_for_the_server_to_judge() -> None:
    """Its start reaches the server when the app has returned."""
    hint = {"type": "http.response.early_hint", "links": [b"</a>"]}

    result = await ask(compression(sends(start(JSON), hint)))

    assert result.sent == [start(JSON), hint]


@pytest.mark.parametrize("kind", [b"text/plain", b"text/event-stream", b"image/png"])
@pytest.mark.parametrize("accepted", ["gzip", None])
async def test_an_app_that_fails_before_its_body_has_sent_its_start(
    kind: bytes, accepted: str | None
) -> None:
    """As without the layer, so that whoever is outside knows the status; the error is the same."""
    error = ValueError("no body")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start((b"content-type", kind), status=201))
        raise error

    result = await ask(compression(app), accepted)

    assert [message["type"] for message in result.sent] == ["http.response.start"]
    assert (result.status, result.raised) == (201, error)


async def test_a_client_that_left_does_not_hide_what_the_app_raised() -> None:
    """The start that was held reaches nobody; the app's own exception matters more."""
    error = ValueError("mine")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        raise error

    result = await ask(compression(app), send_errors={1: BrokenPipeError()})

    assert result.raised is error
    assert error.__context__ is None


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("coding", CODINGS)
async def test_a_body_may_be_any_bytes(make: Any, coding: str) -> None:
    """Whole and streamed; odd views among them."""
    odd = memoryview(TEXT * 2)[::2]
    app = sends(start(), body(make(TEXT), more_body=True), body(odd, more_body=True), body(b""))
    streamed = await ask(compression(app), coding)
    whole = await ask(compression(sends(start(), body(make(TEXT)))), coding)
    wide = memoryview(TEXT).cast("I")
    viewed = await ask(compression(sends(start(), body(wide))), coding)

    assert decoded(coding.encode(), streamed.body) == TEXT + bytes(odd)
    assert decoded(coding.encode(), whole.body) == TEXT
    assert decoded(coding.encode(), viewed.body) == TEXT


@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_headers_may_be_any_iterable(kind: str) -> None:
    """On the way in and out; nobody's iterator is used up."""
    seen: list[tuple[bytes, bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(tuple(pair) for pair in scope["headers"])
        await send({**start(), "headers": HEADER_KINDS[kind]([JSON])})
        await send(body())

    pairs = HEADER_KINDS[kind]([(b"Accept-Encoding", b"GZIP")])
    result = await request(compression(app), scope={"headers": pairs})

    assert seen == [(b"Accept-Encoding", b"GZIP")]
    assert result.header("content-encoding") == b"gzip"
    assert decoded(b"gzip", result.body) == TEXT


async def test_a_shared_response_is_the_same_the_next_time() -> None:
    """Neither messages nor their headers are changed."""
    first, second = start(JSON, (b"etag", b'"a"'), (b"content-length", b"3700")), body()
    app = compression(sends(first, second))

    answers = [await ask(app, accepted) for accepted in ("gzip", "gzip", None, "gzip")]

    assert [one.header("content-encoding") for one in answers] == [b"gzip", b"gzip", None, b"gzip"]
    assert answers[0].sent == answers[1].sent == answers[3].sent
    assert first == start(JSON, (b"etag", b'"a"'), (b"content-length", b"3700"))
    assert second == body()


async def test_the_scope_is_the_servers() -> None:
    """It is handed on as it is, or copied where a condition is mapped."""
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await send(start(status=304))
        await send(body(b""))

    plain = await ask(compression(app))
    asked = await request(compression(app), headers={"if-none-match": 'W/"a"'})

    assert scopes[0] is plain.scope
    assert scopes[1] is not asked.scope
    assert asked.mutated() == []
    assert dict(scopes[1]["headers"])[b"if-none-match"] == b'W/"a", "a"'


@pytest.mark.parametrize("accepted", ["gzip", None])
async def test_head_is_what_get_is_without_the_body(accepted: str | None) -> None:
    """With a body or none from the app, a length or none; a small one is left alone."""
    length = (b"content-length", b"3700")
    digest = (b"content-digest", b"x")
    headers = [JSON, (b"etag", b'"a"'), digest, length]
    bare = [JSON, (b"etag", b'W/"a"'), VARY]
    full = [JSON, (b"etag", b'W/"a"'), digest, length, VARY]
    for payload in (TEXT, b""):
        head = await ask(compression(sends(start(*headers), body(payload))), accepted, "HEAD")
        # not the whole at once, or some servers make a length of it
        parts = [body(payload)]
        if accepted and payload:
            parts = [body(payload, more_body=True), body(b"", more_body=False)]
        assert head.sent == [start(*(bare if accepted else full)), *parts]
    undeclared = await ask(compression(sends(start(JSON), body(b""))), accepted, "HEAD")
    assert undeclared.sent == [start(JSON, VARY), body(b"")]
    for small in (
        [start(JSON, (b"content-length", b"20")), body(b"")],
        [start((b"content-type", b"image/png"), length), body(b"")],
        *([[start(JSON), body(b"x" * 20)]] if accepted else []),
    ):
        assert (await ask(compression(sends(*small)), accepted, "HEAD")).sent == small


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        ([], True),
        ([(b"content-length", b"3700")], True),
        ([JSON], True),
        ([(b"content-type", b"image/png")], False),
        ([(b"cache-control", b"no-transform")], False),
        ([(b"content-length", b"20")], False),
    ],
)
async def test_304_says_what_200_would(
    headers: list[tuple[bytes, bytes]], *, changes: bool
) -> None:
    """RFC 9110 15.4.5; where a coding would be sent the length is not known."""
    app = compression(sends(start((b"etag", b'"a"'), *headers, status=304), body(b"")))
    result = await ask(app)
    kept = [pair for pair in headers if pair[0] != b"content-length"]
    after = [(b"etag", b'W/"a"'), *kept, VARY] if changes else [(b"etag", b'"a"'), *headers]

    assert result.sent == [start(*after, status=304), body(b"")]


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ([], True),
        ([b'W/"a"'], True),
        ([b'"b", W/"a"'], True),
        ([b'"b"', b'W/"a"'], True),
        ([b"*"], True),
        ([b'"a"'], False),
        ([b'"b"', b'"a"'], False),
    ],
)
@pytest.mark.parametrize("accepted", ["gzip", "identity"])
async def test_304_to_a_strong_tag_is_left_alone(
    given: list[bytes], accepted: str, *, changes: bool
) -> None:
    """What could be coded never got one; of an image 304 may say nothing but the tag."""
    app = compression(sends(start((b"etag", b'"a"'), status=304), body(b"")))
    headers = [(b"accept-encoding", accepted.encode())]
    headers += [(b"if-none-match", value) for value in given]
    result = await request(app, headers=headers)
    after = [(b"etag", b'W/"a"'), VARY] if changes else [(b"etag", b'"a"')]

    assert result.sent == [start(*after, status=304), body(b"")]


async def test_other_connections_pass_untouched() -> None:
    """WebSocket, lifespan, CONNECT, and what is skipped."""
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(send)
        if scope["type"] == "http":
            await send(start())
            await send(body())

    layered = compression(app, skip=["/raw"])
    headers = {"accept-encoding": "gzip"}
    connect = await request(layered, "CONNECT", headers=headers)
    skipped = await request(layered, "GET", "/raw", headers=headers)
    await websocket(layered)
    await lifespan(layered)

    assert connect.sent == skipped.sent == [start(), body()]
    assert len(seen) == 4


async def test_gzip_is_the_same_with_one_coding() -> None:
    """It chooses nothing else."""
    app = gzip(sends(start(), body()), minimum_size=10, level=1)
    result = await ask(app, "br, zstd, gzip;q=0.1")

    assert decoded(b"gzip", result.body) == TEXT
    assert (await ask(app, "br, zstd")).header("content-encoding") is None


async def test_a_coding_whose_library_is_missing_is_not_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next one is sent; with none left there is nothing that the layer could do."""
    missing = {"zstd", "br"}
    monkeypatch.setattr(policy, "library", lambda name: None if name in missing else "there")
    app = sends(start(), body())

    assert (await ask(compression(app), "*")).header("content-encoding") == b"gzip"
    with pytest.raises(ConfigError, match="holds no coding that is installed"):
        compression(app, encodings=["br"])


def test_two_of_them_are_the_same_layer_twice() -> None:
    """``gzip`` and ``compression`` count as one."""
    with pytest.raises(ConfigError, match="the same layer stands in the stack twice"):
        stack(sends(), compression, gzip)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"encodings": "gzip"}, "encodings='gzip': a list of codings is meant"),
        ({"encodings": []}, "encodings=[]: is empty"),
        ({"encodings": ["deflate"]}, "encodings='deflate': is no coding of this layer"),
        ({"encodings": ["gzip", "gzip"]}, "encodings='gzip': is named twice"),
        ({"minimum_size": -1}, "minimum_size=-1: is out of range"),
        ({"minimum_size": 1.5}, "minimum_size=1.5: is no whole number; write 1"),
        ({"minimum_size": "1"}, "minimum_size='1': is no number"),
        ({"level": 0}, "level=0: is no level of zstd; write 1 to 19"),
        ({"level": {"gzip": 10}}, "level=10: is no level of gzip; write 1 to 9"),
        ({"level": {"deflate": 1}}, "'deflate' is no coding that is offered"),
        ({"level": True}, "level=True: is no level of zstd"),
        ({"level": "fast"}, "level='fast': is no level of zstd"),
        ({"content_types": "text/*"}, "content_types='text/*': a list of content types is meant"),
        ({"content_types": ["text"]}, "content_types='text': is no content type"),
        ({"content_types": ["a/b/c"]}, "content_types='a/b/c': is no content type"),
        ({"content_types": ["te xt/html"]}, "content_types='te xt/html': is no content type"),
        ({"content_types": ["téxt/html"]}, "content_types='téxt/html': is no content type"),
        ({"content_types": ["*/json"]}, "content_types='*/json': is no content type"),
        ({"content_types": ["te*/*"]}, "content_types='te*/*': is no content type"),
        ({"content_types": ["+js on"]}, "content_types='+js on': is no content type"),
        ({"content_types": ["! text/html"]}, "content_types='! text/html': is no content type"),
        ({"content_types": ["!!text/html"]}, "content_types='!!text/html': is no content type"),
        ({"content_types": ["!"]}, "content_types='!': is no content type"),
        ({"content_types": ["-text/html"]}, "content_types='-text/html': is no content type"),
        ({"content_types": ["text/#html"]}, "content_types='text/#html': is no content type"),
        ({"content_types": ["+.json"]}, "content_types='+.json': is no content type"),
        (
            {"content_types": ["text/csv", "!Text/CSV"]},
            "content_types='!Text/CSV': both 'text/csv' and '!text/csv' are listed",
        ),
        ({"bulk": ["!text/csv"]}, "bulk=['!text/csv']: leaves something out of nothing"),
        ({"content_types": [7]}, "content_types=7: is no content type"),
        ({"content_types": 7}, "content_types=7: is no list of content types"),
        ({"bulk": ["text/csv; charset=utf-8"]}, "bulk='text/csv; charset=utf-8': is no content"),
        ({"pad": 1.5}, "pad=1.5: is no whole number; write 1"),
        ({"pad": 256}, "pad=256: is out of range; write at least 0 and at most 255"),
        ({"skip": "/health"}, "skip='/health': a list of paths is meant"),
    ],
)
def test_a_mistake_is_said_at_once(options: dict[str, Any], said: str) -> None:
    """With the option, its value and the mend."""
    with pytest.raises(ConfigError) as caught:
        compression(sends(), **options)

    assert said in str(caught.value)


def test_all_mistakes_are_said_together() -> None:
    """Not one by one."""
    with pytest.raises(ConfigError) as caught:
        compression(sends(), encodings=["x"], pad=-1, minimum_size=-1)

    assert [one.option for one in caught.value.problems] == ["encodings", "minimum_size", "pad"]


def test_a_predicate_that_fails_skips_nothing() -> None:
    """The user's fault is counted, and the app goes on."""
    app = compression(sends(start(), body()), skip=lambda scope: scope["no such key"])

    assert run(ask(app)).header("content-encoding") == b"gzip"
