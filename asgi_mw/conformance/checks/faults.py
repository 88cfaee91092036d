"""What a server does about an app that fails, and about messages that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.conformance.check import FailedError, Table, expect

if TYPE_CHECKING:
    from asgi_mw.conformance.http1 import Http
    from asgi_mw.conformance.kit import Kit

FAULTS = Table()
_SOURCE = "asgi#error-handling"
_INVALID = (
    "If a server receives an invalid event dictionary - for example, having an unknown type, "
    "missing keys, or with wrong Python types - it should raise an exception out of the send "
    "awaitable back to the application."
)
_TERMINATED = (
    "Servers are free to surface errors that bubble up out of application instances, but they must "
    "terminate the application instance and its associated connection if this happens."
)
_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
_GETS = "the client gets"
_BODY = {"type": "http.response.body", "body": b"ok"}


def _refused(kit: Kit, *messages: dict[str, Any]) -> tuple[bool, str]:
    """Whether any of the sends raises, and what the last said."""
    _, app = kit.ask()
    said = ""
    for message in messages:
        keys = {**message}
        outcome = app.sending(keys.pop("type"), **keys)
        said = "waits" if outcome is None else str(outcome)
        if outcome is not None and outcome.raised:
            return True, said
    return False, said


def _must_refuse(kit: Kit, *messages: dict[str, Any]) -> str:
    raised, said = _refused(kit, *messages)
    if not raised:
        raise FailedError(f"no send raises; the last {said}")
    return f"send {said}"


@FAULTS.check(
    "fault.unknown-type",
    "A message of an unknown type is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def unknown_type(kit: Kit) -> str:
    """By an exception from send, before the start and behind it."""
    unknown = {"type": "http.response.nonsense"}
    _must_refuse(kit, unknown)
    return _must_refuse(kit, _START, unknown)


@FAULTS.check(
    "fault.missing-key",
    "A start without a status is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def missing_key(kit: Kit) -> str:
    """By an exception from send, at the latest with the body."""
    return _must_refuse(kit, {"type": "http.response.start", "headers": []}, _BODY)


@FAULTS.check(
    "fault.no-type",
    "A message without a type is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def no_type(kit: Kit) -> str:
    """By an exception from send."""
    _, app = kit.ask()
    outcome = app.outcome(app.begin("send", message={"status": 200}))
    if outcome is None or not outcome.raised:
        raise FailedError(f"send {outcome or 'waits'}")
    return f"send {outcome}"


@FAULTS.check(
    "fault.header-type",
    "Headers of text are refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def header_type(kit: Kit) -> str:
    """The specification's own example; at the latest with the body."""
    headers = [["x-kit", "text"], ["content-length", "2"]]
    return _must_refuse(kit, {**_START, "headers": headers}, _BODY)


@FAULTS.check(
    "fault.status-type",
    "A status of text is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def status_type(kit: Kit) -> str:
    """At the latest with the body."""
    return _must_refuse(kit, {**_START, "status": "200"}, _BODY)


@FAULTS.check(
    "fault.body-type",
    "A body of text is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def body_type(kit: Kit) -> str:
    """By an exception from send."""
    return _must_refuse(kit, _START, {**_BODY, "body": "ok"})


@FAULTS.check(
    "fault.extra-keys",
    "A key that a server does not know is no error",
    sentence="In both cases, the presence of additional keys in the event dictionary should not "
    "raise an exception.",
    source=_SOURCE,
    severity="should",
)
def extra_keys(kit: Kit) -> None:
    """In either message."""
    http, app = kit.ask()
    headers = [(b"content-length", b"2")]
    app.send("http.response.start", status=200, headers=headers, kit="unknown")
    app.send("http.response.body", body=b"ok", kit="unknown")
    expect("body", b"ok", http.response().body)


@FAULTS.check(
    "fault.order",
    "What becomes of messages in a wrong order",
    sentence="Open: whether an order can make an event dictionary invalid.",
    source=_SOURCE,
    severity="undecided",
)
def order(kit: Kit) -> str:
    """A body before the start; a second start."""
    _, first = _refused(kit, _BODY)
    _, second = _refused(kit, _START, _START)
    return f"send of a body before the start {first}; send of a second start {second}"


@FAULTS.check(
    "fault.after-end",
    "What is sent behind the end of a response reaches nobody",
    sentence="If False, response will be taken as complete and closed, and any further messages on "
    "the channel will be ignored.",
    source="www#response-body-send-event",
)
def after_end(kit: Kit) -> str:
    """Whether send raises is another question."""
    http, app = kit.ask()
    app.answer(b"done")
    expect("body", b"done", http.response().body)
    outcome = app.sending("http.response.body", body=b"more")
    extra = http.silent()
    if extra:
        raise FailedError(f"the client gets {extra[:60]!r} behind the response")
    return f"send {outcome or 'waits'}"


@FAULTS.check(
    "fault.after-end.ignored",
    "Whether send raises behind the end of a response",
    sentence="Open: further messages are ignored; and send on a closed connection should raise.",
    source="www#response-body-send-event",
    severity="undecided",
)
def after_end_ignored(kit: Kit) -> str:
    """Its own end, while the client is there."""
    http, app = kit.ask()
    app.answer(b"done")
    http.response()
    return f"send {app.sending('http.response.body', body=b'more') or 'waits'}"


def _end(http: Http) -> str:
    """What the client gets."""
    try:
        response = http.response_or_end()
    except FailedError as error:
        return str(error)
    return "the connection ends without a response" if response is None else f"{_GETS} {response}"


def _not_whole(http: Http) -> str:
    """The same; it is no whole response of the app's."""
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
    """By a 500, most often."""
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
    """With a length, and without: the client can see that it is not whole."""
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
    """Of 2 bytes, 4 are sent."""
    http, app = kit.ask()
    app.send("http.response.start", status=200, headers=[(b"content-length", b"2")])
    outcome = app.sending("http.response.body", body=b"four")
    said = _end(http)
    extra = http.silent()
    return f"send {outcome or 'waits'}; {said}{f', and then {extra!r}' if extra else ''}"
