"""How a server stops its app, and what requests see of its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, NotOfferedError, Table, expect
from asgi_mw.conformance.checks.starting import ENDS, app_at, up

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

SHUTDOWN = Table()
_SHUTDOWN = (
    "Shutdown: sent to the application when the server has stopped accepting connections and "
    "closed all active connections."
)
_MESSAGE = "the kit says no"


@SHUTDOWN.check(
    "lifespan.shutdown",
    "The server waits for the shutdown to be complete",
    sentence="A server must wait for this message before terminating.",
    source="lifespan#shutdown-complete-send-event",
    own_process=True,
)
def shutdown(kit: Kit) -> str:
    """The server is stopped by SIGTERM."""
    with up(kit) as (process, app):
        process.ask_to_stop()
        expect("receive", {"type": "lifespan.shutdown"}, app.received(within=ENDS))
        early = process.wait(1.0)
        if early is not None or app.ended(0) is not None:
            raise FailedError(f"it ended with status {early} while the app shut down")
        app.send("lifespan.shutdown.complete")
        app.finish()
        status = process.wait(ENDS)
        if status is None:
            raise FailedError(f"it still runs after {ENDS:g} s")
        return f"its exit status is {status}"


@SHUTDOWN.check(
    "lifespan.shutdown.failed",
    "Why the shutdown failed is printed, and the server ends",
    sentence="If a server sees this it should log/print the message provided and then terminate.",
    source="lifespan#shutdown-failed-send-event",
    severity="should",
    own_process=True,
)
def shutdown_failed(kit: Kit) -> None:
    """Or logged."""
    with up(kit) as (process, app):
        process.ask_to_stop()
        app.received(within=ENDS)
        app.leave("lifespan.shutdown.failed", message=_MESSAGE)
        if process.wait(ENDS) is None:
            raise FailedError(f"it still runs after {ENDS:g} s")
        if _MESSAGE not in process.said:
            raise FailedError("the message is not in what it printed")


@SHUTDOWN.check(
    "lifespan.shutdown.after-requests",
    "The shutdown comes behind the requests that are served",
    sentence=_SHUTDOWN,
    source="lifespan#shutdown-receive-event",
    own_process=True,
)
def after_requests(kit: Kit) -> str:
    """One is in flight as SIGTERM comes."""
    with up(kit) as (process, lifespan):
        http = kit.connect()
        http.ask("GET", "/open")
        app = app_at(kit, "/open")
        number = lifespan.receiving()
        process.ask_to_stop()
        early = lifespan.outcome(number, 1.5)
        if early is None:
            app.answer(b"served")
            app.finish()
            expect("body", b"served", http.response().body)
            expect("receive", {"type": "lifespan.shutdown"}, lifespan.received(number, ENDS))
            return "the request is served"
        if not http.ends(kit.clock.quiet):
            raise FailedError(f"receive {early} while a request is served")
        return "the request is cut"


def _open_at_the_end(lifespan: Puppet, number: int) -> str:
    outcome = lifespan.outcome(number, ENDS)
    if outcome is None:
        return f"no lifespan.shutdown comes within {ENDS:g} s"
    lifespan.send("lifespan.shutdown.complete")
    return "lifespan.shutdown comes" if outcome.message else f"receive {outcome}"


@SHUTDOWN.check(
    "lifespan.shutdown.open-stream",
    "What happens to a response that does not end as the server stops",
    sentence="Open: whether the server waits for it, or ends it.",
    source="lifespan#shutdown-receive-event",
    severity="undecided",
    own_process=True,
)
def open_stream(kit: Kit) -> str:
    """Server-sent events are such a response."""
    with up(kit) as (process, lifespan):
        http = kit.connect()
        http.ask("GET", "/open")
        app = app_at(kit, "/open")
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


@SHUTDOWN.check(
    "lifespan.shutdown.open-websocket",
    "What happens to a WebSocket that is open as the server stops",
    sentence="Open: whether the server waits for it, or closes it, and with which code.",
    source="lifespan#shutdown-receive-event",
    severity="undecided",
    own_process=True,
)
def open_websocket(kit: Kit) -> str:
    """The app ends when it receives the disconnect."""
    with up(kit) as (process, lifespan):
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


@SHUTDOWN.check(
    "lifespan.state",
    "Each request has a shallow copy of the state",
    sentence="The server will ensure that a shallow copy of the namespace is passed into each "
    "subsequent request/response call into the application.",
    source="lifespan#lifespan-state",
)
def state(kit: Kit) -> None:
    """The next does not see what one puts there, but it sees what one adds to a list there."""
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
