"""The app reads what the client meant; what cannot be taken is answered for it."""

from __future__ import annotations

import asyncio
import gzip
import sys
import threading
import zlib
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_mw.codings import streaming, whole
from asgi_mw.errors import ConfigError
from asgi_mw.layers import layer, stack
from asgi_mw.middleware.access_log import access_log
from asgi_mw.middleware.compression import compression
from asgi_mw.middleware.cors import cors
from asgi_mw.middleware.decompression import decompression
from asgi_mw.middleware.decompression.body import Body
from asgi_mw.testing import (
    HEADER_KINDS,
    SERVERS,
    Wire,
    after,
    before,
    http_scope,
    lifespan,
    play,
    request,
    run,
    websocket,
)
from tests.system import PATIENCE

if TYPE_CHECKING:
    from asgi_mw.testing import Behaviour, Result
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

brotli: Any = import_module("brotli")
zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

PLAIN = b"The quick brown fox jumps over the lazy dog. " * 50
CODED = {
    "gzip": ("gzip", gzip.compress(PLAIN)),
    "x-gzip": ("X-GZip", gzip.compress(PLAIN)),
    "br": ("br", brotli.compress(PLAIN)),
    "zstd": ("zstd", zstd.compress(PLAIN)),
    "deflate": ("deflate", zlib.compress(PLAIN)),
    "bare deflate": ("deflate", zlib.compress(PLAIN, wbits=-15)),
    "chain": ("deflate, identity , gzip", gzip.compress(zlib.compress(PLAIN))),
    "three": ("br,zstd,gzip", gzip.compress(zstd.compress(brotli.compress(PLAIN)))),
}
GONE: Message = {"type": "http.disconnect"}
REFUSED = {
    413: ("gzip", gzip.compress(bytes(2_000_000)), b"the decoded body is too large"),
    415: ("compress", b"x", b"the content coding of the body is not supported"),
    400: ("gzip", b"no gzip", b"the body is no gzip"),
}
each_refusal = pytest.mark.parametrize("status", REFUSED)


