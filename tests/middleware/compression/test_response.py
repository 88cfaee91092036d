"""Streams: flushed or coalesced, in order, in turn, and never for a client that has left."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from asgi_mw.middleware.compression import compression, gzip, turns
from asgi_mw.middleware.compression.stream import SLICE, Coder
from asgi_mw.middleware.compression.turns import in_thread
from asgi_mw.testing import GUNICORN, H2CORN, UVICORN, after, before, during, http_scope, request
from tests.middleware.compression.decoding import CODINGS, Decoder, decoded

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.testing import Result
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
LINE = b'{"event": "tick", "number": %d, "text": "the same as ever"}\n'
LINES = [LINE % number for number in range(4000)]
LONG = b"".join(LINES)  # 250 KB


def body(payload: bytes, *, more: bool = True) -> Message:
    """An ``http.response.body``."""
    return {"type": "http.response.body", "body": payload, "more_body": more}


def declared(length: int) -> Message:
    """A start that says how long the body gets."""
    return {**START, "headers": [(b"content-length", b"%d" % length)]}


def sends(*messages: Message) -> App:
    """An app that sends *messages*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


async def ask(app: App, coding: str = "gzip", **more: Any) -> Result:
    """Make one request."""
    return await request(app, headers={"accept-encoding": coding}, **more)


@pytest.fixture
def coded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """Every piece that is coded from now on: its size, and whether in the thread of the test."""
    pieces: list[tuple[int, bool]] = []
    here, feed = threading.get_ident(), Coder.feed

    def noting(self: Coder, piece: Any, *, ends: bool, last: bool) -> bytes:
        pieces.append((len(piece), threading.get_ident() == here))
        return feed(self, piece, ends=ends, last=last)

    monkeypatch.setattr(Coder, "feed", noting)
    return pieces


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("kind", [b"text/event-stream", b"text/plain", b"application/json"])
@pytest.mark.parametrize("pad", [0, 50])
async def test_a_stream_is_flushed_with_every_message(coding: str, kind: bytes, pad: int) -> None:
    """What was sent can be decoded before the app goes on; the first one even if it is empty."""
    decoder = Decoder(coding.encode())
    known: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "headers": [(b"content-type", kind)]})
        await send(body(b""))
        for line in LINES[:50]:
            await send(body(line))
            known.append(decoder.plain)
        await send(body(b"", more=False))

    async def take(message: Message) -> None:
        decoder.feed(message.get("body", b""))

    result = await ask(compression(app, pad=pad), coding, on_send=take)

    assert known == [b"".join(LINES[:number]) for number in range(1, 51)]
    assert decoder.ended
    assert all(message["body"] for message in result.sent[2:])


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("how", ["declared", "bulk"])
async def test_a_stream_whose_end_is_near_is_coalesced(coding: str, how: str) -> None:
    """Of known length, or asked for: few messages and fewer bytes, and no empty one."""
    kind = {**START, "headers": [(b"content-type", b"application/x-ndjson")]}
    start = declared(len(LONG)) if how == "declared" else kind
    app = sends(start, *map(body, LINES), body(b"", more=False))

    flushed = await ask(compression(sends(kind, *map(body, LINES), body(b"", more=False))), coding)
    result = await ask(compression(app, bulk=["application/x-ndjson"]), coding)

    assert decoded(coding.encode(), result.body) == LONG
    assert len(result.sent) < 40
    assert len(flushed.sent) > 4000
    assert len(result.body) < len(flushed.body) / 2
    assert all(message["body"] for message in result.sent[1:-1])
    assert result.header("content-length") is None


