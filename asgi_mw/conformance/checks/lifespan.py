"""How a server starts and stops its app; each check but one runs a server of its own."""

from __future__ import annotations

import contextlib
from time import monotonic
from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, NotOfferedError, Table, expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.process import Process
    from asgi_mw.conformance.puppet import Puppet

LIFESPAN = Table()
_GOES_ON = (
    "If an exception is raised when calling the application callable with a lifespan.startup "
    "message or a scope with type lifespan, the server must continue but not send any lifespan "
    "events."
)
_FAILED = "If a server sees this it should log/print the message provided and then exit."
_SHUTDOWN = (
    "Shutdown: sent to the application when the server has stopped accepting connections and "
    "closed all active connections."
)
_STARTS = 30.0
_ENDS = 10.0
_SETTLES = 2.0
_STARTUP_FAILED = "lifespan.startup.failed"
_MESSAGE = "the kit says no"


@contextlib.contextmanager
def _another(kit: Kit) -> Iterator[tuple[Process, Puppet]]:
    """A server whose app was called for its lifespan."""
    with kit.another() as process:
        app = _first_call(kit, process)
        if app is None or app.kind != "lifespan":
            raise NotOfferedError("the app is called without a lifespan")
        yield process, app


def _first_call(kit: Kit, process: Process) -> Puppet | None:
    end = monotonic() + _STARTS
    while not process.listens() and monotonic() < end:
        if (app := kit.app_or_none(0.1)) is not None:
            return app
        if process.status is not None:
            raise FailedError(f"it ended with status {process.status}: {process.tail}")
    if (app := kit.app_or_none(_SETTLES)) is not None:
        return app
    # A request that is served proves that nothing comes before it
    http = kit.connect()
    http.ask("GET", "/early")
    app = kit.app_or_none(max(end - monotonic(), 0))
    http.close()
    return app


@contextlib.contextmanager
def _up(kit: Kit) -> Iterator[tuple[Process, Puppet]]:
    """The same, started."""
    with _another(kit) as (process, app):
        expect("receive", {"type": "lifespan.startup"}, app.received())
        app.send("lifespan.startup.complete")
        process.wait_until_it_listens()
        yield process, app


def _serves(kit: Kit, process: Process) -> None:
    process.wait_until_it_listens()
    http = kit.connect()
    http.ask("GET", "/up")
    app = _app_at(kit, "/up")
    app.answer(b"up")
    expect("body", b"up", http.response().body)


def _app_at(kit: Kit, path: str) -> Puppet:
    """The call for that path: others may be left of the start."""
    while (app := kit.app(within=_ENDS)).scope["path"] != path:
        app.close()
    return app


@LIFESPAN.check(
    "lifespan.startup",
    "No request is served before the startup is complete",
    sentence="A server must wait for this message before it starts processing connections.",
    source="lifespan#startup-complete-send-event",
    own_process=True,
)
def startup(kit: Kit) -> None:
    """Then it is."""
    with _another(kit) as (process, app):
        expect("receive", {"type": "lifespan.startup"}, app.received())
        if process.listens():
            kit.connect().ask()
        early = kit.app_or_none(1.0)
        if early is not None:
            raise FailedError(f"the app is called with type {early.kind}")
        app.send("lifespan.startup.complete")
        _serves(kit, process)


@LIFESPAN.check(
    "lifespan.unsupported",
    "An app that refuses the lifespan is served without one",
    sentence=_GOES_ON,
    source="lifespan#scope",
    own_process=True,
)
def unsupported(kit: Kit) -> None:
    """It raises at once."""
    with _another(kit) as (process, app):
        app.fail()
        _serves(kit, process)


@LIFESPAN.check(
    "lifespan.startup.raises",
    "An app that raises on the startup is served without a lifespan",
    sentence=_GOES_ON,
    source="lifespan#scope",
    own_process=True,
)
def startup_raises(kit: Kit) -> None:
    """It has received the message."""
    with _another(kit) as (process, app):
        app.received()
        app.fail()
        app.ended()
        _serves(kit, process)