class Reader:
    """An app that reads its whole body and says it back; keeps what it saw."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.received: list[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, then answer."""
        self.scopes.append(scope)
        more = True
        while more:
            message = await receive()
            self.received.append(message)
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.body})

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join(message.get("body", b"") for message in self.received)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Those that the app was called with."""
        return list(self.scopes[0]["headers"])


def chunks(body: bytes, size: int) -> list[bytes]:
    """*body* in pieces."""
    return [body[at : at + size] for at in range(0, len(body), size)] or [b""]


async def post(app: App, coding: str, body: Any, **options: Any) -> Result:
    """Send a body of that coding; its length is announced if it comes in one piece."""
    headers = [(b"host", b"a"), (b"content-encoding", coding.encode())]
    if isinstance(body, bytes):
        headers.append((b"content-length", b"%d" % len(body)))
    return await request(app, "POST", "/", headers=headers, body=body, **options)


@pytest.mark.parametrize(("coding", "body"), CODED.values(), ids=CODED)
@pytest.mark.parametrize("size", [1, 100, None])
async def test_the_app_reads_the_decoded_body(coding: str, body: bytes, size: int | None) -> None:
    """Of any coding, in any pieces, without the header that names it."""
    reader = Reader()
    result = await post(decompression(reader), coding, chunks(body, size) if size else body)

    assert (200, PLAIN) == (result.status, result.body)
    assert [(b"host", b"a")] == [pair for pair in reader.headers if pair[0] != b"content-length"]
    assert not result.mutated()


@pytest.mark.parametrize("options", [{}, {"buffer": 65_536}], ids=["all", "small ones"])
async def test_the_length_of_a_small_body_is_true(options: dict[str, Any]) -> None:
    """It is read before the app is called, and comes in one message."""
    reader = Reader()
    await post(decompression(reader, **options), "gzip", gzip.compress(PLAIN))

    assert [(b"host", b"a"), (b"content-length", b"%d" % len(PLAIN))] == reader.headers
    assert [{"type": "http.request", "body": PLAIN, "more_body": False}] == reader.received


@pytest.mark.parametrize(
    "extra",
    [
        [],
        [(b"content-length", b"700")],
        [(b"content-length", b"700"), (b"content-length", b"7")],
        [(b"content-length", b"700"), (b"expect", b"100-continue")],
    ],
    ids=["none", "one", "two", "asked first"],
)
@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1_000_000])
async def test_the_length_of_every_body_is_true(size: int, extra: Any) -> None:
    """Whatever was said of the coded one: who reads by it loses nothing."""
    reader = Reader()
    plain = bytes(range(250)) * 4000
    headers = [(b"content-encoding", b"gzip"), *extra]
    coded = gzip.compress(plain[:size])
    layered = decompression(reader, max_ratio=1000)
    await request(layered, "POST", headers=headers, body=chunks(coded, 100))

    lengths = [value for name, value in reader.headers if name == b"content-length"]
    assert [b"%d" % size] == lengths
    assert plain[:size] == reader.body


async def test_what_comes_in_crumbs_is_handed_on_in_large_pieces() -> None:
    """A message takes more memory than a byte."""
    reader = Reader()
    coded = streaming("gzip", small=True)()
    crumbs = [coded.feed(b"%d" % (number % 10), flush=True) for number in range(500)]
    await post(decompression(reader), "gzip", [*crumbs, coded.finish()])

    assert [(500, False)] == [(len(one["body"]), one["more_body"]) for one in reader.received]


@pytest.mark.parametrize(
    ("plain", "extra"),
    [
        (bytes(range(256)) * 300, ()),
        (PLAIN, ((b"expect", b"100-continue"),)),
        (PLAIN, ((b"content-length", b"7"),)),
    ],
    ids=["larger decoded", "wants to be asked", "two lengths"],
)
async def test_otherwise_no_length_is_told(plain: bytes, extra: Any) -> None:
    """With a buffer; what was read meanwhile is not lost."""
    reader = Reader()
    body = gzip.compress(plain)
    length = (b"content-length", b"%d" % len(body))
    headers = [(b"content-encoding", b"gzip"), length, *extra]
    layered = decompression(reader, buffer=65_536)
    await request(layered, "POST", headers=headers, body=chunks(body, 100))

    assert [pair for pair in extra if pair[0] == b"expect"] == reader.headers
    assert plain == reader.body


async def test_a_client_that_wants_to_be_asked_is_asked_by_the_app() -> None:
    """With a buffer: an app that does not want the body never receives."""

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body"})

    headers = {"content-encoding": "gzip", "content-length": "30", "expect": "100-continue"}
    layered = decompression(refusing, buffer=65_536)
    result = await request(layered, "POST", headers=headers, body=b"x")

    assert (401, []) == (result.status, result.received)


async def test_digests_of_the_coded_bytes_do_not_stay() -> None:
    """They would be wrong of what the app reads (RFC 9530)."""
    reader = Reader()
    headers = {
        "content-encoding": "gzip",
        "content-digest": "sha-256=:x:",
        "repr-digest": "sha-256=:x:",
        "digest": "x",
        "content-md5": "x",
        "content-type": "text/plain",
    }
    await request(
        decompression(reader, buffer=0), "POST", headers=headers, body=gzip.compress(PLAIN)
    )

    assert [(b"content-type", b"text/plain")] == reader.headers


@pytest.mark.parametrize(
    ("buffer", "length"), [(None, [(b"content-length", b"5000000")]), (65_536, [])]
)
async def test_a_large_body_comes_in_bounded_messages(
    buffer: int | None, length: list[tuple[bytes, bytes]]
) -> None:
    """Of 64 KiB at most, however well it was coded."""
    reader = Reader()
    layered = decompression(reader, max_ratio=2000, buffer=buffer)
    result = await post(layered, "gzip", gzip.compress(bytes(5_000_000)))

    assert (200, 5_000_000) == (result.status, len(result.body))
    assert 65_536 == max(len(message["body"]) for message in reader.received)
    assert [(b"host", b"a"), *length] == reader.headers


@each_refusal
@pytest.mark.parametrize("pieces", [False, True], ids=["whole", "in pieces"])
@pytest.mark.parametrize("buffer", [None, 0], ids=["read ahead", "streamed"])
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_what_cannot_be_taken_is_answered(
    status: int, behaviour: Behaviour, buffer: int | None, *, pieces: bool
) -> None:
    """The app is not called; if it runs, it sees a client that left, and sends into nowhere."""
    coding, body, text = REFUSED[status]
    reader = Reader()
    layered = decompression(reader, max_size=1_000_000, max_ratio=10_000, buffer=buffer)
    given: Any = chunks(body, 500) if pieces else body
    result = await post(layered, coding, given, behaviour=behaviour)
    accepts = [(b"accept-encoding", b"zstd, br, gzip, deflate")] if status == 415 else []

    assert [
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(text)),
                *accepts,
            ],
        },
        {"type": "http.response.body", "body": text},
    ] == result.sent
    called = status != 415 and buffer == 0
    assert [GONE] * called == reader.received[-1:]
    assert result.raised is None


@pytest.mark.parametrize("error", [ValueError(), ExceptionGroup("", [KeyError()]), OSError()])
async def test_what_the_app_raises_over_a_refusal_is_no_error(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The client is there and has its answer; who looks for it finds it in the log."""

    async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()) != GONE:
            pass
        raise error

    caplog.set_level("DEBUG", "asgi_mw")
    result = await post(decompression(crashing, buffer=0), "gzip", [b"no gzip"])

    assert (400, None) == (result.status, result.raised)
    [record] = [one for one in caplog.records if one.name == "asgi_mw"]
    assert record.levelname == "DEBUG"
    assert record.exc_info is not None
    assert error is record.exc_info[1]


