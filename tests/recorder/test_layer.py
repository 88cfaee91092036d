"""The record layer: which connections it records, and when their exchanges are stored."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw import ConfigError, open_store, record
from asgi_mw.testing import Wire, before, http_scope, idle, lifespan, request, run, websocket

if TYPE_CHECKING:
    from asgi_mw.recorder import Store
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the status that stands in the path; raise for ``/raise``."""
    if scope["path"] == "/raise":
        raise ValueError("no such luck")
    status = int(scope["path"][1:] or 200)
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def _living(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture
def store() -> Store:
    """Make an empty store in memory."""
    return open_store("memory:")


async def _paths(store: Store, layered: App, *paths: str) -> list[str]:
    for path in paths:
        await request(layered, "GET", path)
    return [exchange.path for exchange in store.exchanges()]


async def test_recording_can_be_switched_off_and_on(store: Store) -> None:
    """It counts as a connection begins; those in flight are kept to their end."""
    layered = record(app, store=store)
    await _paths(store, layered, "/201")
    store.recording = False
    await _paths(store, layered, "/202")
    store.recording = True
    assert ["/203", "/201"] == await _paths(store, layered, "/203")


@pytest.mark.parametrize(
    ("sample", "most", "least"), [(0.0, 0, 0), (1.0, 200, 200), (0.5, 160, 40)]
)
async def test_a_sample_is_its_share(store: Store, sample: float, most: int, least: int) -> None:
    """None, all, or about half."""
    layered = record(app, store=store, sample=sample)
    assert least <= len(await _paths(store, layered, *["/200"] * 200)) <= most


@pytest.mark.parametrize(
    "skip", [["/204"], lambda scope: scope["path"] == "/204"], ids=["paths", "predicate"]
)
async def test_what_is_to_be_skipped_is_not_recorded(store: Store, skip: Any) -> None:
    """By path, or by a predicate on the scope."""
    layered = record(app, store=store, skip=skip)
    assert ["/200", "/201"] == await _paths(store, layered, "/201", "/204", "/200")


async def test_problems_alone_are_kept(store: Store) -> None:
    """What raised, answered 5xx or was not complete; the memory of the others is given back."""
    layered = record(app, store=store, keep="problems", slow=3600)
    assert ["/raise", "/503", "/500"] == await _paths(
        store, layered, "/200", "/404", "/500", "/503", "/raise"
    )
    await request(layered, "GET", "/200", disconnect=before("send", 1))
    assert 3 == store.stats().exchanges
    store.purge()
    assert store.budget.total == store.budget.left


async def test_a_client_that_left_is_a_problem(store: Store) -> None:
    """The app is told, and it says nothing more."""

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    layered = record(waiting, store=store, keep="problems")
    await request(layered, disconnect=idle())
    assert ["client_gone"] == [exchange.outcome for exchange in store.exchanges()]


async def test_what_was_slow_is_a_problem(store: Store) -> None:
    """At a limit of nothing, everything is slow."""
    layered = record(app, store=store, keep="problems", slow=0)
    assert ["/200"] == await _paths(store, layered, "/200")


@pytest.mark.parametrize("keep", ["all", "problems"])
async def test_the_lifespan_is_stored_when_shutdown_is_complete(store: Store, keep: Any) -> None:
    """Before the server has the message: some exit as soon as they do."""
    seen: list[list[str | None]] = []

    async def look(message: Message) -> None:
        if message["type"] == "lifespan.shutdown.complete":
            seen.append([exchange.outcome for exchange in store.exchanges()])

    result = await lifespan(record(_living, store=store, keep=keep), on_send=look)
    expected = ["complete"] if keep == "all" else []
    assert (None, [expected]) == (result.raised, seen)
    assert expected == [exchange.outcome for exchange in store.exchanges()]
    assert 0 == store.stats().in_flight


async def test_a_store_is_flushed_off_the_loop_when_shutdown_is_complete(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take a while to write, and the server may have more to do; two seconds in all."""
    flushed: list[bool] = []

    def flush(timeout: float = 5.0) -> bool:
        assert 0 <= timeout <= 2.0
        flushed.append(threading.current_thread() is threading.main_thread())
        return True

    monkeypatch.setattr(store, "flush", flush)
    await lifespan(record(_living, store=store))
    assert [False, False] == flushed


async def test_what_ends_while_the_store_is_flushed_is_flushed_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a request that the server cancels, and waits for no longer, before it says shutdown."""
    ended = threading.Event()
    seen: list[bool] = []

    def flush(timeout: float = 5.0) -> bool:
        seen.append(ended.is_set())
        ended.wait(timeout)
        return True

    async def cancelled() -> None:
        await anyio.lowlevel.checkpoint()
        ended.set()

    monkeypatch.setattr(store, "flush", flush)
    async with anyio.create_task_group() as group:

        async def tell(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                group.start_soon(cancelled)

        await lifespan(record(_living, store=store), on_send=tell)
    assert [True] == seen[1:]


async def test_a_lifespan_that_fails_is_recorded_as_an_error(store: Store) -> None:
    """``lifespan.startup.failed`` is how an app says so."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    await lifespan(record(failing, store=store))
    [exchange] = store.exchanges()
    assert ("lifespan", "error") == (exchange.type, exchange.outcome)


async def test_a_lifespan_is_never_slow(store: Store) -> None:
    """It is as long as its process lives."""
    await lifespan(record(_living, store=store, keep="problems", slow=0))
    assert [] == list(store.exchanges())


@pytest.mark.parametrize("keep", ["all", "problems"])
@pytest.mark.parametrize("error", [ValueError("no lifespan"), None], ids=["raises", "returns"])
async def test_an_app_without_a_lifespan_is_no_problem(
    store: Store, error: Exception | None, keep: str
) -> None:
    """It neither asks nor says anything, as Django's, which raises."""

    async def without(scope: Scope, receive: Receive, send: Send) -> None:
        if error is not None:
            raise error

    result = await lifespan(record(without, store=store, keep=keep))
    assert result.raised is error
    assert ["unsupported"] * (keep == "all") == [one.outcome for one in store.exchanges()]


async def test_a_startup_that_crashes_is_an_error(store: Store) -> None:
    """The app asked what there is to do."""

    async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise ValueError("no database")

    await lifespan(record(crashing, store=store))
    [exchange] = store.exchanges()
    assert ("lifespan", "error") == (exchange.type, exchange.outcome)


async def test_a_connection_in_flight_shows_what_it_awaits(store: Store) -> None:
    """From another task, while the app waits for a message: the event has not returned."""

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"secret", "more_body": True})
        await receive()
        await receive()

    scope = http_scope("GET", "/slow")
    given: Message = {"type": "http.request", "body": b"", "more_body": True}
    async with Wire(record(waiting, store=store), scope, messages=[given]) as wire:
        await wire.until_receiving()
        [flight] = store.in_flight()
        assert (None, None, None) == (flight.ended, flight.outcome, flight.error)
        kinds = [(event.direction, event.type) for event in flight.events]
        assert [
            ("send", "http.response.start"),
            ("send", "http.response.body"),
            ("receive", "http.request"),
            ("receive", ""),
        ] == kinds
        assert [True, True, True, False] == [e.returned is not None for e in flight.events]
        assert (b"", 6, True) == (
            flight.events[1].message["body"],
            flight.events[1].size,
            flight.events[1].truncated,
        )
        assert flight == store.get(flight.id)
    assert [] == store.in_flight()
    [exchange] = store.exchanges()
    assert (flight.id, "cancelled") == (exchange.id, exchange.outcome)
    assert exchange.events[-1].raised in {"CancelledError", "Cancelled"}


async def test_a_send_that_hangs_is_seen_as_awaited(store: Store) -> None:
    """A client that does not read keeps the app in ``send``, with the message known."""
    hanging = anyio.Event()
    scope = http_scope("GET", "/200")
    async with Wire(record(app, store=store), scope, on_send=lambda _: hanging.wait()) as wire:
        await wire.take()
        [flight] = store.in_flight()
        [event] = flight.events
        assert ("http.response.start", None, None) == (event.type, event.returned, event.awaited)
        hanging.set()
        await wire.finished()
    [exchange] = store.exchanges()
    assert "complete" == exchange.outcome
    assert all(event.awaited is not None for event in exchange.events)


async def test_receive_and_send_at_once_keep_both_times(store: Store) -> None:
    """A ``receive`` that was called first and returns last stands first."""

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        async def wait() -> None:
            await receive()

        await receive()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})

    await request(record(both, store=store))
    [exchange] = store.exchanges()
    _, waited, start, end = exchange.events
    assert "http.disconnect" == waited.type
    assert waited.called <= start.called <= end.called
    assert (waited.returned or 0) >= (end.returned or 0) >= (start.returned or 1)
    assert "complete" == exchange.outcome


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("sample", 1.5),
        ("sample", "half"),
        ("body_limit", -1),
        ("connection_limit", 0),
        ("slow", float("nan")),
        ("keep", "some"),
        ("skip", "/health"),
        ("skip", 7),
        ("redact", "token"),
        ("store", "redis://"),
        ("store", 7),
    ],
)
def test_an_option_that_cannot_be_right_is_refused(option: str, value: object) -> None:
    """At construction, by name."""
    options: Any = {option: value}
    with pytest.raises(ConfigError, match=f"^record: {option}="):
        record(app, **options)


