"""``asgi-mw show`` opens one exchange."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli.output import width
from asgi_mw.cli.portrait import portrait
from asgi_mw.events import Failure
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.objects import whole
from asgi_mw.recorder.segment import Segment
from tests.cli.facts import (
    EXCHANGE,
    FAILED,
    IN_FLIGHT,
    LOST,
    MS,
    NO_LIFESPAN,
    NOTED,
    SWALLOWED,
    TRACED,
    WORKED_ON,
    received,
    sent,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from asgi_mw.events import Event, Exchange

    Cli = Callable[..., Result]

DISCONNECT = "websocket.disconnect"


def lines_of(exchange: Exchange) -> list[str]:
    """The lines without their styles."""
    return ["".join([text for text, _ in line]) for line in portrait(exchange)]


def test_a_portrait_begins_with_what_it_was() -> None:
    """Title, facts and scope; the time line is a room of its own."""
    lines = lines_of(EXCHANGE)
    assert ["POST /upload?a=1  201  complete in 10.0 ms", ""] == lines[:2]
    assert [
        "  worker        web-1, process 4711",
        "  route         /upload",
        "  request id    abc",
        "  payload       3 B in, 9 B out",
        "  spent         app 3.0 ms, awaiting receive 4.0 ms, awaiting send 3.0 ms",
        "  masked        header authorization",
        "  missing       12,345 bytes over body_limit",
        "",
        "Scope",
        "  type          http",
        "  method        POST",
        "  path          /upload",
        "  query_string  b'a=1'",
        "  headers",
        "  │ host: example.org",
        "",
        "Time line  ms after the beginning",
    ] == lines[4:21]


def test_a_blocked_event_loop_is_part_of_what_was_spent() -> None:
    """Only where it was."""
    [line] = [line for line in lines_of(NOTED) if line.startswith("  spent")]
    assert (
        "  spent         app 2.0 ms, awaiting receive 4.0 ms, awaiting send 2.0 ms, "
        "event loop blocked 2.0 ms"
    ) == line


def test_a_portrait_ends_with_the_traceback() -> None:
    """Line by line."""
    assert ["Error", "  Traceback:", "    a line\x07", "  Oops"] == lines_of(FAILED)[-4:]


def test_a_normal_close_is_no_error() -> None:
    """What reported it stands on the time line, as a fact among others, and not red."""
    reported = Failure(
        "starlette.websockets.WebSocketDisconnect", "(1000, '')", "Traceback", 9 * MS
    )
    events = (
        sent(1, 2, {"type": "websocket.accept"}),
        received(3, 8, {"type": DISCONNECT, "code": 1000}),
    )
    one = replace(EXCHANGE, type="websocket", events=events, error=reported, ended=8 * MS)
    red = [text for line in portrait(one) for text, style in line if "red" in style]

    assert not any("Disconnect" in text or "Error" in text for text in red)
    assert any("✗ starlette.websockets.WebSocketDisconnect left" in one for one in lines_of(one))
    assert "Error" not in lines_of(one)


def test_at_40_columns_an_error_goes_by_its_class_alone() -> None:
    """Where its module would have it cut inside its name."""
    error = Failure("starlette.websockets.WebSocketDisconnect", "(1006, '')", "", 9 * MS)
    lines = portrait(replace(EXCHANGE, error=error, outcome="client_gone"), columns=40)
    said = ["".join([text for text, _ in line]) for line in lines]
    assert " 9.000  ✗ WebSocketDisconnect left the " in said


def test_what_is_in_flight_says_so() -> None:
    """For how long, since there is no end."""
    assert lines_of(IN_FLIGHT)[0].startswith("POST /upload?a=1  in flight for ")


def test_what_was_lost_says_why() -> None:
    """And not how long it took, which nobody knows."""
    assert "POST /upload?a=1  lost: its process ended before it did" == lines_of(LOST)[0]


@pytest.mark.parametrize(
    ("exchange", "title"),
    [
        pytest.param(
            WORKED_ON,
            "POST /upload?a=1  201  complete in 10.0 ms, then 2.00 s of background work",
            id="background",
        ),
        pytest.param(
            replace(WORKED_ON, error=FAILED.error),
            "POST /upload?a=1  201  complete in 10.0 ms, "
            "then 2.00 s of background work that failed",
            id="background that failed",
        ),
        pytest.param(
            replace(WORKED_ON, error=FAILED.error, outcome="error"),
            "POST /upload?a=1  201  error in 10.0 ms",
            id="an error on its way out",
        ),
        pytest.param(
            SWALLOWED,
            "POST /upload?a=1  201  complete in 10.0 ms  ✗ KeyError, swallowed by the app",
            id="swallowed",
        ),
        pytest.param(NO_LIFESPAN, "LIFESPAN  unsupported in 1.0 ms", id="no lifespan"),
    ],
)
def test_the_title_says_what_came_of_it(exchange: Exchange, title: str) -> None:
    """Also behind the response, and what the app kept to itself."""
    assert title == lines_of(exchange)[0]


def test_work_in_the_background_is_none_of_the_answer() -> None:
    """While it goes on."""
    title = lines_of(replace(WORKED_ON, returned=None, outcome=None))[0]
    assert title.startswith(
        "POST /upload?a=1  201  answered in 10.0 ms, at work in the background for "
    )


def test_the_ids_of_trace_and_span_are_facts() -> None:
    """As a log line has them."""
    lines = lines_of(TRACED)
    at = lines.index("  request id    abc")
    assert [
        "  trace id      0af7651916cd43dd8448eb211c80319c",
        "  span id       b7ad6b7169203331",
    ] == lines[at + 1 : at + 3]


@pytest.mark.parametrize(
    ("close", "said"),
    [
        (
            received(1, 2, {"type": DISCONNECT, "code": 4001, "reason": "a"}),
            "client closed with 4001: a",
        ),
        (received(1, 2, {"type": DISCONNECT, "code": 1006}), "connection lost with 1006"),
        (received(1, 2, {"type": DISCONNECT, "code": 1012}), "server closed with 1012"),
        (sent(1, 2, {"type": "websocket.close"}), "app closed with 1000"),
    ],
)
def test_who_closed_a_websocket_is_said(close: Event, said: str) -> None:
    """With which code, and why."""
    accept = sent(0, 1, {"type": "websocket.accept"})
    exchange = replace(EXCHANGE, type="websocket", scope={"path": "/ws"}, events=(accept, close))
    assert f"WS /ws  101  {said}  complete in 10.0 ms" == lines_of(exchange)[0]


@pytest.mark.parametrize("exchange", [EXCHANGE, FAILED, IN_FLIGHT, LOST, NOTED])
@pytest.mark.parametrize("columns", [20, 40, 80, 120])
def test_no_line_is_wider_than_the_terminal(exchange: Exchange, columns: int) -> None:
    """But for those of a traceback, which somebody may want to copy."""
    exchange = replace(exchange, scope={**exchange.scope, "path": "/" + "long " * 50 + "x" * 200})
    lines = ["".join([text for text, _ in line]) for line in portrait(exchange, columns=columns)]
    if exchange.error is not None:
        lines = lines[: lines.index("Error")]
    assert max(map(width, lines)) <= columns


def test_the_whole_has_every_fact() -> None:
    """A program gets all that there is."""
    facts = whole(FAILED)
    named = {
        "ended": "duration_ms",
        "returned": "returned_ms",
        "gap": "events_missing_at",
        "gone": "gone_ms",
    }
    assert {named.get(field.name, field.name) for field in fields(FAILED)} <= set(facts)
    of_error = {{"at": "at_ms"}.get(field.name, field.name) for field in fields(Failure)}
    assert of_error == set(facts["error"])
    assert FAILED.id == facts["id"]
    assert {"type": "app.Oops", "at_ms": 6.0} == {k: facts["error"][k] for k in ("type", "at_ms")}
    [event] = facts["events"]
    assert ("send", 2.0, 4.0, 2.0, "OSError") == (
        *(event[key] for key in ("direction", "called_ms", "returned_ms", "awaited_ms", "raised")),
    )


@pytest.mark.usefixtures("store")
class TestCommand:
    """The command, on real recordings."""

    def test_by_the_beginning_or_the_end_of_an_id(self, cli: Cli) -> None:
        """The short id of `ls` will do."""
        id_ = json.loads(cli("ls", "--json", "--path", "/missing").stdout)["id"]
        outputs = {cli("show", one).stdout for one in (id_, id_[-8:], id_[-8:].upper())}
        assert 1 == len(outputs)
        assert outputs.pop().startswith("GET /missing  404  complete in ")

    def test_the_last_that_matches(self, cli: Cli) -> None:
        """Filters choose among the newest."""
        shown = cli("show", "last", "--outcome", "error").stdout
        assert shown.startswith("POST /crash  500 (made by the server)  error in ")
        assert "RuntimeError: the handler failed" in shown

    @pytest.mark.usefixtures("killed")
    @pytest.mark.parametrize("id_", ["last", LOST.id[:12]])
    def test_what_was_lost(self, cli: Cli, id_: str) -> None:
        """By filter, as the last, and by its id."""
        result = cli("show", id_, "--json", *(["--outcome", "lost"] if id_ == "last" else []))
        facts = json.loads(result.stdout)
        assert (LOST.id, "lost", None) == (facts["id"], facts["outcome"], facts["duration_ms"])

    def test_hostile_traffic_is_printed_as_escapes(self, cli: Cli) -> None:
        """Path, method and headers: every line is ours, and every character can be printed."""
        result = cli("show", "last")
        assert r"G\x1bET /a\x1b[2J\n\x9b\u202eINFO forged\x07" in result.stdout
        assert r"│ x-evil: \x1b]0;pwn\x07" in result.stdout
        assert all(line.isprintable() for line in result.stdout.split("\n"))

    def test_the_traceback_is_safe_too(self, cli: Cli) -> None:
        """An exception can hold what the client sent."""
        result = cli("show", "last", "--path", "/crash")
        assert r"the handler failed\x1b[31m" in result.stdout
        assert all(line.isprintable() for line in result.stdout.split("\n"))

    def test_json_is_one_object(self, cli: Cli) -> None:
        """With scope, events and bodies."""
        shown = json.loads(cli("show", "last", "--type", "websocket", "--json").stdout)
        assert ("/ws", "complete", "hello") == (
            shown["scope"]["path"],
            shown["outcome"],
            shown["events"][2]["message"]["text"],
        )

    @pytest.mark.parametrize(
        ("id_", "hint"),
        [
            ("zzzz", ""),
            ("ffffffff", ""),
            ("last-eror", "is it last-error? "),
            ("'\x1b[2J", ""),
        ],
    )
    def test_an_id_of_none_is_said(self, cli: Cli, id_: str, hint: str) -> None:
        """One message, and where the ids are."""
        result = cli("show", id_)
        what = f"no exchange has an id that begins or ends with {id_!r}"
        assert (1, "", f"Error: {what}; {hint}see: asgi-mw ls\n") == (
            result.exit_code,
            result.stdout,
            result.stderr,
        )

    def test_the_end_of_a_request_id_will_do(self, cli: Cli, store: Path) -> None:
        """As a line of the log shows it, with or without its dots."""
        segment = Segment(store)
        segment.write([encode(replace(TRACED, request_id="01a222cd34f9-7f0fb02"))])
        segment.close()

        for part in ("7f0fb02", "…7f0fb02", "01a222cd34f9-7f0fb02"):
            shown = json.loads(cli("show", part, "--json").stdout)
            assert shown["request_id"] == "01a222cd34f9-7f0fb02"
        assert 1 == cli("show", "0fb02").exit_code

    def test_an_id_of_several_is_said_with_all_of_them(self, cli: Cli) -> None:
        """Whole, and with what each is: all of them began in this millennium."""
        ids = [json.loads(line)["id"] for line in cli("ls", "--json").stdout.splitlines()]
        result = cli("show", "01")
        said, *lines = result.stderr.splitlines()
        assert (
            1,
            "",
            "Error: 5 exchanges have an id that begins or ends with '01'; say more of it:",
        ) == (
            result.exit_code,
            result.stdout,
            said,
        )
        assert [f"  {id_}" for id_ in reversed(ids)] == [line[:34] for line in lines]
        assert lines[3].endswith("  GET /missing  404")

    def test_the_last_that_failed(self, cli: Cli) -> None:
        """What raised, got a 5xx, or has no whole response; filters hold for it, too."""
        assert cli("show", "last-error").stdout.startswith(
            "POST /crash  500 (made by the server)  error in "
        )
        result = cli("show", "last-error", "--path", "/ws")
        assert (1, "Error: nothing failed; see: asgi-mw ls\n") == (
            result.exit_code,
            result.stderr,
        )

    def test_no_id_says_what_to_write(self, cli: Cli) -> None:
        """It is a wrong use, and so is an empty one, as of a variable that is not set."""
        for words in (["show"], ["show", ""]):
            result = cli(*words)
            assert 2 == result.exit_code
            assert "say which: last, last-error, or an ID that `asgi-mw ls` shows" in result.stderr

    def test_last_of_nothing(self, cli: Cli) -> None:
        """Filters that match nothing."""
        result = cli("show", "last", "--path", "/none")
        assert (1, "Error: nothing was recorded that matches; see: asgi-mw ls\n") == (
            result.exit_code,
            result.stderr,
        )


def test_a_corrupt_file_is_named(cli: Cli, store: Path) -> None:
    """What is missed may have been in it."""
    (store / "broken.db").write_bytes(b"x" * 5000)
    result = cli("show", "ffffffff")
    assert 2 == result.exit_code
    assert "Warning: broken.db " in result.stderr


@pytest.mark.parametrize(
    ("way", "line"),
    [
        ("curl", "curl 'http://127.0.0.1:8000/users/7?token=<token>&page=2' \\"),
        ("httpx", "import httpx"),
        ("text", "--- request"),
        ("mermaid", "sequenceDiagram"),
    ],
)
def test_an_exchange_is_printed_to_be_copied(cli: Cli, store: Path, way: str, line: str) -> None:
    """In each way that there is."""
    result = cli("show", "last", "--path", "/users/*", "--as", way)
    assert (0, True) == (result.exit_code, line in result.output.splitlines())


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--type", "websocket", "--as", "httpx"], 1, "take one of curl, text, mermaid"),
        (["--as", "curl", "--json"], 2, "leave out --full and --json"),
        (["--as", "har"], 2, "'har' is not one of"),
    ],
)
def test_what_cannot_be_copied_is_said(
    cli: Cli,
    store: Path,  # it stands there
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    """With the ways that there are."""
    result = cli("show", "last", *arguments)
    assert (status, True) == (result.exit_code, said in result.stderr)
