"""Facts are frozen, and answer the usual questions."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.messages import payload_size
from asgi_mw.missing import Missing

if TYPE_CHECKING:
    from asgi_mw.types import Message


START_MESSAGE: Message = {"type": "http.response.start", "status": 200}
BODY_MESSAGE: Message = {"type": "http.response.body", "body": b"abc"}
ACCEPT_MESSAGE: Message = {"type": "websocket.accept"}
TEXT_MESSAGE: Message = {"type": "websocket.send", "text": "hi"}
CLOSE_MESSAGE: Message = {"type": "websocket.close"}


def told(*messages: Message) -> list[Event]:
    """What an app sends, each in 5 ns, and every 10 ns."""
    return [
        Event("send", 10 * at, 10 * at + 5, one, payload_size(one))
        for at, one in enumerate(messages)
    ]


def sent(**message: Any) -> Event:
    """One send that took 3 ns."""
    return Event("send", 1, 4, message, size=2)


def exchange(*events: Event, **scope: Any) -> Exchange:
    """One finished connection."""
    return Exchange("0" * 32, Worker("host", 1), "http", scope, 0, events)


def test_facts_cannot_be_changed() -> None:
    """They are shared by everything that looks at traffic."""
    with pytest.raises(FrozenInstanceError):
        exchange().outcome = "complete"  # type: ignore[misc]  # that is the test
    with pytest.raises(FrozenInstanceError):
        sent().size = 5  # type: ignore[misc]  # the same


def test_an_event_says_its_type_and_how_long_it_was_awaited() -> None:
    """Both are unknown while a ``receive`` waits."""
    done, waiting = sent(type="x.y"), Event("receive", 1, None, {})

    assert (done.type, done.awaited) == ("x.y", 3)
    assert (waiting.type, waiting.awaited) == ("", None)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], None),
        ([sent(type="http.response.start", status=204)], 204),
        ([sent(type="http.response.push"), sent(type="http.response.start", status=200)], 200),
        ([sent(type="http.response.start", status="odd")], None),
        ([sent(type="websocket.accept"), sent(type="websocket.close")], 101),
        ([sent(type="websocket.close")], 403),
        ([sent(type="websocket.http.response.start", status=401)], 401),
        ([Event("receive", 0, 1, {"type": "websocket.close"})], None),
    ],
    ids=[
        "nothing", "a response", "behind a push", "no number", "accepted", "closed", "denied",
        "received",
    ],
)  # fmt: skip
def test_the_status_is_what_the_client_saw(events: list[Event], status: int | None) -> None:
    """101 for an accepted WebSocket, 403 for one closed before."""
    assert exchange(*events).status == status


@pytest.mark.parametrize("raised", ["OSError", "BrokenPipeError", "ClientDisconnected"])
def test_a_websocket_closed_behind_a_send_that_found_nobody_has_no_status(raised: str) -> None:
    """The log and the span say the same; an error of another kind says nothing of the client."""
    lost = replace(sent(type="websocket.send"), raised=raised)
    other = replace(lost, raised="ValueError")
    close = replace(sent(type="websocket.close"), called=5, returned=6)
    gone = replace(exchange(lost, close), outcome="client_gone")

    assert gone.status is None
    assert replace(gone, outcome="complete").status == 403
    assert replace(gone, events=(other, close)).status == 403


def test_a_send_that_raised_at_no_moment_says_nothing() -> None:
    """A recording from elsewhere may say anything."""
    sent_early = replace(FOUND_NOBODY, size=1)
    odd = [replace(sent_early, returned=None, raised=name) for name in ("OSError", "Gone")]
    told_odd = replace(exchange(*odd, sent_early), type="http", outcome="client_gone")
    assert (0, None) == (told_odd.bytes("send"), told_odd.status)


def test_an_error_of_the_servers_own_says_less_than_an_oserror() -> None:
    """A send that was refused before a close that found nobody: the close was in time."""
    refused = replace(sent(type="websocket.send"), raised="UnexpectedMessageError")
    close = Event("send", 5, 6, {"type": "websocket.close"}, raised="OSError")
    gone = replace(exchange(refused, close), outcome="client_gone")

    assert gone.status == 403


def test_a_websocket_that_is_accepted_on_http_is_no_answer() -> None:
    """The server raised, and the app answered otherwise."""
    accept = Event("send", 1, 2, {"type": "websocket.accept"}, raised="RuntimeError")

    assert exchange(accept, sent(type="http.response.start", status=404)).status == 404


def test_the_first_disconnect_says_when_the_client_left() -> None:
    """Servers repeat it to whoever asks again."""
    left, again = (Event("receive", at, at + 1, {"type": "websocket.disconnect"}) for at in (0, 7))
    late = replace(sent(type="websocket.close"), called=5, returned=6)

    assert exchange(left, again, late).status is None
    assert exchange(replace(left, called=2, returned=9), again, late).status == 403


def test_a_websocket_accepted_behind_a_close_that_nobody_heard() -> None:
    """The close came too late to be an answer, and the acceptance is what log and span have."""
    left = Event("receive", 0, 1, {"type": "websocket.disconnect"})
    accept = Event("send", 7, 8, {"type": "websocket.accept"})
    late = replace(sent(type="websocket.close"), called=5, returned=6)

    assert exchange(left, late, accept).status == 101


@pytest.mark.parametrize(
    "events",
    [
        [sent(type="http.response.start", status=404)],
        [Event("receive", 0, 1, {"type": "websocket.disconnect"}), sent(type="websocket.close")],
    ],
    ids=["a response that is none", "closed behind the client"],
)
def test_a_websocket_that_was_not_answered_has_no_status(events: list[Event]) -> None:
    """Sanic says 404 to an unknown one in a message that is not of WebSockets."""
    assert replace(exchange(*events), type="websocket").status is None


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        ("error", (500, "server")),
        ("incomplete", (500, "server")),
        ("client_gone", None),
        ("cancelled", None),
        ("lost", None),
        (None, None),
    ],
)
def test_a_server_answers_for_an_app_that_did_not(outcome: Any, answer: Any) -> None:
    """With 500, which log, span and ``status`` do not know."""
    left = replace(exchange(), outcome=outcome)

    assert (left.answer, left.status) == (answer, None)
    assert replace(left, type="websocket").answer is None
    assert replace(left, type="lifespan").answer is None


def test_what_the_app_answered_is_the_answer() -> None:
    """Whatever it raised behind it; an answer that is none was not the server's either."""
    begun = replace(exchange(sent(type="http.response.start", status=204)), outcome="error")
    odd = replace(exchange(sent(type="http.response.start", status="odd")), outcome="error")

    assert (begun.answer, odd.answer) == ((204, "app"), None)


