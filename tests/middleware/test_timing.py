"""Every HTTP response says how long it took to begin, and where that time went."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count
from math import inf, nan
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw import ConfigError, measure, production, timing
from asgi_mw.faults import ledger
from asgi_mw.testing import HEADER_KINDS, lifespan, play, request, run, websocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

MS = 1_000_000
BODY: Message = {"type": "http.response.body", "body": b"abc"}
# https://www.w3.org/TR/server-timing/#the-server-timing-header-field
ENTRY = re.compile(rb'[!#-\'*+.^_`|~0-9A-Za-z-]+(;dur=[0-9]+\.[0-9]{3})?(;desc="[ !#-\[\]-~]*")?')


def start(**keys: Any) -> Message:
    """Make a start."""
    return {"type": "http.response.start", "status": 200, "headers": [], **keys}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once."""
    await send(start())
    await send(BODY)


def ticking(*moments: float) -> Callable[[], Any]:
    """Make a clock that gives these ns, one a call."""
    return iter(moments).__next__


def steady() -> Callable[[], int]:
    """Make a clock that goes on by one ms a call."""
    return count(0, MS).__next__


def after(measured: Callable[[], Awaitable[None]], **keys: Any) -> App:
    """Do something, then answer."""

    async def measuring(scope: Scope, receive: Receive, send: Send) -> None:
        await measured()
        await send(start(**keys))
        await send(BODY)

    return measuring


async def test_the_header_tells_the_time_to_the_start() -> None:
    """From the call of the app, in milliseconds, whatever the body takes."""
    result = await request(timing(app, clock=ticking(1_000, 12_301_000)))

    assert result.sent == [start(headers=[(b"server-timing", b"app;dur=12.300")]), BODY]


async def test_the_names_can_be_chosen() -> None:
    """The header in lower case, the metric as it was written."""
    result = await request(timing(app, header="X-Time", metric="Web_1", clock=ticking(0, 2 * MS)))

    assert result.headers == [(b"x-time", b"Web_1;dur=2.000")]


@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_the_apps_own_headers_stay(kind: str) -> None:
    """Its own ``Server-Timing`` too, before ours; and its objects are not touched."""
    own = [(b"server-timing", b"cache;dur=1"), (b"set-cookie", b"a"), (b"set-cookie", b"b")]
    message = start(headers=HEADER_KINDS[kind](own))
    headers = message["headers"]

    async def owner(scope: Scope, receive: Receive, send: Send) -> None:
        await send(message)
        await send(BODY)

    result = await request(timing(owner, clock=ticking(0, MS)))

    assert result.headers == [*own, (b"server-timing", b"app;dur=1.000")]
    assert message["headers"] is headers
    assert kind != "list of tuples" or headers == own


@pytest.mark.parametrize("method", ["HEAD", "GET", "OPTIONS"])
@pytest.mark.parametrize("status", [101, 200, 204, 304, 404, 500])
async def test_every_status_and_method(method: str, status: int) -> None:
    """With a body or without one; a start without headers has them then."""

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body"})

    result = await request(timing(bare, clock=ticking(0, MS)), method)

    assert (result.status, result.headers) == (status, [(b"server-timing", b"app;dur=1.000")])


