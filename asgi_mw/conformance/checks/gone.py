"""What a ``send`` does when the client has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, NotOfferedError, Table, expect
from asgi_mw.conformance.checks.leaving import leaves

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

GONE = Table()
_SEND = "www#disconnected-client-send-exception"
_RAISES = (
    "If send() is called on a closed connection the server should raise a server-specific "
    "subclass of OSError."
)
_RETURNS = "send: will return once the send has been completed or the connection has been closed."


def _gone(kit: Kit, *, streams: bool) -> Puppet:
    http, app = kit.ask()
    app.body()
    if streams:
        app.send("http.response.start", status=200, headers=[])
        app.send("http.response.body", body=b"part", more_body=True)
        http.read_until(b"part")
    http.close()
    leaves(app)
    return app


@GONE.check(
    "gone.send-ends",
    "A send to a client that has left returns or raises, and does not wait",
    sentence=_RETURNS,
    source="asgi#applications",
)
def send_ends(kit: Kit) -> str:
    """Before the start and within the response, with more than fits into a buffer."""
    said = []
    for streams in (False, True):
        app = _gone(kit, streams=streams)
        if not streams:
            app.sending("http.response.start", status=200, headers=[])
        for _ in range(8):
            outcome = app.sending("http.response.body", fill=1 << 18, more_body=True)
            if outcome is None:
                raise FailedError(f"send waits for ever, {'within' if streams else 'before'} it")
        said.append(str(outcome))
    return said[-1]


@GONE.check(
    "gone.send-raises",
    "A send to a client that has left raises a subclass of OSError",
    sentence=_RAISES,
    source=_SEND,
    severity="should",
)
def send_raises(kit: Kit) -> None:
    """From version 2.4 of the specification on."""
    app = _gone(kit, streams=True)
    outcomes = [app.sending("http.response.body", body=b"x" * 1000, more_body=True) for _ in "123"]
    if any(outcome is not None and "OSError" in outcome.raised for outcome in outcomes):
        return
    version = ".".join(map(str, app.version))
    if app.version < (2, 4):
        raise NotOfferedError(f"it claims version {version}; send {outcomes[-1]}")
    raise FailedError(f"it claims version {version}, and send {outcomes[-1] or 'waits'}")


@GONE.check(
    "gone.error-caught",
    "The error of such a send may leave the app, and is not logged as one",
    sentence="Servers must be prepared to catch this exception if they raised it and should not "
    "log it as an error in their server logs.",
    source=_SEND,
)
def own_error_caught(kit: Kit) -> None:
    """The error does not stop the server either."""
    app = _gone(kit, streams=True)
    number = app.begin("send", message={"type": "http.response.body", "body": b"x"})
    outcome = app.outcome(number)
    if outcome is None or "OSError" not in outcome.raised:
        raise NotOfferedError("send raises no OSError")
    process = kit.process
    before = process.said.count("Traceback") if process else 0
    app.fail_with(number)
    app.ended()
    http, app = kit.ask()
    app.answer(b"on")
    expect("body", b"on", http.response().body)
    if process and process.said.count("Traceback") > before:
        raise FailedError("the server logs a traceback of its own exception")