async def test_what_the_app_raises_once_it_began_is_its_own() -> None:
    """The response is cut, and the server has to know."""
    error = ValueError()

    async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive()) != GONE:
            pass
        raise error

    result = await post(decompression(crashing, buffer=0), "gzip", [b"no gzip"])

    assert (200, error) == (result.status, result.raised)


CLOSE = (b"connection", b"close")
RESTS: dict[str, tuple[Any, list[tuple[bytes, bytes]], str, int, bool]] = {
    "short": ([b"x" * 1000] * 9, [], "1.1", 10, False),
    "at the limit": ([b"x" * 1024] * 256, [], "1.1", 257, False),
    "over the limit": ([b"x" * 1024] * 400, [], "1.1", 258, True),
    "announced": ([b"x"], [(b"content-length", b"262144")], "1.1", 2, False),
    "announced over the limit": ([b"x"], [(b"content-length", b"300000")], "1.1", 0, True),
    "not asked for yet": ([b"x"], [(b"expect", b"100-continue")], "1.1", 0, True),
    "HTTP/1.0": ([b"x" * 300_000] * 3, [], "1.0", 1, True),
    "HTTP/2": ([b"x" * 300_000] * 3, [], "2", 0, False),
    "HTTP/3": ([b"x"], [(b"expect", b"100-continue")], "3", 0, False),
}


@pytest.mark.parametrize(("body", "extra", "version", "most", "closes"), RESTS.values(), ids=RESTS)
async def test_the_rest_of_a_refused_body_is_read_or_the_connection_closed(
    body: Any, extra: Any, version: str, most: int, *, closes: bool
) -> None:
    """So that nothing of it is taken for a request, and no next request is lost."""
    scope = http_scope("POST", headers=[(b"content-encoding", b"compress"), *extra])
    scope["http_version"] = version
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": number < len(body)}
        for number, piece in enumerate(body, start=1)
    ]
    result = await play(decompression(Reader()), scope, messages)

    assert (415, closes) == (result.status, CLOSE in result.headers)
    assert len(result.received) <= most


async def test_too_much_that_was_announced_is_not_even_begun() -> None:
    """Nothing is read of it."""
    headers = {"content-encoding": "gzip", "content-length": str(10**9)}
    layered = decompression(Reader(), max_size=1000)
    result = await request(layered, "POST", headers=headers, body=b"x")

    assert (413, [], True) == (result.status, result.received, CLOSE in result.headers)


async def test_an_app_that_stops_receiving_cannot_withhold_the_answer() -> None:
    """The task in which the body was refused is cancelled while the rest of it comes."""
    reading = anyio.Event()

    async def impatient(scope: Scope, receive: Receive, send: Send) -> None:
        async def read() -> None:
            await receive()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            await reading.wait()
            tasks.cancel_scope.cancel()

    scope = http_scope("POST", headers={"content-encoding": "gzip"})
    async with Wire(decompression(impatient, buffer=0), scope) as wire:
        await wire.give({"type": "http.request", "body": b"no gzip", "more_body": True})
        await anyio.wait_all_tasks_blocked()
        reading.set()
        start = await wire.take()
        assert (400, CLOSE) == (start["status"], start["headers"][-1])
        await wire.take()
        await wire.finished()

    assert wire.result.raised is None


async def test_two_who_receive_do_not_wait_for_each_other() -> None:
    """The next message may be the other's: then the connection is closed."""

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        async def read() -> None:
            await receive()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            tasks.start_soon(read)

    scope = http_scope("POST", headers={"content-encoding": "gzip"})
    async with Wire(decompression(reading, buffer=0), scope) as wire:
        await anyio.wait_all_tasks_blocked()
        await wire.give({"type": "http.request", "body": b"no gzip", "more_body": True})
        start = await wire.take()
        assert (400, CLOSE) == (start["status"], start["headers"][-1])
        await wire.take()
        await wire.finished()

    assert wire.result.raised is None