async def test_a_second_start_passes_as_well() -> None:
    """It is the app's mistake, and the server's to judge."""

    async def twice(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(start(status=500))
        await send(BODY)

    result = await request(timing(twice, clock=steady()))

    assert [message.get("status") for message in result.sent] == [200, 500, None]


@pytest.mark.parametrize("headers", [None, 5, [5], [(b"a",)]], ids=repr)
async def test_headers_that_are_none_are_left_for_the_server(headers: Any) -> None:
    """What is wrong stays wrong, and no exception is ours."""

    async def odd(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(headers=headers))

    result = await request(timing(odd))

    assert result.raised is None
    assert len(result.sent) == 1


async def test_other_connections_and_messages_pass_untouched() -> None:
    """By identity: WebSocket, lifespan, what nobody has seen."""
    unknown: Message = {"type": "x.unknown"}

    async def any_app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(unknown)

    layered = timing(any_app)
    results = [
        await request(layered),
        await websocket(layered),
        await lifespan(layered),
        await play(layered, {"type": "sse.v2", "asgi": {"version": "3.0"}}),
    ]

    assert [result.originals[0] is unknown for result in results] == [True] * 4


async def test_exceptions_pass_by_identity() -> None:
    """And leave no measurement to the next request."""
    error = BaseExceptionGroup("several", [KeyboardInterrupt()])

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        with measure("db"):
            raise error

    layered = timing(broken)

    assert (await request(layered)).raised is error


async def test_measured_blocks_follow_in_their_order() -> None:
    """Sync and async, nested ones as they end."""

    async def work() -> None:
        with measure("db"):
            async with measure("inner"):
                await anyio.lowlevel.checkpoint()
        async with measure("render"):
            pass

    result = await request(timing(after(work), clock=steady()))

    assert (
        result.header("server-timing")
        == b"app;dur=7.000, inner;dur=1.000, db;dur=3.000, render;dur=1.000"
    )


async def test_a_block_that_raises_is_measured_too() -> None:
    """And its exception goes on."""

    async def work() -> None:
        with pytest.raises(LookupError, match="mine"), measure("db"):
            raise LookupError("mine")
        with pytest.raises(LookupError, match="mine"):
            async with measure("cache"):
                raise LookupError("mine")

    result = await request(timing(after(work), clock=steady()))

    assert result.header("server-timing") == b"app;dur=5.000, db;dur=1.000, cache;dur=1.000"


async def test_threads_and_tasks_measure_as_well() -> None:
    """Those of anyio carry the context."""

    def blocking() -> None:
        with measure("thread"):
            pass

    async def task() -> None:
        with measure("task"):
            pass

    async def work() -> None:
        await anyio.to_thread.run_sync(blocking)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(task)

    result = await request(timing(after(work), clock=steady()))

    assert result.header("server-timing") == b"app;dur=5.000, thread;dur=1.000, task;dur=1.000"


async def test_outside_of_the_layer_it_only_runs_the_block() -> None:
    """In a script, in another kind of connection, and after the request."""
    done = []
    with measure("db"):
        done.append("sync")
    async with measure("db", description="x"):
        done.append("async")

    async def socket(scope: Scope, receive: Receive, send: Send) -> None:
        with measure("db"):
            done.append("websocket")

    await websocket(timing(socket))

    assert done == ["sync", "async", "websocket"]


async def test_concurrent_requests_do_not_mix() -> None:
    """Each has entries of its own."""

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(3):
            with measure(scope["path"][1:]):
                await anyio.lowlevel.checkpoint()
        await send(start())
        await send(BODY)

    layered = timing(named)
    names: dict[str, set[bytes]] = {}

    async def one(name: str) -> None:
        value = (await request(layered, "GET", f"/{name}")).header("server-timing") or b""
        names[name] = {entry.split(b";")[0].strip() for entry in value.split(b",")}

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(one, f"n{number}")

    assert names == {f"n{number}": {b"app", b"n%d" % number} for number in range(50)}


async def test_many_marks_are_bounded_and_the_rest_is_counted() -> None:
    """500 of them make no header of 500."""

    async def work() -> None:
        for number in range(500):
            with measure(f"mark-{number}"):
                pass

    value = (await request(timing(after(work)))).header("server-timing") or b""
    *entries, dropped = value.split(b", ")
    shown = len(entries) - 1  # without our own

    assert len(b"server-timing: " + value) <= 2048
    assert dropped == b'dropped;desc="%d"' % (500 - shown)
    assert 0 < shown <= 100


@pytest.mark.parametrize("times", [1, 40])
async def test_long_names_and_descriptions_are_cut(times: int) -> None:
    """10,000 characters each: the header stays under 2 KiB and says what is missing."""

    async def work() -> None:
        for _ in range(times):
            with measure("n" * 10_000, description="d" * 10_000):
                pass

    layered = timing(after(work), when=lambda _: True)
    value = (await request(layered)).header("server-timing") or b""
    entries = value.split(b", ")
    dropped = re.fullmatch(rb'dropped;desc="([0-9]+)"', entries[-1])
    missing = int(dropped[1]) if dropped else 0

    assert len(b"server-timing: " + value) <= 2048
    assert len(entries) - 1 - bool(dropped) + missing == times
    assert all(ENTRY.fullmatch(entry) for entry in entries)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("db", b"db"),
        ("get user", b"get-user"),
        ("a,b;c=d", b"a-b-c-d"),
        ("größe", b"gr--e"),
        ("\r\nset-cookie: x", b"--set-cookie--x"),
        ("\udc80", b"-"),
        ("", b"-"),
    ],
    ids=ascii,
)
async def test_a_name_becomes_a_token(name: str, shown: bytes) -> None:
    """Nothing that a client or a database sent can end the entry or the header."""

    async def work() -> None:
        with measure(name):
            pass

    result = await request(timing(after(work), clock=steady()))

    assert result.header("server-timing") == b"app;dur=3.000, %s;dur=1.000" % shown


