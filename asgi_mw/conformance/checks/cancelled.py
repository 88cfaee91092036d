"""What a ``receive`` does when it is cancelled while the client is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, Table, expect
from asgi_mw.conformance.checks.leaving import leaves, waits

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit

CANCELLED = Table()
_RECEIVE = "www#disconnect-receive-event"
_AFTER = (
    "Disconnect: sent to the application if receive is called after a response has been sent or "
    "after the HTTP connection has been closed."
)


@CANCELLED.check(
    "receive.cancelled",
    "A receive that is cancelled gives no false http.disconnect",
    sentence=_AFTER,
    source=_RECEIVE,
)
def cancelled_receive(kit: Kit) -> None:
    """As with a time limit around ``receive``; the client is there all the time."""
    _, app = kit.ask()
    app.body()
    outcome = app.cancel(waits(app))
    if outcome is None:
        raise FailedError("receive did not return within the time after it was cancelled")
    if not outcome.cancelled:
        raise FailedError(f"receive was cancelled, and {outcome}, while the client is there")
    waits(app)


@CANCELLED.check(
    "receive.polled",
    "A receive under a time limit of 0 gives no false http.disconnect",
    sentence=_AFTER,
    source=_RECEIVE,
)
def polled_receive(kit: Kit) -> None:
    """The app polls as Starlette's ``request.is_disconnected()`` does."""
    http, app = kit.ask()
    app.body()
    for _ in range(3):
        outcome = app.outcome(app.begin("poll"))
        if outcome is None or not outcome.cancelled:
            raise FailedError(f"receive {outcome or 'did not return'}, while the client is there")
    app.answer(b"still here")
    expect("body", b"still here", http.response().body)


@CANCELLED.check(
    "receive.cancelled.disconnect",
    "After a receive that was cancelled, the next one gets the http.disconnect",
    sentence=_AFTER,
    source=_RECEIVE,
)
def seen_after_cancelled(kit: Kit) -> None:
    """The client really leaves then."""
    http, app = kit.ask()
    app.body()
    app.cancel(waits(app))
    number = app.receiving()
    http.close()
    leaves(app, number)


@CANCELLED.check(
    "receive.cancelled.body",
    "A receive that is cancelled loses nothing of the body",
    sentence="body: body of the request. If more_body is set, treat as start of body and "
    "concatenate on further chunks.",
    source="www#request-receive-event",
)
def loses_nothing(kit: Kit) -> str:
    """The next ``receive`` gets what comes after the cancellation."""
    http = kit.connect()
    http.ask("POST", "/", b"Content-Length: 6")
    app = kit.app_or_none(1.0)
    if app is None:
        return "the app is called only when the body is whole"
    number = app.receiving()
    first = app.outcome(number, kit.clock.quiet)
    before = b""
    if first is None:
        first = app.cancel(number)
        if first is not None and not first.cancelled and first.message is None:
            raise FailedError(f"receive was cancelled, and {first}")
    if first is not None and first.message is not None:
        if first.message["type"] != "http.request":
            raise FailedError(f"receive {first} while the client is there")
        before = first.message.get("body", b"")
    http.write(b"abc")
    polled = app.outcome(app.begin("poll"))
    if polled is not None and polled.message is not None:
        before += polled.message.get("body", b"")
    http.write(b"def")
    expect("body", b"abcdef", before + app.body())
    return ""