@each_refusal
@pytest.mark.parametrize("buffer", [None, 0], ids=["read ahead", "streamed"])
async def test_a_client_that_is_told_and_gone_breaks_nothing(
    status: int, buffer: int | None
) -> None:
    """Our answer may fail as every ``send`` may."""
    coding, body, _ = REFUSED[status]
    layered = decompression(Reader(), max_size=1_000_000, buffer=buffer)
    result = await post(layered, coding, body, send_errors={1: OSError()})

    assert result.raised is None


async def test_after_the_start_only_receive_tells() -> None:
    """The response is the app's."""
    seen = []

    async def early(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": []})
        seen.append(await receive())
        seen.append(await receive())
        await send({"type": "http.response.body", "body": b"mine"})

    result = await post(decompression(early, buffer=0), "gzip", [b"no gzip", b"more"])

    assert [GONE, GONE] == seen
    assert (202, b"mine") == (result.status, result.body)


@pytest.mark.parametrize(
    "layers",
    [
        (layer(decompression, buffer=0), compression),
        (compression, layer(decompression, buffer=0)),
    ],
    ids=["inside", "outside"],
)
async def test_a_response_that_has_begun_is_coded_to_its_end(layers: tuple[Any, Any]) -> None:
    """The client sent a wrong body, and is there: on whichever side compression stands."""
    seen = []

    async def early(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": PLAIN, "more_body": True})
        seen.append(await receive())
        await send({"type": "http.response.body", "body": PLAIN})

    headers = {"content-encoding": "gzip", "accept-encoding": "gzip"}
    result = await request(stack(early, *layers), "POST", headers=headers, body=b"no gzip")

    assert [GONE] == seen
    assert (202, PLAIN * 2) == (result.status, gzip.decompress(result.body))


async def test_nothing_is_coded_for_an_answer_that_goes_nowhere() -> None:
    """Once we answered in its place, what the app sends is not sent."""
    answers: list[Message] = []

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()) != GONE:
            pass
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": PLAIN})

    def watched(app: App) -> App:
        async def watch(scope: Scope, receive: Receive, send: Send) -> None:
            async def noting(message: Message) -> None:
                answers.append(message)
                await send(message)

            await app(scope, receive, noting)

        return watch

    headers = {"content-encoding": "gzip", "accept-encoding": "gzip"}
    app = stack(late, layer(decompression, buffer=0), watched, compression)
    result = await request(app, "POST", headers=headers, body=b"no gzip")

    assert result.status == 400
    assert [message.get("body") for message in answers] == [None, PLAIN]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_a_cut_body_is_never_given_as_whole(coding: str) -> None:
    """The app is not told that it ended."""
    reader = Reader()
    body = whole(coding)(PLAIN)[:-5]
    assert 400 == (await post(decompression(reader), coding, chunks(body, 30))).status
    assert [] == reader.scopes
    result = await post(decompression(reader, buffer=0), coding, chunks(body, 30))

    assert 400 == result.status
    assert GONE == reader.received[-1]
    assert all(message.get("more_body", True) for message in reader.received)


async def test_a_wrong_checksum_is_found() -> None:
    """In the last bytes."""
    body = bytearray(gzip.compress(PLAIN))
    body[-5] ^= 1
    result = await post(decompression(Reader()), "gzip", bytes(body))

    assert 400 == result.status


@pytest.mark.parametrize(
    ("size", "status"), [(999, 200), (1000, 200), (1001, 413)], ids=["under", "at", "over"]
)
@pytest.mark.parametrize("pieces", [False, True], ids=["one", "many"])
async def test_the_size_is_held_to_the_byte(size: int, status: int, *, pieces: bool) -> None:
    """Whatever the pieces."""
    body = gzip.compress(b"a" * size)
    given: Any = chunks(body, 3) if pieces else body
    result = await post(decompression(Reader(), max_size=1000), "gzip", given)

    assert status == result.status


@pytest.mark.parametrize(("size", "status"), [(65_536, 200), (200_000, 413)])
async def test_the_ratio_is_held_beyond_the_first_64_kib(size: int, status: int) -> None:
    """A small body of zeros is nobody's bomb."""
    result = await post(decompression(Reader(), max_ratio=100), "gzip", gzip.compress(bytes(size)))

    assert status == result.status


async def test_a_bomb_of_ten_kib_is_refused_by_default() -> None:
    """10 KiB that would be 10 MiB."""
    result = await post(decompression(Reader()), "gzip", gzip.compress(bytes(10 << 20)))

    assert 413 == result.status


def heavy(plain: bytes = b"a" * 300_000) -> bytes:
    """Brotli of which nothing can be said before it is decoded: it comes in two blocks."""
    coder = brotli.Compressor(lgwin=24)
    return bytes(coder.process(b"") + coder.flush() + coder.process(plain) + coder.finish())


class Steps:
    """Notes in which thread the steps of a body are taken, and may hold or break them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[bool] = []
        self.go = threading.Event()
        self.go.set()
        self.begun = threading.Event()
        step = Body.step

        def noted(body: Body) -> bytes:
            self.threads.append(threading.current_thread() is not threading.main_thread())
            self.begun.set()
            assert self.go.wait(PATIENCE)
            return step(body)

        monkeypatch.setattr(Body, "step", noted)


@pytest.mark.parametrize("buffer", [None, 0], ids=["read ahead", "streamed"])
@pytest.mark.parametrize(
    ("coding", "body", "leaves"),
    [
        ("br", heavy(), True),
        ("br, gzip", gzip.compress(heavy()), True),
        ("br", brotli.compress(b"a" * 200_000), False),
        ("gzip", gzip.compress(b"a" * 200_000), False),
    ],
    ids=["br", "chain", "small br", "gzip"],
)
async def test_what_would_hold_the_loop_is_done_in_a_thread(
    monkeypatch: pytest.MonkeyPatch, coding: str, body: bytes, *, leaves: bool, buffer: int | None
) -> None:
    """Brotli fills its window before it gives anything; nothing else takes a millisecond."""
    steps = Steps(monkeypatch)
    layered = decompression(Reader(), max_ratio=1e9, buffer=buffer)
    result = await post(layered, coding, body)

    assert 200 == result.status
    assert {leaves} == set(steps.threads)


async def test_a_heavy_body_may_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in the thread is answered as ever."""
    steps = Steps(monkeypatch)
    results = [
        await post(decompression(Reader(), max_size=1000, buffer=buffer), "br", heavy())
        for buffer in (None, 0)
    ]
    cut = await post(decompression(Reader(), max_ratio=1e9), "br", heavy()[:-3])

    assert [413, 413, 400] == [result.status for result in (*results, cut)]
    assert {True} == set(steps.threads)


async def test_two_may_await_one_heavy_step() -> None:
    """A decoder is not for two threads at once; every byte comes to one of them."""
    seen: list[bytes] = []
    plain = bytes(range(250)) * 4000

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        async def read() -> None:
            while (message := await receive())["type"] != "http.disconnect":
                seen.append(message["body"])
                if not message["more_body"]:
                    tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            tasks.start_soon(read)

    await post(decompression(reading, max_ratio=1e9, buffer=0), "br", chunks(heavy(plain), 40))

    assert plain == b"".join(seen)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_receive_that_asyncio_cancels_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its thread works on, and the next ``receive`` has what it found."""
    plain = b"a" * 300_000
    steps = Steps(monkeypatch)
    steps.go.clear()
    reader = Reader()

    async def impatient(scope: Scope, receive: Receive, send: Send) -> None:
        async def read() -> None:
            await receive()

        task = asyncio.ensure_future(read())
        await anyio.to_thread.run_sync(steps.begun.wait)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        again = asyncio.ensure_future(reader(scope, receive, send))
        await anyio.lowlevel.checkpoint()
        steps.go.set()
        await again

    result = await post(decompression(impatient, max_ratio=1e9, buffer=0), "br", heavy(plain))

    assert (200, plain) == (result.status, reader.body)


@pytest.mark.parametrize(
    ("coding", "status"), [("gzip, gzip", 200), ("gzip, gzip, gzip", 415)], ids=["two", "three"]
)
async def test_chains_have_an_end(coding: str, status: int) -> None:
    """They are not even begun."""
    body = PLAIN
    for _ in coding.split(","):
        body = gzip.compress(body)
    result = await post(decompression(Reader(), max_codings=2), coding, body)

    assert status == result.status


async def test_what_lies_between_two_codings_is_held_to_the_size() -> None:
    """A hundred thousand empty members in a gzip bring nothing, and take their time."""
    body = gzip.compress(gzip.compress(b"") * 100_000)
    layered = decompression(Reader(), max_size=100_000, max_ratio=10_000)
    result = await post(layered, "gzip, gzip", body)

    assert 413 == result.status


async def test_fifty_thousand_empty_members_are_read() -> None:
    """1 MiB of them; the loop turns meanwhile."""
    body = gzip.compress(b"", mtime=0) * 50_000 + gzip.compress(b"end")
    turns = 0
    done = anyio.Event()

    async def turning() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turning)
        result = await post(decompression(Reader()), "gzip", body)
        done.set()

    assert (200, b"end") == (result.status, result.body)
    assert turns > 50


async def test_coded_bytes_that_bring_nothing_have_an_end() -> None:
    """An endless upload of empty members is not read for ever."""
    body = gzip.compress(b"") * 10_000
    result = await post(decompression(Reader(), max_size=1000), "gzip", chunks(body, 1000))

    assert 413 == result.status


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"content-encoding", b"identity")],
        [(b"content-encoding", b"")],
        [(b"content-encoding", b"unheard-of"), (b"content-length", b"0")],
    ],
    ids=["none", "identity", "empty", "no content"],
)
async def test_what_is_not_coded_passes_untouched(headers: Any) -> None:
    """The same scope, the same messages."""
    reader = Reader()
    result = await request(decompression(reader), "POST", headers=headers, body=b"plain")

    assert reader.scopes[0] is result.scope
    assert reader.received[0] is result.given[0]


@pytest.mark.parametrize("kind", HEADER_KINDS)
@pytest.mark.parametrize("coding", [b"gzip", b"identity"])
async def test_headers_of_any_kind(kind: str, coding: bytes) -> None:
    """What can be read only once is still there for the app."""
    reader = Reader()
    pairs = [(b"content-encoding", coding), (b"x-a", b"1")]
    body = gzip.compress(PLAIN) if coding == b"gzip" else PLAIN
    headers = HEADER_KINDS[kind](pairs)
    await request(decompression(reader), "POST", headers=headers, body=body)

    assert PLAIN == reader.body
    assert (b"x-a", b"1") in [tuple(pair) for pair in reader.headers]


async def test_no_content_needs_no_end() -> None:
    """A client that always names its coding may send nothing."""
    reader = Reader()
    result = await post(decompression(reader), "gzip", [b""])

    assert (200, b"") == (result.status, reader.body)


@pytest.mark.parametrize("moment", [before("receive", 1), after("receive", 1)], ids=str)
@pytest.mark.parametrize("buffer", [None, 65_536, 0], ids=["all", "small ones", "never"])
async def test_of_a_client_that_leaves_the_app_hears_if_it_runs(
    moment: Any, buffer: int | None
) -> None:
    """It is not called for a body that did not come whole."""
    reader = Reader()
    body = gzip.compress(PLAIN)
    headers = {"content-encoding": "gzip", "content-length": str(len(body))}
    result = await request(
        decompression(reader, buffer=buffer),
        "POST",
        headers=headers,
        body=chunks(body, 20),
        disconnect=moment,
    )
    assert [GONE] * (buffer == 0) == reader.received[-1:]
    assert ([], None) == (result.sent[: buffer != 0], result.raised)


async def test_receive_goes_on_to_the_server_behind_the_body() -> None:
    """An app that listens for the disconnect hears it, while it sends."""
    heard = anyio.Event()

    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        async def listen() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            heard.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"a", "more_body": True})

    scope = http_scope("POST", headers={"content-encoding": "gzip"})
    async with Wire(decompression(listening), scope) as wire:
        await wire.give({"type": "http.request", "body": gzip.compress(PLAIN), "more_body": False})
        await wire.take()
        await wire.take()
        await wire.disconnect()
        await wire.finished()

    assert heard.is_set()


async def test_two_tasks_may_receive_at_once() -> None:
    """Every byte comes to one of them."""
    seen: list[bytes] = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        async def read() -> None:
            while (message := await receive())["type"] != "http.disconnect":
                seen.append(message["body"])
                if not message["more_body"]:
                    tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            tasks.start_soon(read)

    plain = bytes(range(256)) * 1000
    await post(decompression(reading, max_ratio=9999), "br", chunks(brotli.compress(plain), 7))

    assert plain == b"".join(seen)


async def test_an_endless_app_does_not_stop_the_loop_once_we_answered() -> None:
    """Neither by receiving nor by sending."""

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            await receive()
            await send({"type": "http.response.body", "body": b"a", "more_body": True})

    scope = http_scope("POST", headers={"content-encoding": "gzip"})
    async with Wire(decompression(endless, buffer=0), scope) as wire:
        await wire.give({"type": "http.request", "body": b"no gzip", "more_body": False})
        assert 400 == (await wire.take())["status"]
        assert (await wire.take())["type"] == "http.response.body"

    assert wire.result.cancelled


async def test_other_connections_and_messages_pass_untouched() -> None:
    """By identity: WebSocket, lifespan, what nobody has seen."""
    unknown: Message = {"type": "x.unknown"}
    scopes: list[Scope] = []

    async def any_app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await send(unknown)

    layered = decompression(any_app)
    results = [
        await request(layered),
        await websocket(layered, headers={"content-encoding": "gzip"}),
        await lifespan(layered),
        await play(layered, {"type": "sse.v2", "headers": [(b"content-encoding", b"gzip")]}),
    ]

    assert [result.originals[0] is unknown for result in results] == [True] * 4
    assert [result.scope for result in results] == scopes


async def test_exceptions_pass_by_identity() -> None:
    """Also behind our answer."""
    error = BaseExceptionGroup("several", [KeyboardInterrupt()])

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    async def stopped(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()) != GONE:
            pass
        raise error

    layered = decompression(broken, buffer=0)
    assert (await post(layered, "gzip", [b"x"])).raised is error
    layered = decompression(stopped, buffer=0)
    assert (await post(layered, "gzip", [b"x"])).raised is error


async def test_unknown_messages_of_the_server_pass() -> None:
    """And what follows them is decoded."""
    odd: Message = {"type": "http.request.trailers"}
    scope = http_scope("POST", headers={"content-encoding": "gzip"})
    seen = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([await receive(), await receive()])

    messages = [odd, {"type": "http.request", "body": memoryview(gzip.compress(b"a"))}]
    await play(decompression(reading), scope, messages)
    await play(decompression(reading, buffer=0), scope, messages)

    assert [odd, {"type": "http.request", "body": b"a", "more_body": False}] * 2 == seen


@settings(max_examples=150, deadline=None)
@given(
    codings=st.lists(st.sampled_from(["gzip", "br", "zstd", "deflate"]), min_size=1, max_size=3),
    plain=st.binary(max_size=3000) | st.integers(0, 200_000).map(bytes),
    cuts=st.lists(st.integers(0, 3000), max_size=6),
    announced=st.booleans(),
    buffer=st.sampled_from([None, 65_536, 1000, 0]),
)
def test_whatever_was_sent_is_read(
    *, codings: list[str], plain: bytes, cuts: list[int], announced: bool, buffer: int | None
) -> None:
    """Any codings, any chunking, with a length and without."""
    body = plain
    for coding in codings:
        encoder = streaming(coding, small=bool(cuts))()
        body = encoder.feed(body, flush=True) + encoder.finish()
    headers = [(b"content-encoding", ", ".join(codings).encode())]
    if announced:
        headers.append((b"content-length", b"%d" % len(body)))
    edges = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})
    pieces = [body[low:high] for low, high in pairwise(edges)] or [b""]
    reader = Reader()
    layered = decompression(reader, max_ratio=1e9, buffer=buffer)
    result = run(request(layered, "POST", headers=headers, body=pieces))

    assert (200, plain) == (result.status, reader.body)
    lengths = [int(value) for name, value in reader.headers if name == b"content-length"]
    assert lengths in (([len(plain)],) if buffer is None else ([], [len(plain)]))


@settings(max_examples=100, deadline=None)
@given(
    body=st.binary(max_size=300),
    coding=st.sampled_from(["gzip", "br", "zstd", "deflate"]),
    buffer=st.sampled_from([None, 0]),
)
def test_nonsense_is_read_or_refused(body: bytes, coding: str, buffer: int | None) -> None:
    """Never raised."""
    reader = Reader()
    result = run(post(decompression(reader, buffer=buffer), coding, [body]))

    assert result.raised is None
    last = reader.received[-1]["type"] if reader.received else None
    refused = "http.disconnect" if buffer == 0 else None
    # A brotli may say at once that it will be too large
    assert (result.status, last) in [(200, "http.request"), (400, refused), (413, refused)]


async def test_a_missing_library_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not named in ``Accept-Encoding``."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    result = await post(decompression(Reader()), "br", [brotli.compress(PLAIN)])

    assert (415, b"zstd, gzip, deflate") == (result.status, result.header("accept-encoding"))


async def test_what_is_decoded_can_be_chosen() -> None:
    """Others are unknown then."""
    layered = decompression(Reader(), encodings=["gzip"])

    assert 200 == (await post(layered, "x-gzip", [gzip.compress(PLAIN)])).status
    assert 415 == (await post(layered, "br", [brotli.compress(PLAIN)])).status


UNKNOWN = ["snappy", "aws-chunked", "utf-8", "gzip, aws-chunked", "br, " * 3 + "gzip"]


@pytest.mark.parametrize("coding", UNKNOWN)
async def test_what_is_not_decoded_may_pass(coding: str) -> None:
    """By choice, and untouched: the same scope, the same messages."""
    reader = Reader()
    refused = await post(decompression(reader), coding, b"coded")
    result = await post(decompression(reader, unknown="pass"), coding, b"coded")

    assert (415, 200, b"coded") == (refused.status, result.status, result.body)
    assert [result.scope] == reader.scopes
    assert reader.scopes[0] is result.scope
    assert reader.received[0] is result.given[0]


@pytest.mark.parametrize(
    "skip", [["/hook"], lambda scope: scope["path"] == "/hook"], ids=["paths", "predicate"]
)
@pytest.mark.parametrize("coding", ["gzip", "snappy"])
async def test_some_may_be_left_alone(skip: Any, coding: str) -> None:
    """A signature may be of the coded bytes."""
    reader = Reader()
    layered = decompression(reader, skip=skip)
    coded = gzip.compress(PLAIN)
    headers = [(b"content-encoding", coding.encode())]
    result = await request(layered, "POST", "/hook", headers=headers, body=coded)

    assert (200, coded) == (result.status, result.body)
    assert reader.scopes[0] is result.scope


async def test_a_skip_that_raises_skips_nothing() -> None:
    """And is no error of the app's."""

    def broken(scope: Scope) -> bool:
        raise ValueError

    result = await post(decompression(Reader(), skip=broken), "gzip", gzip.compress(PLAIN))

    assert (200, PLAIN) == (result.status, result.body)


async def test_nothing_is_read_ahead_without_a_buffer() -> None:
    """The app alone receives."""
    reader = Reader()
    await post(decompression(reader, buffer=0), "gzip", gzip.compress(PLAIN))

    assert [(b"host", b"a")] == reader.headers


def test_it_must_not_stand_outside_cors() -> None:
    """A script could not read its answers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Do nothing."""

    with pytest.raises(ConfigError, match="would lack the CORS headers"):
        stack(app, decompression, layer(cors, allow_origins=["https://a.example"]))


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"max_size": 0}, ["max_size"]),
        ({"max_ratio": "x", "max_codings": 0}, ["max_ratio", "max_codings"]),
        ({"encodings": "gzip"}, ["encodings"]),
        ({"encodings": ["lzma", "gzip"]}, ["encodings"]),
        ({"encodings": []}, ["encodings"]),
        ({"encodings": [["gzip"], None]}, ["encodings", "encodings"]),
        ({"max_size": 1.5, "max_codings": 2.5}, ["max_size", "max_codings"]),
        ({"buffer": 1.5}, ["buffer"]),
        ({"buffer": -1}, ["buffer"]),
        ({"unknown": "let"}, ["unknown"]),
        ({"unknown": ["pass"], "skip": "/hook"}, ["unknown", "skip"]),
    ],
    ids=str,
)
def test_what_cannot_be_right_is_told_when_the_layer_is_made(
    options: dict[str, Any], wrong: list[str]
) -> None:
    """All of it together."""
    with pytest.raises(ConfigError) as caught:
        decompression(Reader(), **options)

    assert wrong == [problem.option for problem in caught.value.problems]