@given(st.text(st.characters(exclude_categories=()), max_size=80), st.text(max_size=80))
def test_any_name_and_description_make_one_legal_entry(name: str, description: str) -> None:
    """As the specification of the header wants it."""

    async def work() -> None:
        with measure(name, description=description):
            pass

    layered = timing(after(work), when=lambda _: True)
    value = run(request(layered)).header("server-timing") or b""

    assert [bool(ENTRY.fullmatch(entry)) for entry in value.split(b", ", 1)] == [True, True]


async def test_descriptions_are_for_those_whom_the_predicate_names() -> None:
    """By default everybody sees durations only; with ``when`` the others see nothing."""

    async def work() -> None:
        with measure("db", description='SELECT "x"\\ é'):
            pass

    def is_admin(scope: Scope) -> bool:
        return bool(scope["path"] == "/admin")

    everybody = await request(timing(after(work), clock=steady()))
    admin = await request(timing(after(work), when=is_admin, clock=steady()), "GET", "/admin")
    other = await request(timing(after(work), when=is_admin, clock=steady()), "GET", "/")

    assert everybody.header("server-timing") == b"app;dur=3.000, db;dur=1.000"
    assert admin.header("server-timing") == b'app;dur=3.000, db;dur=1.000;desc="SELECT ?x?? ?"'
    assert other.headers == []


async def test_a_predicate_that_raises_hides_the_header(caplog: pytest.LogCaptureFixture) -> None:
    """The request goes on; it is said once."""

    def broken(scope: Scope) -> bool:
        raise LookupError("mine")

    layered = timing(app, when=broken)
    results = [await request(layered), await request(layered)]

    assert [(result.status, result.headers) for result in results] == [(200, [])] * 2
    assert len(caplog.records) == 1


TRAILERS: Message = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}


async def test_trailers_tell_the_total_and_what_came_after_the_start() -> None:
    """In the last of them, announced in ``Trailer``; the others pass as they are."""
    first: Message = {**TRAILERS, "more_trailers": True}

    async def trailing(scope: Scope, receive: Receive, send: Send) -> None:
        with measure("before"):
            pass
        await send(start(trailers=True, headers=[(b"trailer", b"x-sum")]))
        await send(BODY)
        with measure("after"):
            pass
        await send(first)
        await send(TRAILERS)

    result = await request(timing(trailing, clock=steady()))

    assert result.all("trailer") == [b"x-sum", b"server-timing"]
    assert result.all("server-timing") == [b"app;dur=3.000, before;dur=1.000"]
    assert result.originals[2] is first
    assert result.sent[3]["headers"] == [
        (b"x-sum", b"1"),
        (b"server-timing", b"total;dur=6.000, after;dur=1.000"),
    ]