ACCEPT = Event("send", 1, 2, {"type": "websocket.accept"})
LEFT = Event("receive", 5, 6, {"type": "websocket.disconnect", "code": 4001, "reason": "enough"})
BY_CLIENT = ("client", 4001, "enough")
FOUND_NOBODY = Event("send", 3, 4, {"type": "websocket.send"}, raised="OSError")
CLOSE = Event("send", 7, 8, {"type": "websocket.close", "code": 1011, "reason": None})


def left_with(code: object) -> Event:
    """A client that left with *code*."""
    return replace(LEFT, message={**LEFT.message, "code": code})


@pytest.mark.parametrize(
    ("events", "outcome", "close"),
    [
        ([ACCEPT], "incomplete", None),
        ([ACCEPT, LEFT], "complete", BY_CLIENT),
        ([ACCEPT, LEFT, CLOSE], "complete", BY_CLIENT),
        ([ACCEPT, CLOSE], "complete", ("app", 1011, "")),
        ([CLOSE], "complete", ("app", 1011, "")),
        ([ACCEPT, replace(LEFT, returned=9), CLOSE], "complete", ("app", 1011, "")),
        ([ACCEPT, sent(type="websocket.close")], "complete", ("app", 1000, "")),
        ([ACCEPT, left_with(1006)], "client_gone", ("nobody", 1006, "enough")),
        ([ACCEPT, left_with(1012)], "complete", ("server", 1012, "enough")),
        ([ACCEPT, FOUND_NOBODY, CLOSE], "client_gone", None),
        ([ACCEPT, left_with("odd")], "complete", None),
        ([Event("send", 1, 2, {"type": ["odd"]}), ACCEPT, LEFT], "complete", BY_CLIENT),
    ],
    ids=[
        "nobody yet", "by the client", "and then by the app", "by the app", "refused",
        "and then by the client", "without a code", "broken", "by a server that ends",
        "behind a send that found nobody", "with a code that is none",
        "behind a message that is none",
    ],
)  # fmt: skip
def test_who_closed_a_websocket(events: list[Event], outcome: Any, close: Any) -> None:
    """The first of the two, with the code that the log has."""
    closed = replace(exchange(*events), type="websocket", outcome=outcome, ended=100)

    assert closed.close == close
    assert replace(closed, type="http").close is None


