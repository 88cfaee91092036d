"""``asgi-mw ls`` lists what was recorded."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from asgi_mw import open_store, record
from asgi_mw.cli.listing import one_row, row_of
from asgi_mw.recorder.codec import encode, encode_view
from asgi_mw.recorder.segment import Segment
from asgi_mw.testing import run, websocket
from tests.cli.conftest import HOSTILE
from tests.cli.facts import LOST, NO_LIFESPAN, TRACED, UNEXPLAINED, WORKED_ON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from starlette.websockets import WebSocket

    Cli = Callable[..., Result]

VARYING = {"id", "began", "duration_ms", "returned_ms", "worker"}
pytestmark = pytest.mark.usefixtures("store")


def test_the_newest_is_last_and_safe_to_print(cli: Cli) -> None:
    """One line for each exchange, whatever is in its path."""
    result = cli("ls")
    assert (0, "") == (result.exit_code, result.stderr)
    head, *lines = result.stdout.splitlines()
    assert head.split()[:3] == ["STATUS", "METHOD", "PATH"]
    assert [
        "200       GET      /users/7?token=[redacted]&page=2",
        "404       GET      /missing",
        "500*      POST     /crash",
        "101 1000  WS       /ws",
        r"200       G\x1bET  /a\x1b[2J\n\x9b\u202eINFO forged\x07",
    ] == [line[: head.index("TOOK") - 4].rstrip() for line in lines]
    assert [
        "complete",
        "complete",
        "error  ✗ RuntimeError",
        "complete  client closed",
        "complete",
    ] == [line[head.index("OUTCOME") :] for line in lines]


@pytest.mark.parametrize(
    ("filters", "paths"),
    [
        pytest.param(["--method", "post"], ["/crash"], id="method"),
        pytest.param(["--path", "/users/*"], ["/users/7"], id="pattern"),
        pytest.param(["--status", "404"], ["/missing"], id="status"),
        pytest.param(["--status", "4xx"], ["/missing"], id="class"),
        pytest.param(["--outcome", "error"], ["/crash"], id="outcome"),
        pytest.param(["--status", "4XX"], ["/missing"], id="upper case"),
        pytest.param(["--status", "5xx"], ["/crash"], id="the server's own"),
        pytest.param(["--status", "404", "--status", "500"], ["/missing", "/crash"], id="either"),
        pytest.param(["--type", "websocket"], ["/ws"], id="type"),
        pytest.param(["--type", "WS"], ["/ws"], id="short"),
        pytest.param(
            ["--header", "content-type: JSON", "--path", "/m*"], ["/missing"], id="header"
        ),
        pytest.param(["--header", "content-type:xml"], [], id="no such header"),
        pytest.param(["--body", "Ada", "--path", "/m*"], ["/missing"], id="body"),
        pytest.param(["--body", "hello"], ["/ws"], id="message"),
        pytest.param(["--route", "/users/{id}"], [], id="route"),
        pytest.param(["--since", "1h", "--path", "/ws"], ["/ws"], id="since"),
        pytest.param(["--until", "1h"], [], id="until"),
        pytest.param(["--sort", "status", "--limit", "2"], ["/missing", "/crash"], id="sort"),
        pytest.param(
            ["--path", "/[muw]*", "--reverse"], ["/ws", "/missing", "/users/7"], id="reverse"
        ),
        pytest.param(["--sort", "size", "--limit", "1", "--type", "http"], [HOSTILE], id="newest"),
        pytest.param(["--sort", "duration", "--path", "/ws"], ["/ws"], id="duration"),
        pytest.param(["--text", "page=2"], ["/users/7"], id="text"),
        pytest.param(["--longer", "1h"], [], id="longer"),
        pytest.param(["--path", "/[muw]*", "--limit", "2"], ["/missing", "/ws"], id="limit"),
    ],
)
def test_filters(cli: Cli, filters: list[str], paths: list[str]) -> None:
    """Each filter leaves what it names, and the limit the newest."""
    result = cli("ls", "--json", *filters)
    assert 0 == result.exit_code
    assert paths == [json.loads(line)["path"] for line in result.stdout.splitlines()]


def test_json_has_a_line_for_each(cli: Cli) -> None:
    """A program gets every column, and more."""
    one = json.loads(cli("ls", "--json", "--path", "/missing").stdout)
    assert {
        "type": "http",
        "method": "GET",
        "path": "/missing",
        "query": None,
        "route": None,
        "status": 404,
        "status_by": "app",
        "close": None,
        "outcome": "complete",
        "state": "complete",
        "request_id": None,
        "trace_id": None,
        "span_id": None,
        "bytes_in": 0,
        "bytes_out": 15,
        "event_count": 2,
        "error": None,
        "dropped": {},
        "redacted": [],
        "kept": False,
    } == {key: one[key] for key in one if key not in VARYING}
    assert (32, True, True, {"host", "pid"}) == (
        len(one["id"]),
        datetime.now(UTC) - datetime.fromisoformat(one["began"]) < timedelta(days=1),
        one["returned_ms"] >= one["duration_ms"] > 0,
        set(one["worker"]),
    )


def test_nothing_that_matches_is_no_failure(cli: Cli) -> None:
    """It is said, though not on stdout."""
    result = cli("ls", "--path", "/nowhere")
    assert (0, "", "Nothing matches.\n") == (result.exit_code, result.stdout, result.stderr)


def test_a_store_without_recordings(cli: Cli) -> None:
    """Nothing was asked for that could match."""
    assert 0 == cli("purge", "--all", "--yes").exit_code
    result = cli("ls")
    assert (0, "", "No recordings yet.\n") == (result.exit_code, result.stdout, result.stderr)
    assert "Nothing matches.\n" == cli("ls", "--path", "/nowhere").stderr
    assert "No recordings yet.\n" == cli("export", "--as", "har").stderr


@pytest.mark.parametrize(
    "command",
    [
        *(["ls", "--store"], ["check"], ["check", "--store"], ["inspect"], ["show", "last"]),
        *(["export", "--as", "har"], ["keep", "last"], ["purge", "--all", "--yes"]),
        *(["ship", "--to", "postgresql://127.0.0.1:1/a", "--once"], ["replay", "--app", "a:b"]),
    ],
    ids=" ".join,
)
def test_another_folder_is_no_store(cli: Cli, store: Path, command: list[str]) -> None:
    """What reads says which was meant, and writes nothing into it."""
    before = sorted(path.name for path in store.parent.iterdir())
    named = {"check": "", "inspect": "", "ship": ""}.get(command[0], "--store")
    result = cli(*command, *([named] if named and command[-1] != "--store" else []), store.parent)
    assert 1 == result.exit_code
    assert f"there are no recordings in {store.parent} yet" in result.stderr
    assert f"; did you mean {store}?\n" in result.stderr
    assert before == sorted(path.name for path in store.parent.iterdir())


@pytest.mark.usefixtures("killed")
def test_what_was_lost_is_listed(cli: Cli) -> None:
    """It is not in flight any more, and nobody knows how long it took."""
    _, line = cli("ls", "--outcome", "lost").stdout.splitlines()
    assert {"?", "lost", "POST", "/upload?a=1"} <= set(line.split())
    [facts] = map(json.loads, cli("ls", "--json", "--outcome", "lost").stdout.splitlines())
    assert (LOST.id, "lost", None) == (facts["id"], facts["outcome"], facts["duration_ms"])
    assert 6 == len(cli("ls", "--json").stdout.splitlines())
    assert "Nothing matches.\n" == cli("ls", "--in-flight").stderr


def test_work_in_the_background_is_in_flight_as_such(cli: Cli, store: Path) -> None:
    """The response is over, the app is not."""
    segment = Segment(store)
    over = replace(WORKED_ON, events=WORKED_ON.events[:1], returned=None, outcome=None)
    segment.write([], shown=[(over.id, encode_view(over))])
    head, line = cli("ls", "--in-flight").stdout.splitlines()
    [facts] = map(json.loads, cli("ls", "--in-flight", "--json").stdout.splitlines())
    segment.close()
    assert line.split()[:3] == ["201", "POST", "/upload?a=1"]
    assert line[head.index("OUTCOME") :] == "background"
    assert ("background", None, 10.0, None) == (
        *(facts[name] for name in ("state", "outcome", "duration_ms", "returned_ms")),
    )


def test_a_5xx_that_nobody_explained_is_marked(cli: Cli, store: Path) -> None:
    """The response is complete, and no success; so it is where exchanges come one by one."""
    segment = Segment(store)
    segment.write([encode(UNEXPLAINED)])
    segment.close()
    head, line = cli("ls", "--status", "503").stdout.splitlines()
    [facts] = map(json.loads, cli("ls", "--status", "503", "--json").stdout.splitlines())
    [tailed, *_] = one_row(row_of(UNEXPLAINED), 160)
    assert line[head.index("OUTCOME") :] == "complete  ✗ failed"
    assert "".join(text for text, _ in tailed).endswith("complete  ✗ failed")
    assert (facts["outcome"], facts["error"]) == ("complete", None)


@pytest.mark.parametrize(
    "asked",
    ["0af76519", "0AF7651916CD43DD8448EB211C80319C", f"00-{TRACED.trace_id}-{'b' * 16}-01"],
    ids=["beginning", "in capitals", "traceparent"],
)
def test_a_trace_is_found(cli: Cli, store: Path, asked: str) -> None:
    """By its id as any tool prints it; `--text` finds the span, too."""
    segment = Segment(store)
    segment.write([encode(TRACED)])
    segment.close()
    for filters in (["--trace", asked], ["--text", TRACED.span_id]):
        [facts] = map(json.loads, cli("ls", "--json", *filters).stdout.splitlines())
        assert (TRACED.id, TRACED.trace_id, TRACED.span_id) == (
            *(facts[name] for name in ("id", "trace_id", "span_id")),
        )
    assert "Nothing matches.\n" == cli("ls", "--trace", "b7").stderr


def test_a_lifespan_that_there_is_none_of_is_no_failure(cli: Cli, store: Path) -> None:
    """Django raises, as the specification asks."""
    segment = Segment(store)
    segment.write([encode(NO_LIFESPAN)])
    segment.close()
    head, line = cli("ls", "--outcome", "unsupported").stdout.splitlines()
    assert line[head.index("OUTCOME") :] == "unsupported"


def test_a_normal_close_is_no_failure(cli: Cli, store: Path) -> None:
    """Though the framework's exception that reported it left the app; JSON has it."""

    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()

    opened = open_store(store)
    app = Starlette(routes=[WebSocketRoute("/chat", chat)])
    run(websocket(record(app, store=opened), "/chat", close=(1001, "")))
    opened.close()
    [said] = cli("ls", "/chat").stdout.splitlines()[1:]
    [told] = cli("ls", "/chat", "--json").stdout.splitlines()

    assert said.endswith("complete  client closed")
    assert "starlette.websockets.WebSocketDisconnect" == json.loads(told)["error"]["type"]
    assert "/chat" not in cli("ls", "is:error").stdout