def test_a_connection_that_is_not_recorded_gets_the_scope_itself() -> None:
    """No copy is made for what nobody wants to see."""
    seen: list[Scope] = []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    result = run(request(record(looking, sample=0.0)))
    assert seen[0] is result.scope


def test_a_websocket_is_recorded_message_by_message() -> None:
    """With its close, in both directions."""
    store = open_store("memory:")

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    run(websocket(record(echo, store=store), messages=["a", "b"], close=(1001, "bye")))
    [exchange] = store.exchanges()
    assert ["a", "a", "b", "b"] == [
        event.message["text"] for event in exchange.events if event.size
    ]
    assert (101, "complete", 2, 2) == (
        exchange.status,
        exchange.outcome,
        exchange.bytes("receive"),
        exchange.bytes("send"),
    )


@pytest.mark.parametrize("receives", range(1, 5))
async def test_a_shutdown_is_kept_whose_last_event_fills_a_segment(
    store: Store, receives: int
) -> None:
    """The limits cut a long connection anywhere, at its last event too."""

    async def long_living(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(receives):
            await receive()
        await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None: ...

    layered = record(long_living, store=store, body_limit=2, connection_limit=4096)
    await layered({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)

    assert 0 == store.faults.total
    [exchange] = store.exchanges()
    assert "complete" == exchange.outcome


HUGE = [(b"x-%d" % number, b"a=b; " * 12_288) for number in range(20)]
SENT = 20 * 61_440 + sum(len(name) for name, _ in HUGE)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("http", {"type": "http.response.start", "status": 200}),
        ("http", {"type": "http.response.trailers"}),
        ("websocket", {"type": "websocket.accept"}),
        ("websocket", {"type": "websocket.http.response.start", "status": 403}),
        ("odd", {"type": "odd.message"}),
    ],
)
async def test_headers_have_a_limit(store: Store, kind: str, message: Message) -> None:
    """Those of the request and of every message: what is kept is small, and the rest counted."""

    async def lavish(scope: Scope, receive: Receive, send: Send) -> None:
        assert HUGE == scope["headers"][:-1]
        await send({**message, "headers": [*HUGE, (b"content-type", b"text/plain")]})

    async def receive() -> Message:
        return {"type": "http.request"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": kind, "path": "/", "headers": [*HUGE, (b"content-type", b"text/plain")]}
    await record(lavish, store=store)(scope, receive, send)
    [exchange] = store.exchanges()
    [event] = exchange.events
    kept = [[b"content-type", b"text/plain"]]
    assert (kept, kept) == (exchange.scope["headers"], event.message["headers"])
    assert {"bytes of headers over 32,768": 2 * SENT} == exchange.dropped
    assert 21 == len(sent[0]["headers"])
    assert store.budget.total - store.budget.left < 20_000


async def test_a_path_and_a_query_have_a_limit(store: Store) -> None:
    """They are cut between two names, so that no secret loses its own."""
    query = b"a=1&token=" + b"s" * 99_999
    large = {"query_string": query, "raw_path": b"/200/" + b"x" * 99_999}
    await request(record(app, store=store), "GET", "/200", scope=large)
    [exchange] = store.exchanges()
    assert (b"a=1", b"/200") == (exchange.scope["query_string"], exchange.scope["raw_path"])
    assert {
        "bytes of query_string over 32,768": len(query) - 3,
        "bytes of raw_path over 32,768": 100_000,
    } == exchange.dropped
