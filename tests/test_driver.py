"""What the driver does with parts: when it calls them, and that nothing else is seen of them."""

from __future__ import annotations

import traceback
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.connection import KEY, current
from asgi_mw.driver import Part, Run, drive
from asgi_mw.faults import Faults
from asgi_mw.testing import http_scope, play, request, websocket

if TYPE_CHECKING:
    from asgi_mw.connection import Connection
    from asgi_mw.progress import Progress
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio
START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"1")]}
BODY: Message = {"type": "http.response.body", "body": b"hello"}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer."""
    await send(START)
    await send(BODY)


def noting(name: str, calls: list[str], **options: Any) -> Part:
    """A part that notes when it is called, and puts a header on each response."""

    def begin(connection: Connection, progress: Progress, now: int) -> str:
        calls.append(f"begin {name}")
        return name

    def start(state: str, message: Message, headers: list[Any], now: int) -> None:
        calls.append(f"start {state}")
        headers.append((b"x-part", state.encode()))

    return Part(
        name=name,
        faults=Faults(name),
        begin=begin,
        start=start,
        over=lambda state: calls.append(f"over {state}"),
        end=lambda state, error: calls.append(f"end {state} {error!r}"),
        follows=True,
        **options,
    )


async def test_parts_are_called_as_layers_would_be() -> None:
    """Outermost first on the way in and after the last send, innermost first on the way out."""
    calls: list[str] = []
    layered = drive(drive(app, noting("inner", calls)), noting("outer", calls))
    result = await request(layered)

    assert calls == [
        "begin outer",
        "begin inner",
        "start inner",
        "start outer",
        "over outer",
        "over inner",
        "end inner None",
        "end outer None",
    ]
    assert result.headers == [(b"a", b"1"), (b"x-part", b"inner"), (b"x-part", b"outer")]
    assert START["headers"] == [(b"a", b"1")]


async def test_parts_next_to_each_other_share_one_driver() -> None:
    """Whatever stands between them ends the run, and so does another clock."""
    calls: list[str] = []

    async def somebody_elses(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    inner = drive(app, noting("a", calls))
    shared = drive(inner, noting("b", calls))
    apart = drive(somebody_elses, noting("b", calls))
    other = drive(inner, noting("b", calls, clock=lambda: 7))

    assert ["b", "a"] == [part.name for part in run_of(shared).parts]
    assert ["b"] == [part.name for part in run_of(apart).parts]
    assert ["b", "a"] == [part.name for part in run_of(other).parts]
    third = drive(other, noting("c", calls, clock=lambda: 8))
    assert ["c"] == [part.name for part in run_of(third).parts]


def run_of(layered: App) -> Run:
    """The run that an app serves."""
    run = vars(layered)["__run__"]
    assert isinstance(run, Run)
    return run


@pytest.mark.parametrize("does", ["begin", "start", "trailers", "passed", "over", "end"])
async def test_a_fault_in_a_part_reaches_nobody(does: str) -> None:
    """It is counted; the other parts and the app go on."""
    calls: list[str] = []
    faults = Faults("broken")

    def fails(*args: object) -> Any:
        raise LookupError(does)

    hooks: dict[str, Any] = {"begin": lambda *args: True, does: fails}
    broken = Part(name="broken", faults=faults, follows=True, **hooks)
    layered = drive(drive(answering_all, noting("inner", calls)), broken)
    result = await request(layered)
    socket = await websocket(layered, messages=["a"])

    assert (result.raised, socket.raised) == (None, None)
    assert result.body == b"hello"
    assert dict.fromkeys(faults.counts) == {f"{does}: LookupError": None}
    assert len(calls) == 8


async def answering_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with trailers, and echo one text of a WebSocket."""
    if scope["type"] == "http":
        await send({**START, "trailers": True})
        await send(BODY)
        await send({"type": "http.response.trailers", "headers": []})
        return
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": (await receive())["text"]})
    await send({"type": "websocket.close", "code": 1000})


async def test_what_left_the_app_reaches_the_parts_and_the_server() -> None:
    """The same object."""
    error = ValueError("no such luck")
    seen: list[BaseException | None] = []

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    part = Part(
        name="seeing",
        faults=Faults("seeing"),
        begin=lambda *args: True,
        end=lambda state, error: seen.append(error),
    )
    result = await request(drive(failing, part))

    assert seen == [error]
    assert result.raised is error