@LIFESPAN.check(
    "lifespan.startup.failed",
    "A startup that failed ends the server",
    sentence=_FAILED,
    source="lifespan#startup-failed-send-event",
    severity="should",
    own_process=True,
)
def startup_failed(kit: Kit) -> str:
    """With whatever status."""
    status, _ = _failed_startup(kit)
    return f"its exit status is {status}"


@LIFESPAN.check(
    "lifespan.startup.failed.said",
    "Why the startup failed is printed",
    sentence=_FAILED,
    source="lifespan#startup-failed-send-event",
    severity="should",
    own_process=True,
)
def startup_failed_said(kit: Kit) -> None:
    """Or logged."""
    _, said = _failed_startup(kit)
    if _MESSAGE not in said:
        raise FailedError(f"the message is not in what it printed: {said.strip()[-200:]!r}")


@LIFESPAN.check(
    "lifespan.startup.failed.cleanup",
    "It ends the server also if the app cleans up before it returns",
    sentence=_FAILED,
    source="lifespan#startup-failed-send-event",
    severity="should",
    own_process=True,
)
def startup_failed_cleanup(kit: Kit) -> str:
    """It awaits something behind its send; what the send raised leaves the app then."""
    with _another(kit) as (process, app):
        app.received()
        number = app.begin("send", message={"type": _STARTUP_FAILED, "message": _MESSAGE})
        outcome = app.outcome(number)
        app.pause()
        if outcome is not None and outcome.raised:
            app.fail_with(number)
        else:
            app.finish()
        status = process.wait(_ENDS)
        if status is None:
            serves = ", and listens" if process.listens() else ""
            raise FailedError(f"it still runs after {_ENDS:g} s{serves}")
        return f"its exit status is {status}"


def _failed_startup(kit: Kit) -> tuple[int, str]:
    with _another(kit) as (process, app):
        app.received()
        app.leave(_STARTUP_FAILED, message=_MESSAGE)
        status = process.wait(_ENDS)
        if status is None:
            raise FailedError(f"it still runs after {_ENDS:g} s")
        return status, process.said


@LIFESPAN.check(
    "lifespan.shutdown",
    "The server waits for the shutdown to be complete",
    sentence="A server must wait for this message before terminating.",
    source="lifespan#shutdown-complete-send-event",
    own_process=True,
)
def shutdown(kit: Kit) -> str:
    """As it is stopped by SIGTERM."""
    with _up(kit) as (process, app):
        process.ask_to_stop()
        expect("receive", {"type": "lifespan.shutdown"}, app.received(within=_ENDS))
        early = process.wait(1.0)
        if early is not None or app.ended(0) is not None:
            raise FailedError(f"it ended with status {early} while the app shut down")
        app.send("lifespan.shutdown.complete")
        app.finish()
        status = process.wait(_ENDS)
        if status is None:
            raise FailedError(f"it still runs after {_ENDS:g} s")
        return f"its exit status is {status}"


@LIFESPAN.check(
    "lifespan.shutdown.failed",
    "Why the shutdown failed is printed, and the server ends",
    sentence="If a server sees this it should log/print the message provided and then terminate.",
    source="lifespan#shutdown-failed-send-event",
    severity="should",
    own_process=True,
)
def shutdown_failed(kit: Kit) -> None:
    """Or logged."""
    with _up(kit) as (process, app):
        process.ask_to_stop()
        app.received(within=_ENDS)
        app.leave("lifespan.shutdown.failed", message=_MESSAGE)
        if process.wait(_ENDS) is None:
            raise FailedError(f"it still runs after {_ENDS:g} s")
        if _MESSAGE not in process.said:
            raise FailedError("the message is not in what it printed")


