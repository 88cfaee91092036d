"""What a server does about messages that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.conformance.check import FailedError, Table, expect

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit

INVALID = Table()
_SOURCE = "asgi#error-handling"
_INVALID = (
    "If a server receives an invalid event dictionary - for example, having an unknown type, "
    "missing keys, or with wrong Python types - it should raise an exception out of the send "
    "awaitable back to the application."
)
_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
_BODY = {"type": "http.response.body", "body": b"ok"}


def _refused(kit: Kit, *messages: dict[str, Any]) -> tuple[bool, str]:
    """Whether any of the sends raises, and the outcome of the last."""
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


@INVALID.check(
    "invalid.unknown-type",
    "A message of an unknown type is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def unknown_type(kit: Kit) -> str:
    """By an exception from send, before the start and after it."""
    unknown = {"type": "http.response.nonsense"}
    _must_refuse(kit, unknown)
    return _must_refuse(kit, _START, unknown)


@INVALID.check(
    "invalid.missing-key",
    "A start without a status is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def missing_key(kit: Kit) -> str:
    """By an exception from send, at the latest with the body."""
    return _must_refuse(kit, {"type": "http.response.start", "headers": []}, _BODY)


@INVALID.check(
    "invalid.no-type",
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


@INVALID.check(
    "invalid.header-type",
    "Headers of text are refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def header_type(kit: Kit) -> str:
    """The specification's own example; at the latest with the body."""
    headers = [["x-kit", "text"], ["content-length", "2"]]
    return _must_refuse(kit, {**_START, "headers": headers}, _BODY)


@INVALID.check(
    "invalid.status-type",
    "A status of text is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def status_type(kit: Kit) -> str:
    """At the latest with the body."""
    return _must_refuse(kit, {**_START, "status": "200"}, _BODY)


@INVALID.check(
    "invalid.body-type",
    "A body of text is refused",
    sentence=_INVALID,
    source=_SOURCE,
    severity="should",
)
def body_type(kit: Kit) -> str:
    """By an exception from send."""
    return _must_refuse(kit, _START, {**_BODY, "body": "ok"})


@INVALID.check(
    "invalid.extra-keys",
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


@INVALID.check(
    "invalid.order",
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


@INVALID.check(
    "invalid.after-end",
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


@INVALID.check(
    "invalid.after-end.send",
    "Whether send raises behind the end of a response",
    sentence="Open: further messages are ignored; and send on a closed connection should raise.",
    source="www#response-body-send-event",
    severity="undecided",
)
def after_end_ignored(kit: Kit) -> str:
    """The app has ended its response, and the client is still there."""
    http, app = kit.ask()
    app.answer(b"done")
    http.response()
    return f"send {app.sending('http.response.body', body=b'more') or 'waits'}"