async def test_trailers_that_nobody_announced_pass_untouched() -> None:
    """The server decides what becomes of them."""

    async def trailing(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(BODY)
        await send(TRAILERS)

    result = await request(timing(trailing))

    assert result.originals[2] is TRAILERS
    assert result.all("trailer") == []


@pytest.mark.parametrize("moment", [nan, inf, -inf], ids=str)
async def test_a_duration_that_is_no_number_is_never_printed(moment: float) -> None:
    """Whatever the clock says."""

    async def work() -> None:
        with measure("db"):
            pass

    layered = timing(after(work), clock=ticking(0, 0, moment, moment))
    value = (await request(layered)).header("server-timing") or b""

    assert re.search(rb"nan|inf", value) is None


@pytest.mark.parametrize(
    "moment", [None, "12", b"1", 1j, [], 10**400, -(10**400), nan, inf, timedelta(1)], ids=repr
)
async def test_a_clock_that_gives_no_number_stands_still(moment: Any) -> None:
    """The fault is counted and never reaches the server."""
    before = clock_faults()
    result = await request(timing(app, clock=lambda: moment))

    assert (None, b"app;dur=0.000") == (result.raised, result.header("server-timing"))
    assert before + 2 == clock_faults()


def clock_faults() -> int:
    """How often a clock of ``timing`` failed."""
    faults = ledger().items()
    return sum(n for (_, owner, what), n in faults if owner == "timing" and "clock" in what)


async def test_every_layer_goes_on_with_such_a_clock() -> None:
    """The log and the spans, too."""
    broken: Any = {"clock": lambda: None}
    result = await request(production(app, tracing=broken, access_log=broken, timing=broken))

    assert (None, 200) == (result.raised, result.status)


def test_a_clock_that_is_async_is_refused() -> None:
    """It would give a coroutine."""

    async def clock() -> int:
        return 0

    with pytest.raises(ConfigError, match="is async; give a plain function that returns ns"):
        timing(app, clock=clock)  # type: ignore[arg-type]  # the mistake


SHOP, MAPS = "https://shop.example.org", "http://[::1]:8000"


@pytest.mark.parametrize(
    ("allowed", "own", "expected"),
    [
        ([SHOP], (), [SHOP.encode()]),
        ((SHOP, MAPS), (), [f"{SHOP}, {MAPS}".encode()]),
        (["*"], (), [b"*"]),
        ((), (), []),
        (
            ["*"],
            [(b"Timing-Allow-Origin", b"https://own.example.org")],
            [b"https://own.example.org"],
        ),
    ],
)
async def test_pages_of_other_origins_may_be_let_see_it(
    allowed: list[str], own: Any, expected: list[bytes]
) -> None:
    """The app's own word wins."""
    result = await request(timing(after(nothing, headers=[*own]), allow_origins=allowed))

    assert expected == result.all("timing-allow-origin")


async def nothing() -> None:
    """Take no time."""


async def test_whom_when_leaves_out_is_told_nothing_of_it() -> None:
    """Neither the timing nor who may read it."""
    result = await request(timing(app, when=lambda _: False, allow_origins=["*"]))

    assert [] == result.headers


@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_it_is_added_to_every_kind_of_headers(kind: Any) -> None:
    """Which the app keeps as they are."""
    given = HEADER_KINDS[kind]([(b"x-own", b"1")])
    result = await request(timing(after(nothing, headers=given), allow_origins=["*"]))

    assert (b"1", b"*") == (result.header("x-own"), result.header("timing-allow-origin"))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("*", "a list is meant"),
        (5, "a list is meant"),
        ([SHOP + "/"], "is no origin as browsers write it"),
        ([SHOP.upper()], "is no origin as browsers write it"),
        (["https://*.example.org"], "is no origin as browsers write it"),
        ([f"{SHOP}, {MAPS}"], "is no origin as browsers write it"),
        ([SHOP + "\r\nx: y"], "is no origin as browsers write it"),
        ([b"*"], "is no origin as browsers write it"),
        (["null"], "any page can take the origin null"),
        (["*", SHOP], "already stands for all"),
    ],
)
def test_what_is_no_origin_is_said(wrong: Any, reason: str) -> None:
    """A browser would take no notice of it."""
    with pytest.raises(ConfigError, match=reason):
        timing(app, allow_origins=wrong)


def test_what_cannot_be_right_is_told_when_the_layer_is_made() -> None:
    """All of it together."""
    odd: Any = 5
    with pytest.raises(ConfigError) as caught:
        timing(app, header="x y", metric="a;b", when=odd, clock=odd)

    assert [(problem.option, problem.value) for problem in caught.value.problems] == [
        ("header", "x y"),
        ("metric", "a;b"),
        ("when", 5),
        ("clock", 5),
    ]


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """No test leaves a measurement in the context."""
    yield
    assert measure("x")._entries is None