async def test_the_moment_when_the_app_ended_is_one_for_all_parts() -> None:
    """However long the first of them takes with it: log and span say the same duration."""
    moments = count(10)
    said: list[int] = []

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    def part(name: str) -> Part:
        def end(state: Progress, error: BaseException | None) -> None:
            next(moments)
            said.append(state.last(clock))

        return Part(
            name=name,
            faults=Faults(name),
            begin=lambda connection, progress, now: progress,
            end=end,
            follows=True,
            clock=clock,
        )

    def clock() -> int:
        return next(moments)

    await request(drive(drive(failing, part("inner")), part("outer")))
    assert said == [11, 11]


async def test_who_wants_nothing_changes_nothing() -> None:
    """The very scope, receive and send, where no part takes an interest in the connection."""
    seen: list[Any] = []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([scope, receive, send])

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None: ...

    part = Part(name="absent", faults=Faults("absent"), begin=lambda *args: None, follows=True)
    scope = http_scope()
    await drive(looking, part)(scope, receive, send)

    assert seen == [scope, receive, send]
    assert seen[0] is scope


@pytest.mark.parametrize("wants", [True, False])
async def test_a_part_may_follow_some_connections_alone(wants: bool) -> None:  # noqa: FBT001  # a case
    """It says so of what it knows of each; that the app is done, it hears of all."""
    heard: list[str] = []
    seen: list[Progress] = []

    def begin(_: Connection, progress: Progress, __: int) -> dict[str, bool]:
        seen.append(progress)
        return {"wants": wants}

    part = Part(
        name="choosy",
        faults=Faults("choosy"),
        begin=begin,
        follows=itemgetter("wants"),
        over=lambda _: heard.append("over"),
        end=lambda _, __: heard.append("end"),
    )

    await request(drive(app, part))

    assert heard == (["over", "end"] if wants else ["end"])
    assert seen[0].complete == wants


async def test_headers_that_can_be_read_once_are_not_lost() -> None:
    """Though no part takes an interest."""
    seen: list[Any] = []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(scope["headers"])

    part = Part(name="absent", faults=Faults("absent"), begin=lambda *args: None)
    scope = http_scope(headers=[(b"a", b"1")])
    scope["headers"] = iter(scope["headers"])
    await play(drive(looking, part), scope)

    assert seen == [(b"a", b"1")]


async def test_the_connection_is_known_while_it_is_served() -> None:
    """In the scope, in the context, and to each part; nothing holds it afterwards."""
    seen: list[Any] = []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([scope[KEY], current.get()])

    def begin(connection: Connection, progress: Progress, now: int) -> Connection:
        seen.append(connection)
        return connection

    part = Part(name="knowing", faults=Faults("knowing"), begin=begin)
    scope = http_scope()
    await play(drive(drive(looking, part), part), scope)

    assert len(seen) == 4
    assert len(set(map(id, seen))) == 1
    assert current.get() is None
    assert (seen[0].scope is seen[0].given, seen[0].older) == (True, ())
    assert KEY not in scope


async def test_a_traceback_shows_the_lines_of_the_driver() -> None:
    """Though they are in no file."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    part = Part(name="timing", faults=Faults("timing"), begin=lambda *args: True)
    result = await request(drive(failing, part))

    assert result.raised is not None
    shown = "".join(traceback.format_exception(result.raised))
    assert "<asgi_mw: timing #" in shown
    assert "await app(connection.scope, receive, send_driven)" in shown


async def test_a_part_can_read_what_the_app_awaits() -> None:
    """Each call of ``receive`` and ``send`` that has not returned, by when it was made."""
    seen: list[tuple[str, list[str | None], object]] = []
    found: list[Progress] = []

    def begin(connection: Connection, progress: Progress, now: int) -> bool:
        found.append(progress)
        return True

    def see(where: str) -> None:
        seen.append((where, list(found[0].waits.values()), found[0].expects))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        see("before")
        await receive()
        await send(START)
        see("after")
        with pytest.raises(OSError, match="gone"):
            await send(BODY)
        see("failed")

    async def receive() -> Message:
        see("receive")
        return {"type": "http.request", "more_body": False}

    async def send(message: Message) -> None:
        see("send")
        if message is BODY:
            raise OSError("gone")

    part = Part(name="waits", faults=Faults("waits"), begin=begin, follows=True, waits=True)
    await drive(app, part)(http_scope(), receive, send)

    assert seen == [
        ("before", [], True),
        ("receive", ["receive"], True),
        ("send", ["http.response.start"], False),
        ("after", [], False),
        ("send", ["http.response.body"], False),
        ("failed", [], False),
    ]