@LIFESPAN.check(
    "lifespan.shutdown.after-requests",
    "The shutdown comes behind the requests that are served",
    sentence=_SHUTDOWN,
    source="lifespan#shutdown-receive-event",
    own_process=True,
)
def after_requests(kit: Kit) -> str:
    """One is in flight as SIGTERM comes."""
    with _up(kit) as (process, lifespan):
        http = kit.connect()
        http.ask("GET", "/open")
        app = _app_at(kit, "/open")
        number = lifespan.receiving()
        process.ask_to_stop()
        early = lifespan.outcome(number, 1.5)
        if early is None:
            app.answer(b"served")
            app.finish()
            expect("body", b"served", http.response().body)
            expect("receive", {"type": "lifespan.shutdown"}, lifespan.received(number, _ENDS))
            return "the request is served"
        if not http.ends(kit.clock.quiet):
            raise FailedError(f"receive {early} while a request is served")
        return "the request is cut"


def _open_at_the_end(lifespan: Puppet, number: int) -> str:
    outcome = lifespan.outcome(number, _ENDS)
    if outcome is None:
        return f"no lifespan.shutdown comes within {_ENDS:g} s"
    lifespan.send("lifespan.shutdown.complete")
    return "lifespan.shutdown comes" if outcome.message else f"receive {outcome}"


@LIFESPAN.check(
    "lifespan.shutdown.open-stream",
    "What happens to a response that does not end as the server stops",
    sentence="Open: whether the server waits for it, or ends it.",
    source="lifespan#shutdown-receive-event",
    severity="undecided",
    own_process=True,
)
def open_stream(kit: Kit) -> str:
    """As server-sent events are."""
    with _up(kit) as (process, lifespan):
        http = kit.connect()
        http.ask("GET", "/open")
        app = _app_at(kit, "/open")
        app.body()
        app.send("http.response.start", status=200, headers=[])
        app.send("http.response.body", body=b"part", more_body=True)
        http.read_until(b"part")
        waits, number = app.receiving(), lifespan.receiving()
        process.ask_to_stop()
        said = _open_at_the_end(lifespan, number)
        outcome = app.outcome(waits, 0)
        heard = "nothing" if outcome is None else str(outcome)
        how = app.ended(0)
        return f"{said}; the app hears {heard}{f', and was {how}' if how else ''}"


@LIFESPAN.check(
    "lifespan.shutdown.open-websocket",
    "What happens to a WebSocket that is open as the server stops",
    sentence="Open: whether the server waits for it, or closes it, and with which code.",
    source="lifespan#shutdown-receive-event",
    severity="undecided",
    own_process=True,
)
def open_websocket(kit: Kit) -> str:
    """The app ends as it hears of it."""
    with _up(kit) as (process, lifespan):
        client, app = kit.socket()
        waits, number = app.receiving(), lifespan.receiving()
        process.ask_to_stop()
        try:
            frame = client.closing(3.0)
            code = "no close" if frame is None else f"code {frame.code}"
            client.close_with(None if frame is None else frame.code)
        except FailedError:
            code = "nothing"
        client.http.close()
        outcome = app.outcome(waits, 3.0)
        app.finish()
        said = _open_at_the_end(lifespan, number)
        return f"the client gets {code}; receive {outcome or 'waits'}; {said}"


@LIFESPAN.check(
    "lifespan.state",
    "Each request has a shallow copy of the state",
    sentence="The server will ensure that a shallow copy of the namespace is passed into each "
    "subsequent request/response call into the application.",
    source="lifespan#lifespan-state",
)
def state(kit: Kit) -> None:
    """What one puts there is not in that of the next; what is in a list there is."""
    http, app = kit.ask()
    if "state" not in app.scope:
        raise NotOfferedError("there is no state")
    before = app.scope["state"]
    if before.get("number") != 1 or not isinstance(before.get("shared"), list):
        raise FailedError(f"what the app put there as it started is not there: {before}")
    app.mark("state", "own")
    app.mark("state", "shared")
    app.answer(b"")
    http.response()
    app.finish()
    _, second = kit.ask()
    expect("shared list", [*before["shared"], "kit"], second.scope["state"]["shared"])
    if "own" in second.scope["state"]:
        raise FailedError("what one request put into the state is in that of the next")
    _, socket = kit.shake()
    expect("state of a WebSocket", second.scope["state"], socket.scope.get("state"))