async def test_the_first_message_brings_the_start_and_itself() -> None:
    """Even where all else is coalesced, the client sees at once that a response began."""
    decoder = Decoder(b"gzip")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(declared(len(LONG)))
        await send(body(LINES[0]))
        assert decoder.plain == LINES[0]
        await send(body(LONG[len(LINES[0]) :], more=False))

    async def take(message: Message) -> None:
        decoder.feed(message.get("body", b""))

    assert (await ask(compression(app), on_send=take)).raised is None


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("pad", [0, 99])
async def test_a_short_body_of_known_length_is_sent_when_it_is_there(coding: str, pad: int) -> None:
    """The start goes out with the first part, and the whole is coded at once."""
    parts = LINES[:20]
    size = len(b"".join(parts))
    seen: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(declared(size))
        for part in parts:
            await send(body(part))
            seen.append(len(sent))
        await send(body(b"", more=False))
        seen.append(len(sent))

    sent: list[Message] = []

    async def take(message: Message) -> None:
        sent.append(message)

    result = await ask(compression(app, pad=pad), coding, on_send=take)

    assert [1] * 19 + [2, 3] == seen
    assert decoded(coding.encode(), sent[1]["body"]) == b"".join(parts)
    assert sent[2] == body(b"", more=False)
    assert result.header("content-length") is None


@pytest.mark.parametrize("coding", CODINGS)
async def test_a_short_body_that_is_there_at_once_keeps_a_length(coding: str) -> None:
    """Though the app did not say that it was all, as some frameworks do."""
    payload = b"".join(LINES[:20])
    app = sends(declared(len(payload)), body(payload), body(b"", more=False))
    result = await ask(compression(app), coding)

    assert result.header("content-length") == b"%d" % len(result.body)
    assert decoded(coding.encode(), result.body) == payload
    assert [message["more_body"] for message in result.sent[1:]] == [True, False]