def test_nothing_is_in_flight(cli: Cli) -> None:
    """All of these have ended."""
    assert "Nothing matches.\n" == cli("ls", "--in-flight").stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        pytest.param(["--status", "9"], 2, "write it as 404 or 5xx", id="status"),
        pytest.param(["--outcome", "fine"], 2, "take one of complete, client_gone", id="outcome"),
        pytest.param(["--trace", "0x1"], 2, "write its 32 hex digits", id="trace"),
        pytest.param(["--outcome", "client"], 2, "is it client_gone? take one of", id="near"),
        pytest.param(["--type", "webscoket"], 2, "is it websocket? take one of http", id="type"),
        pytest.param(["--since", "noon"], 2, "'noon' is not like 10m, 14:30", id="since"),
        pytest.param(["--longer", "soon"], 2, "'soon' is not like 7d, 12h", id="longer"),
        pytest.param(["--store", "none"], 1, "asgi-mw run module:app", id="no store yet"),
        pytest.param(["--store", "memory:"], 1, "record to a folder", id="memory"),
        pytest.param(["--store", "redis://x"], 2, "the path of a folder", id="unknown store"),
        pytest.param(["--store", "a-file"], 2, "is a file", id="a file"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    cli: Cli, store: Path, arguments: list[str], status: int, message: str
) -> None:
    """One message and no traceback."""
    (store.parent / "a-file").touch()
    result = cli("ls", *arguments)
    assert (status, "") == (result.exit_code, result.stdout)
    assert message in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"SQLite format 3\0" + b"x" * 5000, "move it out of the folder", id="corrupt"),
        pytest.param(None, "is a database of another program", id="foreign"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_beside_the_rest(
    cli: Cli, store: Path, content: bytes | None, message: str
) -> None:
    """The others are listed, and the exit status tells that something is amiss."""
    path = store / "other.db"
    if content is None:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE notes (text)")
        connection.close()
    else:
        path.write_bytes(content)
    result = cli("ls")
    assert (2, 6) == (result.exit_code, len(result.stdout.splitlines()))
    assert result.stderr.startswith("Warning: other.db ") and message in result.stderr


def test_the_environment_names_the_store(
    cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing else is said, $ASGI_MW_STORE is it."""
    monkeypatch.chdir("/")
    result = cli("ls", env={"ASGI_MW_STORE": str(store)})
    assert (0, 6) == (result.exit_code, len(result.stdout.splitlines()))