WHY: dict[str, tuple[dict[str, Any], str, Any, str]] = {
    "decoded": ({"max_size": 1000}, "gzip", gzip.compress(bytes(1001)), "max_size=1000"),
    "coded": ({"max_size": 1}, "gzip", b"x" * 70_000, "over 65538 bytes, by max_size=1"),
    "ratio": (
        {"max_ratio": 20},
        "gzip",
        gzip.compress(bytes(1_000_000)),
        "the decoded body is over max_ratio=20 times the coded one",
    ),
    "coding": ({"encodings": ["gzip", "br"]}, "compress", b"x", "compress is none of gzip, br"),
    "no coding": ({"encodings": ["gzip"]}, "a b\x7f", b"x", "coding is none of gzip"),
    "codings": ({}, "gzip, gzip, gzip, gzip", b"x", "4 codings are over max_codings=3"),
    "corrupt": ({}, "gzip", b"no gzip", "the body is no gzip"),
}


@pytest.mark.parametrize("buffer", [None, 0], ids=["read ahead", "streamed"])
@pytest.mark.parametrize(("options", "coding", "body", "why"), WHY.values(), ids=WHY)
async def test_the_access_log_says_which_limit_it_was(
    options: dict[str, Any], coding: str, body: Any, why: str, buffer: int | None
) -> None:
    """And the client does not hear of it."""
    layered = decompression(Reader(), buffer=buffer, **options)
    with structlog.testing.capture_logs() as events:
        result = await post(access_log(layered), coding, body)

    [event] = events
    assert event["refused"].endswith(why)
    assert result.status == event["status"] >= 400
    assert b"max_" not in result.body