async def test_a_short_body_ends_where_its_length_says() -> None:
    """What an app sends behind it has no place in the response, and takes no memory."""
    app = sends(declared(2700), *[body(LONG[n : n + 900]) for n in range(0, 9000, 900)])
    result = await ask(compression(app))

    assert decoded(b"gzip", result.body) == LONG[:2700]
    assert [message["body"] for message in result.sent[2:]] == [b""] * 8


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize(
    ("size", "step"), [(100_000, 25_000), (100_000, 100_000), (400_000, 40_000), (400_000, 400_000)]
)
async def test_a_long_body_is_over_where_its_length_says(coding: str, size: int, step: int) -> None:
    """The client has all of it then, however long the app takes to say so; nothing fits behind."""
    payload = LONG * 2
    decoder = Decoder(coding.encode())
    ends: list[tuple[int, bool]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(declared(size))
        for begin in range(0, size, step):
            await send(body(payload[begin : begin + step]))
        ends.append((len(decoder.plain), decoder.ended))
        await send(body(b"beyond"))
        await send(body(b"", more=False))

    async def take(message: Message) -> None:
        decoder.feed(message.get("body", b""))

    result = await ask(compression(app), coding, on_send=take)

    assert (ends, result.raised) == ([(size, True)], None)
    assert decoder.plain == payload[:size]
    assert result.sent[-2:] == [body(b""), body(b"", more=False)]
    assert all(message["more_body"] for message in result.sent[1:-1])


@pytest.mark.parametrize("coding", CODINGS)
async def test_a_short_body_may_come_in_any_form_and_from_two_tasks(coding: str) -> None:
    """Its length is in bytes, not in items, and buffers may be reused after ``send``."""
    words = memoryview(LONG[:1600]).cast("I")
    buffer = bytearray(LONG[:1600])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(declared(6400))
        await send({**body(b""), "body": words})
        await send({**body(b""), "body": buffer})
        buffer[:] = bytes(1600)

        async def say() -> None:
            await send(body(LONG[:1600]))

        async with anyio.create_task_group() as group:
            group.start_soon(say)
            group.start_soon(say)
        await send(body(b"", more=False))

    result = await ask(compression(app), coding)

    assert decoded(coding.encode(), result.body) == LONG[:1600] * 4


async def test_a_short_body_is_not_coded_for_a_client_that_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor is it kept."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(declared(2000))
        await send(body(LONG[:1000]))
        while (await receive())["type"] != "http.disconnect":
            pass
        await send(body(LONG[1000:2000], more=False))

    result = await ask(compression(app), disconnect=before("receive", 2))

    assert result.sent[1:] == [body(b"", more=False)]


@pytest.mark.parametrize("kind", ["text", "noise"])
async def test_the_beginning_of_a_short_body_tells_whether_it_grows(kind: str) -> None:
    """Text in UTF-8 does not, and what is compressed already does."""
    payload = "Füße, größer als schön. ".encode() * 80
    if kind == "noise":
        payload = random.Random(1).randbytes(len(payload))
    messages = [declared(len(payload)), body(payload[:1500]), body(payload[1500:], more=False)]
    result = await ask(compression(sends(*messages)))

    if kind == "noise":
        assert result.sent[1:] == messages[1:]
        assert result.header("content-encoding") is None
    else:
        assert decoded(b"gzip", result.body) == payload


async def test_what_is_held_is_not_the_apps_any_more() -> None:
    """It may reuse its message and its lists when ``send`` has returned."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"x-a", b"1")]
        links = [b"</a.css>; rel=preload"]
        message: Message = {"type": "http.response.start", "status": 200, "headers": headers}
        await send(message)
        headers.append((b"x-later", b"2"))
        message.clear()
        message.update(type="http.response.early_hint", links=links)
        await send(message)
        links.clear()
        message.clear()
        message.update(body(LONG[:1000], more=False))
        await send(message)

    for asked, more in [("gzip", [(b"content-encoding", b"gzip")]), ("identity", [])]:
        # with an extension that sends files, an uncoded start is held as well
        scope: dict[str, Any] = {"extensions": {"http.response.pathsend": {}}}
        result = await ask(compression(app), asked, scope=scope)
        assert (result.status, result.headers) == (
            200,
            [(b"x-a", b"1"), (b"vary", b"Accept-Encoding"), *more],
        )
        assert result.sent[1]["links"] == [b"</a.css>; rel=preload"]


@pytest.mark.parametrize(
    ("accepted", "kind", "coding"),
    [
        ("gzip, deflate, br", b"text/event-stream", b"gzip"),
        ("gzip, deflate, br", b"text/csv", b"br"),
        ("br, gzip;q=0.5", b"text/event-stream", b"br"),
        ("br", b"text/event-stream", b"br"),
    ],
)
async def test_br_is_left_to_bodies_that_are_there(
    accepted: str, kind: bytes, coding: bytes
) -> None:
    """Small messages of an open stream would grow; only the client's weights say otherwise."""
    start = {**START, "headers": [(b"content-type", kind)]}
    stream = sends(start, *map(body, LINES[:9]), body(b"", more=False))
    result = await ask(compression(stream, bulk=["text/csv"]), accepted)

    assert coding == result.header("content-encoding")
    assert decoded(coding, result.body) == b"".join(LINES[:9])


@pytest.mark.parametrize("coding", CODINGS)
async def test_a_long_body_is_sent_in_slices(coding: str, coded: list[tuple[int, bool]]) -> None:
    """Never more than 256 KiB of it is held, and it is coded in a thread."""
    result = await ask(compression(sends(START, body(LONG * 40, more=False))), coding)

    assert decoded(coding.encode(), result.body) == LONG * 40
    assert max(len(message["body"]) for message in result.sent[1:]) <= 2 * SLICE
    assert coded[:2] == [(SLICE, False), (SLICE, False)]
    assert [m["more_body"] for m in result.sent[1:]] == [True] * (len(coded) - 1) + [False]


@pytest.mark.parametrize(("level", "most"), [(None, 16_384), (6, 16_384), (7, 1024), (9, 1024)])
async def test_the_loop_codes_only_what_takes_about_a_millisecond(
    level: int | None, most: int, coded: list[tuple[int, bool]]
) -> None:
    """The larger a piece or the higher the level, the longer all others would wait."""
    sizes = [600, most, most + 1]
    app = sends(START, *[body(LONG[:size]) for size in sizes], body(b"", more=False))
    result = await ask(gzip(app, level=level))

    assert decoded(b"gzip", result.body) == b"".join(LONG[:size] for size in sizes)
    assert coded == [(600, True), (most, True), (most + 1, False), (0, True)]


async def test_a_middling_body_is_coded_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a whole, with its length."""
    threads = []

    async def noting(work: Any, *args: Any, **options: Any) -> Any:
        threads.append(work)
        return await in_thread(work, *args, **options)

    monkeypatch.setattr(turns, "in_thread", noting)
    size = len(LONG[:200_000])
    app = compression(sends(declared(size), body(LONG[:200_000], more=False)))
    result = await ask(app)

    assert len(threads) == 1
    assert result.header("content-length") == b"%d" % len(result.body)
    assert decoded(b"gzip", result.body) == LONG[:200_000]


@pytest.mark.parametrize("size", [1000, 50_000, 1_000_000])
@pytest.mark.parametrize("more", [True, False])
async def test_a_stream_that_grows_at_once_is_left_alone(size: int, *, more: bool) -> None:
    """Its first piece tells."""
    noise = random.Random(1).randbytes(size)
    messages = [declared(2 * size), body(noise, more=more)] + [body(noise, more=False)] * more
    result = await ask(compression(sends(*messages)), "gzip")

    assert result.sent[1:] == messages[1:]
    assert result.headers == [
        (b"content-length", b"%d" % (2 * size)),
        (b"vary", b"Accept-Encoding"),
    ]


# Clients that leave -----------------------------------------------------------------------------


def _produces(*, listens: bool) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        for number, line in enumerate(LINES[:10]):
            if listens and number == 5:
                assert (await receive())["type"] == "http.request"
                assert (await receive())["type"] == "http.disconnect"
            await send(body(line))
        await send(body(b"", more=False))

    return app


async def test_nothing_is_compressed_once_the_app_was_told_that_the_client_left(
    coded: list[tuple[int, bool]],
) -> None:
    """Its messages go on, empty: server and app see each other as without the layer."""
    app = compression(_produces(listens=True))
    result = await ask(app, behaviour=UVICORN, disconnect=before("receive", 2))

    assert (result.raised, result.disconnected) == (None, True)
    assert len(coded) == 5
    assert result.sent[6:] == [body(b"")] * 5 + [body(b"", more=False)]


async def test_nothing_is_compressed_once_send_said_that_the_client_left(
    coded: list[tuple[int, bool]],
) -> None:
    """The exception reaches the app as it is, each time."""
    errors = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        for line in LINES[:10]:
            try:
                await send(body(line))
            except OSError as error:
                errors.append(error)

    result = await ask(
        compression(app), behaviour=GUNICORN, send_errors={n: OSError(n) for n in range(4, 30)}
    )

    assert [error.errno or error.args[0] for error in errors] == list(range(4, 12))
    assert len(coded) == 3
    assert [message["body"] for message in result.sent[4:]] == [b""] * 7


async def test_a_response_to_nobody_is_not_compressed_at_all(coded: list[tuple[int, bool]]) -> None:
    """If the client left before it began."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await send(START)
        await send(body(LONG, more=False))

    result = await ask(compression(app), disconnect=before("receive", 2))

    assert coded == []
    assert result.sent[1] == body(LONG, more=False)


async def test_a_server_that_cancels_stops_all_work(coded: list[tuple[int, bool]]) -> None:
    """The cancellation leaves the app as it came."""
    result = await ask(
        compression(_produces(listens=False)),
        behaviour=H2CORN,
        disconnect=after("send", 3),
    )

    assert len(coded) <= 3
    assert isinstance(result.raised, OSError) or result.cancelled


async def test_a_long_body_stops_between_two_slices(coded: list[tuple[int, bool]]) -> None:
    """The one that is on its way is the last one."""
    result = await ask(
        compression(sends(START, body(LONG * 40, more=False))), send_errors={3: OSError("gone")}
    )

    assert isinstance(result.raised, OSError)
    assert len(coded) <= 3


async def test_a_cut_body_cannot_be_taken_for_a_whole_one() -> None:
    """After a lost message nothing else is coded, so that every decoder sees the cut."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        for line in LINES[:5]:
            with suppress(RuntimeError):
                await send(body(line))
        await send(body(b"", more=False))

    result = await ask(compression(app), send_errors={4: RuntimeError("lost")})
    decoder = Decoder(b"gzip")
    decoder.feed(b"".join(m.get("body", b"") for n, m in enumerate(result.sent) if n != 3))

    assert LINES[0] + LINES[1] == decoder.plain
    assert not decoder.ended


async def test_an_error_page_in_the_place_of_a_failed_response_is_whole() -> None:
    """A framework may begin anew where the server refused its start."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "headers": [(b"bad", b"\n")]})
        try:
            await send(body(LONG[:9000], more=False))
        except ValueError:
            await send({**START, "status": 500})
            await send(body(b"Internal Server Error", more=False))

    result = await ask(compression(app), send_errors={1: ValueError("bad header")})

    assert result.raised is None
    assert result.sent[1:] == [{**START, "status": 500}, body(b"Internal Server Error", more=False)]


async def test_an_error_of_another_message_is_its_own() -> None:
    """A server that refuses a hint does not end the body."""
    hint = {"type": "http.response.early_hint", "links": []}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(body(LINES[0]))
        with suppress(RuntimeError):
            await send(hint)
        await send(body(LINES[1], more=False))

    result = await ask(compression(app), send_errors={3: RuntimeError("unknown")})

    assert decoded(b"gzip", result.body) == LINES[0] + LINES[1]


# Turns ------------------------------------------------------------------------------------------


async def test_others_run_while_a_producer_never_waits() -> None:
    """Where ``send`` is a silent no-op: else nobody would hear that the client left."""
    stopped = False
    produced = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal produced
        await send(START)
        while not stopped and produced < 100_000:
            produced += 1
            await send(body(LONG[:20_000]))

    async def receive() -> Message:
        raise AssertionError("nobody calls receive on the app's behalf")

    async def send(message: Message) -> None:
        """Be a server's ``send`` after the client has left."""

    async def stop() -> None:
        nonlocal stopped
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        stopped = True

    scope = http_scope(headers={"accept-encoding": "gzip"})
    async with anyio.create_task_group() as group:
        group.start_soon(stop)
        await compression(app)(scope, receive, send)

    assert stopped
    assert produced < 1000


@pytest.mark.parametrize("size", [100, 100_000], ids=["inline", "thread"])
@pytest.mark.parametrize("head", [[], [{"type": "http.response.early_hint", "links": []}]])
async def test_concurrent_sends_keep_the_order_of_their_calls(
    size: int, head: list[Message]
) -> None:
    """Though the server takes its time for each."""
    parts = [LONG[n * size : (n + 1) * size] for n in range(3)]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            await send(message)

        await send(START)
        async with anyio.create_task_group() as group:
            for message in [*head, *map(body, parts)]:
                group.start_soon(say, message)
                if size > 1000:  # the first one is in its thread by then
                    await anyio.lowlevel.checkpoint()
                    await anyio.lowlevel.checkpoint()
        await send(body(b"", more=False))

    sizes = []

    async def slow(message: Message) -> None:
        sizes.append(message["type"])
        for _ in range(3):
            await anyio.lowlevel.checkpoint()

    result = await ask(compression(app), on_send=slow)
    plain = decoded(b"gzip", result.body)

    assert sorted(plain[n * size : (n + 1) * size] for n in range(3)) == sorted(parts)
    assert sizes[0] == "http.response.start"
    assert sizes.count("http.response.early_hint") == len(head)


async def test_a_send_that_hangs_holds_up_no_other() -> None:
    """Some servers never return from it; what they think of another call is up to them."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            await send(message)

        await send(START)
        await send(body(LINES[0]))
        async with anyio.create_task_group() as group:
            group.start_soon(say, body(LINES[1]))
            await anyio.wait_all_tasks_blocked()
            await send(body(LINES[2]))
            group.cancel_scope.cancel()

    calls = 0

    async def hangs(message: Message) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            await anyio.sleep_forever()

    result = await ask(compression(app), on_send=hangs)

    assert (calls, result.raised) == (4, None)


@pytest.mark.parametrize("size", [200_000, 1_000_000], ids=["whole", "slices"])
async def test_an_app_that_is_cancelled_while_a_thread_works_ends(size: int) -> None:
    """By the cancellation, and nothing of its body is sent."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        with anyio.CancelScope() as cancel:
            cancel.cancel()
            await send(body(LONG[:1000] * (size // 1000), more=False))
        with anyio.CancelScope(shield=True):
            await send(body(LONG[:1000], more=False))

    result = await ask(compression(app))

    assert result.raised is None
    assert decoded(result.header("content-encoding"), result.body) == LONG[:1000]


async def test_a_stream_that_loses_a_piece_in_a_thread_is_cut() -> None:
    """The app goes on after the cancellation of one send; nothing is joined to the gap."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(body(LINES[0]))
        with anyio.CancelScope() as cancel:
            cancel.cancel()
            await send(body(LONG[:200_000]))
        await send(body(LINES[1], more=False))

    result = await ask(compression(app))
    decoder = Decoder(b"gzip")

    assert decoder.feed(result.body) == LINES[0]
    assert not decoder.ended


async def test_a_cancelled_server_ends_the_app() -> None:
    """In the middle of a send."""
    result = await ask(compression(_produces(listens=False)), cancel=during("send", 3))

    assert result.cancelled
    assert result.returned is False


# Lengths ----------------------------------------------------------------------------------------


def _wrong(size: int) -> dict[str, list[Message]]:
    """Bodies that are not *size* bytes long, though they are declared to be."""
    third, beyond = LONG[: size // 3], LONG[: size - size // 3 + 1]
    return {
        "ends early": [body(third), body(b"", more=False)],
        "ends early with a part": [body(third), body(third, more=False)],
        "goes beyond": [body(third), body(beyond)],
        "goes beyond with its last part": [body(third), body(beyond, more=False)],
        "sends on behind": [body(third), body(beyond), body(third), body(b"", more=False)],
    }


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [30_000, 200_000])
@pytest.mark.parametrize("how", _wrong(0))
@pytest.mark.parametrize("catches", [True, False])
async def test_a_body_that_is_not_as_declared_never_ends(
    coding: str, size: int, how: str, *, catches: bool
) -> None:
    """The server no longer sees the length, and would make a whole response of a cut one."""
    errors: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(declared(size))
        for message in _wrong(size)[how]:
            try:
                await send(message)
            except RuntimeError as error:
                errors.append(str(error))
                if not catches:
                    raise

    result = await ask(compression(app), coding)
    decoder = Decoder(coding.encode())

    assert errors == [
        f"Response content {'shorter' if 'early' in how else 'longer'} than Content-Length"
    ]
    assert isinstance(result.raised, RuntimeError) != catches
    assert result.header("content-encoding") == coding.encode()
    plain = decoder.feed(result.body)
    assert LONG.startswith(plain)
    assert len(plain) >= size // 3
    assert not decoder.ended
    assert all(message["more_body"] for message in result.sent[1:])


@pytest.mark.parametrize("accepted", ["gzip", None])
@pytest.mark.parametrize(
    "messages",
    [
        [body(LONG[:15_000], more=False)],
        [body(b"", more=False)],
        [body(LONG[:90_001], more=False)],
        [body(LONG[:90_001]), body(b"", more=False)],
    ],
)
async def test_one_message_that_is_not_as_declared_is_for_the_server_to_judge(
    messages: list[Message], accepted: str | None
) -> None:
    """It sees the length of the app, and does what it does without the layer."""
    app = compression(sends(declared(90_000), *messages))
    result = await ask(app, accepted or "identity")

    assert result.headers == [(b"content-length", b"90000"), (b"vary", b"Accept-Encoding")]
    assert result.sent[1:] == messages


@pytest.mark.parametrize("size", [30_000, 200_000])
@pytest.mark.parametrize("error", [ValueError("behind all"), None])
async def test_a_body_that_is_all_there_ends_with_the_app(
    size: int, error: ValueError | None
) -> None:
    """By its length the client would have had all, though the app never said that it was."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(declared(size))
        for begin in range(0, size, 10_000):
            await send(body(LONG[begin : begin + 10_000]))
        if error is not None:
            raise error

    result = await ask(compression(app))

    assert result.raised is error
    assert decoded(b"gzip", result.body) == LONG[:size]
    assert result.sent[-1] == body(b"", more=False)


@pytest.mark.parametrize("size", [30_000, 200_000, None])
@pytest.mark.parametrize("error", [ValueError("midway"), None])
@pytest.mark.parametrize("coding", CODINGS)
async def test_a_body_that_is_not_all_there_does_not_end_with_the_app(
    size: int | None, error: ValueError | None, coding: str
) -> None:
    """The server sees that, and breaks the connection; the client has what the app sent."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START if size is None else declared(size))
        await send(body(LONG[:20_000]))
        if error is not None:
            raise error

    result = await ask(compression(app), coding)

    assert result.raised is error
    assert Decoder(coding.encode()).feed(result.body) == LONG[:20_000]
    assert [message["more_body"] for message in result.sent[1:]] == [True]


async def test_a_short_body_that_fails_behind_an_empty_part_is_begun() -> None:
    """Some servers hold the start until then, and would answer in its place."""
    result = await ask(compression(sends(declared(30_000), body(b""))))

    assert [message["more_body"] for message in result.sent[1:]] == [True]
    assert result.body != b""


async def test_a_client_that_left_is_owed_nothing() -> None:
    """The app may stop where it is, and hears no complaint."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(declared(200_000))
        await send(body(LONG[:100_000]))
        while (await receive())["type"] != "http.disconnect":
            pass
        await send(body(b"", more=False))

    result = await ask(compression(app), disconnect=before("receive", 2))

    assert (result.raised, result.sent[-1]) == (None, body(b"", more=False))


# The start --------------------------------------------------------------------------------------

STREAMS = {
    "events": [(b"content-type", b"text/event-stream; charset=utf-8")],
    "lines": [(b"content-type", b"application/x-ndjson")],
    "records": [(b"content-type", b"application/geo+json-seq")],
    "unbuffered": [(b"content-type", b"text/plain"), (b"X-Accel-Buffering", b"No")],
}


@pytest.mark.parametrize("coding", [*CODINGS, "identity"])
@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("options", [{}, {"bulk": ["*/*"]}, {"pad": 99}], ids=str)
async def test_the_start_of_a_stream_waits_for_nothing(
    coding: str, kind: str, method: str, options: dict[str, Any]
) -> None:
    """Its headers tell all that there is to know."""
    seen: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "headers": STREAMS[kind]})
        seen.append(len(sent))
        await send(body(LINES[0]))
        await send(body(LINES[1], more=False))

    sent: list[Message] = []

    async def take(message: Message) -> None:
        sent.append(message)

    layered = compression(app, **options)
    result = await request(layered, method, headers={"accept-encoding": coding}, on_send=take)

    named = coding.encode() if coding != "identity" and method == "GET" else None
    assert seen == [1]
    assert result.header("content-encoding") == named
    assert result.header("vary") == b"Accept-Encoding"
    assert decoded(named, result.body) == LINES[0] + LINES[1]


@pytest.mark.parametrize("extension", ["http.response.pathsend", "http.response.zerocopysend"])
async def test_a_server_that_sends_files_does_not_hold_up_a_stream(extension: str) -> None:
    """Neither one that is coded, nor one of any type to a client that accepts no coding."""
    for accepted, kind in [("gzip", b"text/event-stream"), ("identity", b"text/plain")]:
        seen: list[int] = []
        sent: list[Message] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({**START, "headers": [(b"content-type", kind)]})  # noqa: B023  # run here
            seen.append(len(sent))  # noqa: B023  # run here
            await send(body(LINES[0], more=False))

        async def take(message: Message) -> None:
            sent.append(message)  # noqa: B023  # run here

        await ask(compression(app), accepted, scope={"extensions": {extension: {}}}, on_send=take)
        assert seen == [1]


@pytest.mark.parametrize("accepted", ["gzip", "br, zstd"])
async def test_a_file_behind_the_start_of_a_stream_is_coded(accepted: str, tmp_path: Path) -> None:
    """The server would send it as it is, behind a start that says otherwise."""
    (tmp_path / "events").write_bytes(LONG)
    events = {**START, "headers": STREAMS["events"]}
    path = {"type": "http.response.pathsend", "path": str(tmp_path / "events")}
    result = await ask(compression(sends(events, path)), accepted)

    assert decoded(result.header("content-encoding"), result.body) == LONG
    assert [message["more_body"] for message in result.sent[1:]].index(False) == (
        len(result.sent) - 2
    )


async def test_a_stream_that_says_nothing_takes_no_coder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may be silent for hours; what is no body does not wait."""
    made: list[int] = []
    monkeypatch.setattr(Coder, "__init__", lambda *_, **__: made.append(1))
    hint = {"type": "http.response.early_hint", "links": []}
    result = await ask(compression(sends({**START, "headers": STREAMS["events"]}, hint)))

    assert made == []
    assert result.sent[1:] == [hint]


async def test_a_stream_for_a_client_that_left_is_not_coded() -> None:
    """As any other response to nobody."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({**START, "headers": STREAMS["events"]})
        await send(body(LONG, more=False))

    result = await ask(compression(app), disconnect=before("receive", 2))

    assert result.header("content-encoding") is None
    assert result.sent[1:] == [body(LONG, more=False)]


async def test_an_error_page_in_the_place_of_a_stream_that_was_refused_is_whole() -> None:
    """The server takes the second start where it refused the first."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({**START, "headers": [*STREAMS["events"], (b"bad", b"\n")]})
        except ValueError:
            await send({**START, "status": 500})
            await send(body(b"Internal Server Error", more=False))

    result = await ask(compression(app), send_errors={1: ValueError("bad header")})

    assert result.raised is None
    assert result.sent[1:] == [{**START, "status": 500}, body(b"Internal Server Error", more=False)]


async def test_what_is_no_stream_by_its_headers_begins_with_its_body() -> None:
    """Whether it is small, grows, or is a file: an empty part tells enough."""
    seen: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "headers": [(b"content-type", b"text/plain")]})
        seen.append(len(sent))
        await send(body(b""))
        seen.append(len(sent))
        await send(body(LINES[0], more=False))

    sent: list[Message] = []

    async def take(message: Message) -> None:
        sent.append(message)

    result = await ask(compression(app), on_send=take)

    assert seen == [0, 2]
    assert decoded(b"gzip", result.body) == LINES[0]
