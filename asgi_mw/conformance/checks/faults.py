"""What a server does about an app that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, Table, expect

if TYPE_CHECKING:
    from asgi_mw.conformance.http1 import Http
    from asgi_mw.conformance.kit import Kit

FAULTS = Table()
_SOURCE = "asgi#error-handling"
_TERMINATED = (
    "Servers are free to surface errors that bubble up out of application instances, but they must "
    "terminate the application instance and its associated connection if this happens."
)
_GETS = "the client gets"


def _end(http: Http) -> str:
    """What the client gets."""
    try:
        response = http.response_or_end()
    except FailedError as error:
        return str(error)
    return "the connection ends without a response" if response is None else f"{_GETS} {response}"


def _not_whole(http: Http) -> str:
    """What the client gets, which must not be a whole response of the app's."""
    response = http.response_or_end()
    if response is None:
        return "the connection ends without a response"
    if response.status < 400 and response.end == "whole":
        raise FailedError(f"{_GETS} {response}, as if it were whole")
    return f"{_GETS} {response}"


@FAULTS.check(
    "fault.raises-before-start",
    "An app that raises before its start has its client answered, or let go",
    sentence=_TERMINATED,
    source=_SOURCE,
)
def raises_before_start(kit: Kit) -> str:
    """Most often it is answered by a 500."""
    http, app = kit.ask()
    app.fail()
    return _not_whole(http)


@FAULTS.check(
    "fault.raises-after-start",
    "An app that raises behind its start has its connection ended",
    sentence=_TERMINATED,
    source=_SOURCE,
)
def raises_after_start(kit: Kit) -> str:
    """No body was sent; the server may have kept the start."""
    http, app = kit.ask()
    app.send("http.response.start", status=200, headers=[(b"content-length", b"9")])
    app.fail()
    return _not_whole(http)


@FAULTS.check(
    "fault.raises-in-body",
    "An app that raises within its body has its response cut",
    sentence=_TERMINATED,
    source=_SOURCE,
)
def raises_in_body(kit: Kit) -> str:
    """With a length and without one, the client can see that the response is not whole."""
    said = ""
    for headers in ([(b"content-length", b"9")], []):
        http, app = kit.ask()
        app.send("http.response.start", status=200, headers=headers)
        app.send("http.response.body", body=b"part", more_body=True)
        app.fail()
        said = _not_whole(http)
    return said


@FAULTS.check(
    "fault.goes-on",
    "A server goes on behind an app that raised",
    sentence=_TERMINATED,
    source=_SOURCE,
)
def goes_on(kit: Kit) -> None:
    """It serves the next request on another connection."""
    for _ in range(3):
        _, app = kit.ask()
        app.fail()
    http, app = kit.ask()
    app.answer(b"on")
    expect("body", b"on", http.response().body)


@FAULTS.check(
    "fault.no-response",
    "What a client gets of an app that returns without a response",
    sentence="Open: nothing says who answers.",
    source=_SOURCE,
    severity="undecided",
)
def no_response(kit: Kit) -> str:
    """It returned, and raised nothing."""
    http, app = kit.ask()
    app.finish()
    return _end(http)


@FAULTS.check(
    "fault.unfinished",
    "What a client gets of an app that returns within its body",
    sentence="Open: nothing says how the server ends such a response.",
    source=_SOURCE,
    severity="undecided",
)
def unfinished(kit: Kit) -> str:
    """It returned, and raised nothing."""
    http, app = kit.ask()
    app.send("http.response.start", status=200, headers=[])
    app.send("http.response.body", body=b"part", more_body=True)
    app.finish()
    return _end(http)


@FAULTS.check(
    "fault.length",
    "What becomes of a body that is longer than its length",
    sentence="Open: ASGI does not say who looks at the length of a response.",
    source="rfc9110#section-8.6",
    severity="undecided",
)
def length(kit: Kit) -> str:
    """The length is 2 bytes, and the app sends 4."""
    http, app = kit.ask()
    app.send("http.response.start", status=200, headers=[(b"content-length", b"2")])
    outcome = app.sending("http.response.body", body=b"four")
    said = _end(http)
    extra = http.silent()
    return f"send {outcome or 'waits'}; {said}{f', and then {extra!r}' if extra else ''}"
