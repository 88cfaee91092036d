"""One connection is followed through its messages, in the order that the specification sets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.messages import payload_size
from asgi_mw.progress import Progress, is_cancellation
from tests.naming import plain
from tests.tried import tried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.progress import Outcome
    from asgi_mw.types import Message

START = {"type": "http.response.start", "status": 200}
BODY = {"type": "http.response.body", "body": b"abc"}
MORE = {"type": "http.response.body", "body": b"abc", "more_body": True}
TRAILED = {**START, "trailers": True}
TRAILERS = {"type": "http.response.trailers", "headers": []}
MORE_TRAILERS = {**TRAILERS, "more_trailers": True}
PATHSEND = {"type": "http.response.pathsend", "path": "/tmp/x"}
ZEROCOPY = {"type": "http.response.zerocopysend", "file": None}
MORE_ZEROCOPY = {**ZEROCOPY, "more_body": True}
HINT = {"type": "http.response.early_hint", "links": []}
PUSH = {"type": "http.response.push", "path": "/x", "headers": []}
DEBUG = {"type": "http.response.debug", "info": {}}
ACCEPT = {"type": "websocket.accept", "subprotocol": "chat"}
TEXT = {"type": "websocket.send", "text": "é"}
CLOSE = {"type": "websocket.close", "code": 4000, "reason": "enough"}
DENY = {"type": "websocket.http.response.start", "status": 401}
DENIAL = {"type": "websocket.http.response.body", "body": b"no"}
MORE_DENIAL = {**DENIAL, "more_body": True}
STARTED = {"type": "lifespan.startup.complete"}
NOT_STARTED = {"type": "lifespan.startup.failed", "message": "no"}
STOPPED = {"type": "lifespan.shutdown.complete"}
NOT_STOPPED = {"type": "lifespan.shutdown.failed"}
UNKNOWN = {"type": "x.unknown", "body": b"abc"}

SENDABLE: dict[str, Sequence[Message]] = {
    "http": [
        START, BODY, MORE, TRAILED, TRAILERS, MORE_TRAILERS, PATHSEND, ZEROCOPY, MORE_ZEROCOPY,
        HINT, PUSH, DEBUG, UNKNOWN, STOPPED, ACCEPT,
    ],
    "websocket": [ACCEPT, TEXT, CLOSE, DENY, DENIAL, MORE_DENIAL, UNKNOWN, START, BODY],
    "lifespan": [STARTED, NOT_STARTED, STOPPED, NOT_STOPPED, UNKNOWN, START, BODY],
}  # fmt: skip


@dataclass(frozen=True)
class Model:
    """The order tables of the specification, and nothing else."""

    state: str = "start"
    trailers: bool = False
    first: int | None = None
    ended: int | None = None
    status: int | None = None
    bytes_out: int = 0
    messages_out: int = 0
    close: tuple[int, str] | None = None
    refused: bool = False

    def send(self, message: Message, size: int, now: int) -> Model:
        """Give the state after *message*; the same one where it is out of order."""
        begun = {"first": now, "status": message.get("status")}
        match self.state, message["type"]:
            case "start", "http.response.start":
                trailers = bool(message.get("trailers"))
                return replace(self, state="body", trailers=trailers, **begun)  # type: ignore[arg-type]  # keys of this class
            case "body", "http.response.body" | "http.response.zerocopysend":
                counted = replace(self, bytes_out=self.bytes_out + size)
                return counted if message.get("more_body") else counted.end_body(now)
            case "body", "http.response.pathsend":
                return self.end_body(now)
            case "trailers", "http.response.trailers" if not message.get("more_trailers"):
                return replace(self, state="done", ended=now)
        return self

    def end_body(self, now: int) -> Model:
        """Go on to the trailers, if they were announced, or to the end."""
        if self.trailers:
            return replace(self, state="trailers")
        return replace(self, state="done", ended=now)


class WebSocketModel(Model):
    """The table of WebSocket messages."""

    def send(self, message: Message, size: int, now: int) -> Model:
        """Give the state after *message*; the same one where it is out of order."""
        match self.state, message["type"]:
            case "start", "websocket.accept":
                return replace(self, state="open", first=now, status=101)
            case "start", "websocket.http.response.start":
                return replace(self, state="denying", first=now, status=message["status"])
            case "denying", "websocket.http.response.body":
                counted = replace(self, bytes_out=self.bytes_out + size)
                if message.get("more_body"):
                    return counted
                return replace(counted, state="done", ended=now)
            case "open", "websocket.send":
                out = self.messages_out + 1
                return replace(self, messages_out=out, bytes_out=self.bytes_out + size)
            case (("start" | "open"), "websocket.close"):
                closed = replace(
                    self, state="done", ended=now, close=(message["code"], message["reason"])
                )
                if self.state == "start":
                    return replace(closed, first=now, status=403)
                return closed
        return self


class LifespanModel(Model):
    """The table of lifespan messages."""

    def send(self, message: Message, size: int, now: int) -> Model:
        """Give the state after *message*; the same one where it is out of order."""
        match self.state, message["type"]:
            case "start", "lifespan.startup.complete":
                return replace(self, state="serving", first=now)
            case "start", "lifespan.startup.failed":
                return replace(self, state="done", ended=now, refused=True)
            case "serving", "lifespan.shutdown.complete":
                return replace(self, state="done", ended=now)
            case "serving", "lifespan.shutdown.failed":
                return replace(self, state="done", ended=now, refused=True)
        return self


MODELS = {"http": Model, "websocket": WebSocketModel, "lifespan": LifespanModel}


def drive(progress: Progress, message: Message, now: int) -> bool:
    """Send *message* as a layer does: noted at the call, over once the last one returned."""
    ends = progress.sending(message, payload_size(message), now)
    if ends:
        progress.over(now)
    return ends


@st.composite
def conversations(draw: st.DrawFn) -> tuple[str, list[Message]]:
    """Any messages of a kind of connection, in any order."""
    kind = draw(st.sampled_from(["http", "websocket", "lifespan"]))
    return kind, draw(st.lists(st.sampled_from(SENDABLE[kind]), max_size=8))


@tried(500)
@given(conversations())
def test_what_is_sent_moves_it_as_the_order_tables_say(
    conversation: tuple[str, list[Message]],
) -> None:
    """Legal messages move it on, and those that are out of order leave it as it is."""
    kind, messages = conversation
    progress, model = Progress(kind), MODELS[kind]()
    for now, message in enumerate(messages, start=1):
        drive(progress, message, now)
        model = model.send(message, payload_size(message), now)
        assert {
            "done": progress.complete,
            "first": progress.first,
            "ended": progress.ended,
            "status": progress.status,
            "bytes": progress.bytes_out,
            "messages": progress.messages_out,
            "refused": progress.refused,
        } == {
            "done": model.state == "done",
            "first": model.first,
            "ended": model.ended,
            "status": model.status,
            "bytes": model.bytes_out,
            "messages": model.messages_out,
            "refused": model.refused,
        }, message["type"]
        if kind == "websocket" and model.state == "done":
            closed = None if progress.close_code is None else progress.close_code
            assert (closed, progress.close_reason) == (model.close or (None, None))


@pytest.mark.parametrize(
    ("kind", "messages", "ends"),
    [
        ("http", [START, BODY], [False, True]),
        ("http", [START, MORE, MORE, BODY], [False, False, False, True]),
        ("http", [START, BODY, BODY], [False, True, False]),
        ("http", [HINT, START, HINT, PUSH, BODY], [False, False, False, False, True]),
        ("http", [DEBUG, START, BODY], [False, False, True]),
        ("http", [START, MORE_ZEROCOPY, MORE, ZEROCOPY], [False, False, False, True]),
        ("http", [START, PATHSEND], [False, True]),
        ("http", [TRAILED, MORE, BODY, TRAILERS], [False, False, False, True]),
        ("http", [TRAILED, BODY, MORE_TRAILERS, TRAILERS], [False, False, False, True]),
        ("http", [TRAILED, PATHSEND, TRAILERS], [False, False, True]),
        ("http", [START, START, BODY], [False, False, True]),
        ("http", [BODY], [False]),
        ("http", [TRAILED, TRAILERS], [False, False]),
        ("websocket", [ACCEPT, TEXT, CLOSE], [False, False, True]),
        ("websocket", [CLOSE], [True]),
        ("websocket", [DENY, MORE_DENIAL, DENIAL], [False, False, True]),
        ("websocket", [ACCEPT, DENIAL], [False, False]),
        ("websocket", [ACCEPT, BODY], [False, False]),
        ("lifespan", [STARTED, STOPPED], [False, True]),
        ("lifespan", [NOT_STARTED], [True]),
        ("lifespan", [STARTED, NOT_STOPPED], [False, True]),
    ],
    ids=[
        "a response", "a streamed one", "a body too many", "hints before and after the start",
        "debug before the start", "zero copies among the body", "a path", "trailers",
        "trailers in two", "trailers behind a path", "two starts", "a body without a start",
        "trailers before the body", "a conversation", "closed before the handshake", "denied",
        "a denial after the handshake", "an http body on a websocket", "a lifespan",
        "a failed startup", "a failed shutdown",
    ],
)  # fmt: skip
def test_which_message_ends_it(kind: str, messages: list[Message], ends: list[bool]) -> None:
    """Exactly one does, and none where the order is broken."""
    progress = Progress(kind)

    assert [drive(progress, message, 1) for message in messages] == ends


def test_a_response_in_numbers() -> None:
    """Times are those that were given, and bytes are counted in both directions."""
    progress = Progress("http")
    body: Message = {"type": "http.request", "body": b"12345", "more_body": False}
    progress.received(body, 5, 10)
    drive(progress, START, 20)
    drive(progress, MORE, 30)
    drive(progress, BODY, 40)
    progress.received({"type": "http.disconnect"}, 0, 50)

    assert (progress.first, progress.ended, progress.status) == (20, 40, 200)
    assert (progress.bytes_in, progress.bytes_out) == (5, 6)
    assert (progress.complete, progress.gone, progress.outcome(None)) == (True, False, "complete")


def test_a_conversation_in_numbers() -> None:
    """Messages and bytes both ways, text as UTF-8, and what was agreed."""
    progress = Progress("websocket")
    progress.received({"type": "websocket.connect"}, 0, 1)
    drive(progress, ACCEPT, 2)
    progress.received({"type": "websocket.receive", "text": "abc"}, 3, 3)
    drive(progress, TEXT, 4)
    drive(progress, CLOSE, 5)

    assert (progress.status, progress.first, progress.ended) == (101, 2, 5)
    assert (progress.messages_in, progress.messages_out) == (1, 1)
    assert (progress.bytes_in, progress.bytes_out) == (3, 2)
    assert (progress.close_code, progress.close_reason) == (4000, "enough")
    assert progress.subprotocol == "chat"


def test_a_close_says_1000_where_it_says_nothing() -> None:
    """The default of the specification; before the handshake it is a 403."""
    progress = Progress("websocket")
    drive(progress, {"type": "websocket.close"}, 1)

    assert (progress.close_code, progress.status, progress.first) == (1000, 403, 1)


GONE = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        ([], "client_gone"),
        ([START], "client_gone"),
        ([START, MORE], "client_gone"),
        ([START, BODY], "complete"),
        ([TRAILED, BODY], "client_gone"),
    ],
    ids=["nothing", "started", "in the body", "complete", "before the trailers"],
)
def test_a_disconnect_counts_before_completion_only(sent: list[Message], outcome: str) -> None:
    """Servers repeat it after every response; and what is sent after it reaches nobody."""
    progress = Progress("http")
    for message in sent:
        drive(progress, message, 1)
    progress.received(GONE, 0, 2)
    for message in (START, BODY, TRAILERS):
        drive(progress, message, 3)

    assert progress.outcome(None) == outcome
    assert progress.gone == (outcome == "client_gone")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (1000, "complete"),
        (1001, "complete"),
        (1005, "complete"),
        (1006, "client_gone"),
        (4000, "complete"),
        (None, "complete"),
    ],
)
def test_a_websocket_client_leaves(code: int | None, outcome: str) -> None:
    """Code 1006 means that nobody said goodbye (RFC 6455 7.1.5)."""
    progress = Progress("websocket")
    drive(progress, ACCEPT, 1)
    progress.received({"type": "websocket.disconnect", "code": code, "reason": "bye"}, 0, 2)

    assert progress.outcome(None) == outcome
    assert (progress.close_code, progress.close_reason) == (code, "bye")
    assert progress.ended == (2 if outcome == "complete" else None)


def test_a_client_that_leaves_in_the_handshake_is_gone() -> None:
    """Whatever its code says."""
    progress = Progress("websocket")
    progress.received({"type": "websocket.disconnect", "code": 1000}, 0, 2)

    assert progress.outcome(None) == "client_gone"


@pytest.mark.parametrize("code", [1001, 1006])
def test_a_close_behind_the_clients_changes_nothing(code: int) -> None:
    """An app that closes in its ``finally`` does not rewrite how the connection ended."""
    progress = Progress("websocket")
    drive(progress, ACCEPT, 1)
    progress.received({"type": "websocket.disconnect", "code": code, "reason": "away"}, 0, 2)
    drive(progress, {"type": "websocket.close", "code": 1000}, 3)

    assert (progress.close_code, progress.close_reason) == (code, "away")


@pytest.mark.parametrize(("first", "code"), [(TEXT, 1001), (CLOSE, 4000)], ids=["send", "close"])
def test_how_the_client_closed_is_read_after_a_send_found_it_gone(
    first: dict[str, Any], code: int
) -> None:
    """It says no more about how it ended; what the app closed with before stays."""
    progress = Progress("websocket")
    drive(progress, ACCEPT, 1)
    ends = progress.sending(first, 0, 2)
    progress.failed(BrokenPipeError(), 3, ends=ends)
    progress.received({"type": "websocket.disconnect", "code": 1001, "reason": "away"}, 0, 4)
    progress.received({"type": "websocket.disconnect", "code": 1006}, 0, 5)

    assert (progress.close_code, progress.outcome(None)) == (code, "client_gone")


def test_the_servers_echo_of_a_close_changes_nothing() -> None:
    """After the app closed, the server tells it of the disconnect."""
    progress = Progress("websocket")
    drive(progress, ACCEPT, 1)
    drive(progress, CLOSE, 2)
    progress.received({"type": "websocket.disconnect", "code": 1006, "reason": ""}, 0, 3)

    assert (progress.close_code, progress.close_reason) == (4000, "enough")
    assert progress.outcome(None) == "complete"


def test_a_send_that_raises_an_os_error_means_that_the_client_left() -> None:
    """Since HTTP specification 2.4; any other exception does not."""
    left, broken = Progress("http"), Progress("http")
    for progress, error in [(left, BrokenPipeError()), (broken, RuntimeError())]:
        drive(progress, START, 1)
        assert progress.sending(BODY, 3, 2)
        progress.failed(error)

    assert (left.outcome(None), broken.outcome(None)) == ("client_gone", "incomplete")


def test_an_os_error_after_completion_is_late() -> None:
    """The response was over by then."""
    progress = Progress("http")
    drive(progress, START, 1)
    drive(progress, BODY, 2)
    progress.failed(BrokenPipeError())

    assert (progress.gone, progress.outcome(None)) == (False, "complete")


CANCELLED = asyncio.CancelledError()


PARTINGS = {
    "returned": ("complete", None),
    "cancelled": ("complete", CANCELLED),
    "an OSError": ("client_gone", BrokenPipeError()),
    "refused": ("client_gone", RuntimeError()),
}


@pytest.mark.parametrize(("outcome", "error"), PARTINGS.values(), ids=PARTINGS)
@pytest.mark.parametrize("last", [BODY, MORE_TRAILERS], ids=["body", "trailers"])
def test_a_disconnect_while_the_last_message_is_sent_says_nothing_by_itself(
    outcome: str, error: BaseException | None, last: Message
) -> None:
    """Hypercorn says one behind each response: under trio it comes before that send returns."""
    progress = Progress("http")
    if last is MORE_TRAILERS:
        drive(progress, TRAILED, 1)
        drive(progress, BODY, 2)
        last = TRAILERS
    else:
        drive(progress, START, 1)
    assert progress.sending(last, 0, 3)
    progress.received({"type": "http.disconnect"}, 0, 4)
    if error is None:
        progress.over(5)
    else:
        progress.failed(error, 5, ends=True)

    assert (progress.outcome(None), progress.gone) == (outcome, outcome == "client_gone")
    assert progress.ended == (5 if outcome == "complete" else None)


def test_a_cancelled_last_send_without_a_disconnect_completes_nothing() -> None:
    """And a disconnect behind it is that of a client who did not get all."""
    progress = Progress("http")
    drive(progress, START, 1)
    assert progress.sending(BODY, 3, 2)
    progress.failed(CANCELLED, 3, ends=True)
    assert progress.outcome(CANCELLED) == "cancelled"
    progress.received({"type": "http.disconnect"}, 0, 4)

    assert progress.outcome(CANCELLED) == "client_gone"


@pytest.mark.parametrize(
    ("error", "told"),
    [(None, (4000, "complete")), (CANCELLED, (4000, "complete")), (OSError(), (1001, "complete"))],
    ids=["returned", "cancelled", "failed"],
)
def test_a_disconnect_while_a_close_is_sent_is_its_echo(
    error: BaseException | None, told: tuple[int, str]
) -> None:
    """Unless that send fails: then both closed at once, and the client was first."""
    progress = Progress("websocket")
    drive(progress, ACCEPT, 1)
    assert progress.sending(CLOSE, 0, 2)
    progress.received({"type": "websocket.disconnect", "code": 1001}, 0, 3)
    if error is None:
        progress.over(4)
    else:
        progress.failed(error, 4, ends=True)

    assert (progress.close_code, progress.outcome(None)) == told


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (200, None, "complete"),
        (200, ValueError(), "complete"),
        (499, ValueError(), "complete"),
        (500, None, "complete"),
        (500, ValueError(), "error"),
        (503, ExceptionGroup("x", [ValueError()]), "error"),
        (500, CANCELLED, "complete"),
        (200, CANCELLED, "complete"),
    ],
    ids=repr,
)
def test_what_leaves_the_app_after_a_complete_response(
    status: int, error: BaseException | None, outcome: Outcome
) -> None:
    """A 500 that is sent and then raised is one fact; background work is another."""
    progress = Progress("http")
    drive(progress, {**START, "status": status}, 1)
    drive(progress, BODY, 2)

    assert progress.outcome(error) == outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "incomplete"),
        (ValueError(), "error"),
        (OSError(), "error"),
        (ExceptionGroup("x", [ValueError()]), "error"),
        (BaseExceptionGroup("x", [ValueError(), CANCELLED]), "error"),
        (BaseExceptionGroup("x", [CANCELLED]), "cancelled"),
        (KeyboardInterrupt(), "error"),
        (SystemExit(), "error"),
        (CANCELLED, "cancelled"),
        (GeneratorExit(), "cancelled"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("kind", ["http", "websocket", "lifespan"])
def test_what_leaves_the_app_before_that(
    kind: str, error: BaseException | None, outcome: Outcome
) -> None:
    """Nothing at all is incomplete; cancellation is no error."""
    assert Progress(kind).outcome(error) == outcome


@pytest.mark.parametrize(("error", "outcome"), [(None, "complete"), (ValueError(), "error")])
def test_an_unknown_connection_has_no_order_to_break(
    error: BaseException | None, outcome: Outcome
) -> None:
    """What returns from it is complete."""
    assert Progress("sse.v2").outcome(error) == outcome


@pytest.mark.parametrize("status", ["200", None, b"500", 200.0, object()], ids=plain)
def test_a_status_that_is_no_number_breaks_nothing(status: Any) -> None:
    """The server is who refuses it."""
    progress = Progress("http")
    drive(progress, {**START, "status": status}, 1)
    drive(progress, BODY, 2)

    assert progress.outcome(ValueError()) in {"complete", "error"}


def test_trios_cancellation_is_one() -> None:
    """It is seen by what it is not: no ``Exception``."""
    seen: list[BaseException] = []

    async def main() -> None:
        with trio.CancelScope() as scope:
            scope.cancel()
            try:
                await trio.lowlevel.checkpoint()
            except BaseException as error:
                seen.append(error)
                raise

    trio.run(main)

    assert [is_cancellation(error) for error in seen] == [True]
