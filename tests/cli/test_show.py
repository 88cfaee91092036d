"""``asgi-mw show`` opens one exchange."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli.portrait import portrait, whole
from asgi_mw.events import Failure
from tests.cli.facts import (
    EXCHANGE,
    FAILED,
    IN_FLIGHT,
    LOST,
    NO_LIFESPAN,
    SWALLOWED,
    TRACED,
    WORKED_ON,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from asgi_mw.events import Exchange

    Cli = Callable[..., Result]


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
        "  awaited       receive 4.0 ms, send 3.0 ms",
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


def test_a_portrait_ends_with_the_traceback() -> None:
    """Line by line."""
    assert ["Error", "  Traceback:", "    a line\x07", "  Oops"] == lines_of(FAILED)[-4:]


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


def test_the_whole_has_every_fact() -> None:
    """A program gets all that there is."""
    facts = whole(FAILED)
    assert {field.name for field in fields(FAILED)} <= set(facts)
    assert {field.name for field in fields(Failure)} == set(facts["error"])
    assert FAILED.id == facts["id"]
    assert {"type": "app.Oops", "at": 6_000_000} == {k: facts["error"][k] for k in ("type", "at")}
    [event] = facts["events"]
    assert ("send", 2_000_000, 4_000_000, "OSError") == (
        *(event[key] for key in ("direction", "called", "returned", "raised")),
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
        assert shown.startswith("POST /crash  error in ")
        assert "RuntimeError: the handler failed" in shown

    @pytest.mark.usefixtures("killed")
    @pytest.mark.parametrize("id_", ["last", LOST.id[:12]])
    def test_what_was_lost(self, cli: Cli, id_: str) -> None:
        """By filter, as the last, and by its id."""
        result = cli("show", id_, "--json", *(["--outcome", "lost"] if id_ == "last" else []))
        facts = json.loads(result.stdout)
        assert (LOST.id, "lost", None) == (facts["id"], facts["outcome"], facts["ended"])

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

    @pytest.mark.parametrize("id_", ["ffffffff", "0", "no-id", "'"])
    def test_an_id_of_none_or_of_many_is_said(self, cli: Cli, id_: str) -> None:
        """One message, and where the ids are."""
        result = cli("show", id_)
        assert (1, "") == (result.exit_code, result.stdout)
        assert result.stderr.endswith("see: asgi-mw ls\n")

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