def test_what_was_asked_for() -> None:
    """Method, path and headers of the scope, empty where there are none."""
    asked = exchange(method="GET", path="/a", headers=[(b"Host", b"caf\xe9"), (b"host", b"b")])

    assert (asked.method, asked.path, asked.header("HOST")) == ("GET", "/a", "café")
    assert (exchange().method, exchange().path, exchange().header("host")) == ("", "", None)
    assert asked.header("größe€") is None


def test_bytes_are_those_of_one_direction() -> None:
    """The true length of the payloads."""
    more, last = ({**BODY_MESSAGE, "more_body": more} for more in (True, False))
    given = Event("receive", 0, 1, {"type": "http.request"}, size=5)
    both = exchange(given, *told(START_MESSAGE, more, last))

    assert (both.bytes("send"), both.bytes("receive")) == (6, 5)
    cut = replace(both, gap=2, missing=Missing(10, 20))
    assert (cut.bytes("send"), cut.bytes("receive")) == (26, 15)


@pytest.mark.parametrize(
    ("messages", "ended", "passed"),
    [
        ([START_MESSAGE, BODY_MESSAGE, BODY_MESSAGE], 15, 3),
        ([BODY_MESSAGE, START_MESSAGE, BODY_MESSAGE], 25, 3),
        ([ACCEPT_MESSAGE, TEXT_MESSAGE, TEXT_MESSAGE], None, 4),
        ([TEXT_MESSAGE, ACCEPT_MESSAGE, TEXT_MESSAGE], None, 2),
        ([ACCEPT_MESSAGE, CLOSE_MESSAGE, TEXT_MESSAGE], 15, 0),
    ],
)
def test_what_was_sent_too_early_or_too_late_is_not_counted(
    messages: list[Message], ended: int | None, passed: int
) -> None:
    """Nobody got it; log and span do the same."""
    kind = messages[-1]["type"].partition(".")[0]
    one = replace(exchange(*told(*messages)), type=kind, ended=ended)
    assert one.bytes("send") == passed


@pytest.mark.parametrize(
    ("kind", "name", "code", "outcome", "crashed"),
    [
        ("websocket", "starlette.websockets.WebSocketDisconnect", 1000, "complete", False),
        ("websocket", "falcon.errors.WebSocketDisconnected", 1005, "complete", False),
        ("websocket", "starlette.websockets.WebSocketDisconnect", 1006, "complete", True),
        ("websocket", "starlette.websockets.WebSocketDisconnect", 1000, "error", True),
        ("websocket", "KeyError", 1000, "complete", True),
        ("http", "starlette.websockets.WebSocketDisconnect", 1000, "complete", True),
    ],
)
def test_what_only_reports_a_normal_close_is_no_crash(
    kind: str, name: str, code: int, outcome: Any, *, crashed: bool
) -> None:
    """It is the error of the exchange all the same."""
    events = (
        Event("send", 1, 2, {"type": "websocket.accept"}),
        Event("receive", 3, 4, {"type": "websocket.disconnect", "code": code}),
    )
    error = Failure(name, "", "", 5)
    made = replace(exchange(*events), type=kind, error=error, outcome=outcome, ended=4)

    assert (error if crashed else None) is made.crash
