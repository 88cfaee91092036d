"""``asgi-mw schema`` describes what each verb prints with ``--json``: all of it, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from asgi_mw import layer, open_store, production, record, stack
from asgi_mw.cli import VERBS, group, tail
from asgi_mw.cli.schemas import PRINTED, schema_of
from asgi_mw.events import Exchange
from asgi_mw.export import add
from asgi_mw.missing import Missing
from asgi_mw.passages import Fault
from asgi_mw.recorder.codec import encode_view
from asgi_mw.recorder.segment import Segment
from asgi_mw.testing import Wire, lifespan_scope, request, run, websocket
from tests.cli import breaking, facts, shops
from tests.cli.fitting import fits, properties_of, seen_in
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from asgi_mw.types import App, Receive, Scope, Send
    from tests.cli.fitting import Seen

    Cli = Callable[..., Result]

APP = "tests.cli.breaking:app"
# What no quick command prints, and where it is printed and held against its schema
ELSEWHERE = {
    "demo": "test_demo.py, where all four apps are served",
    "inspect": "test_inspect.py, where the page is asked",
    "result": "test_conformance.py, where a server is examined",
    "run": "test_run.py, test_servers.py and test_run_otlp.py, where an app is served",
    "ship": "test_ship.py, where there is a database",
}
CUT = replace(facts.EXCHANGE, gap=1, missing=Missing(1, 2, 3, 9, 4, 2), gone=8)
CLOSED = replace(
    facts.EXCHANGE,
    type="websocket",
    events=(
        facts.sent(0, 1, {"type": "websocket.accept"}),
        facts.received(1, 2, {"type": "websocket.disconnect", "code": 4001, "reason": "enough"}),
    ),
)
RAISED = replace(
    facts.LAYERED,
    layers=(replace(facts.LAYERED.layers[2], fault=Fault(None, "ValueError: no", "raised")),),
)
EXTRAS = (
    *(
        "brotli",
        "dotenv",
        "duckdb",
        "h2",
        "httpx",
        "httpx2",
        "isal",
        "msgspec",
        "psycopg",
        "pytest",
    ),
    *("opentelemetry.sdk", "prometheus_client", "rich", "uvicorn", "websockets"),
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer by the path: an event stream, what is no text, too much of it, or nothing."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": b"\xff" + message["text"].encode()})
        return
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/crash":
        raise LookupError("no such order")
    await receive()
    kind = b"text/event-stream" if scope["path"] == "/events" else b"application/octet-stream"
    start = {"status": 200, "headers": [(b"content-type", kind), (b"set-cookie", b"id=s3cret")]}
    await send({"type": "http.response.start", **start})
    for part in (b"data: 1\n\n", b"\xff" * 2_000):
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def live(app: App) -> None:
    """A whole lifespan."""
    async with Wire(app, lifespan_scope()) as wire:
        for word in ("startup", "shutdown"):
            await wire.give({"type": f"lifespan.{word}"})
            await wire.take()
        await wire.finished()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of exchange: what an app in all layers did, and what no quick traffic shows."""
    folder = tmp_path_factory.mktemp("history") / "traffic"
    made = [one for one in vars(facts).values() if isinstance(one, Exchange) and one.outcome]
    made += [CUT, CLOSED, RAISED]
    add(folder, [replace(one, id=f"{number:032x}") for number, one in enumerate(made)])
    store = open_store(folder)
    options = {"store": store, "layers": True, "body_limit": 64}
    recorded = stack(production(app), layer(record, **options))
    for method, path in (("GET", "/events?token=s3cret"), ("POST", "/bytes"), ("GET", "/crash")):
        run(request(recorded, method, path, headers={"authorization": "Bearer s3cret"}))
    run(websocket(recorded, "/ws", messages=["hello"]))
    run(live(recorded))
    broken = record(breaking.app, store=store)
    for path in ("/twice", "/undecided", "/hostile"):
        run(request(broken, "GET", path))
    store.close()
    segment = Segment(folder)
    segment.write([], shown=[(facts.IN_FLIGHT.id, encode_view(facts.IN_FLIGHT))])
    segment._connection.close()
    segment._lock.release()
    return folder


def ids(cli: Cli, store: Path | str) -> list[str]:
    """Those of a store."""
    printed = cli("ls", "--json", "--limit", "1000", "--store", store).stdout
    return [json.loads(line)["id"] for line in printed.splitlines()]


@pytest.fixture
def commands(
    history: Path, here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, ...]]:
    """A command for all that can be printed quickly, of every verb that does."""
    shops.shops(here, monkeypatch)
    asked = [("GET", "/items"), ("GET", "/events"), ("WS", "/prices")]
    shops.ask("old", "shop", *asked, ("GET", "/hang"), ("POST", "/gone"))
    shops.ask("new", "bugs", *asked, ("GET", "/fresh"))
    (here / "one.har").write_text('{"log": {"entries": [3, {"request": {}}]}}')
    broken = [{"startedDateTime": "2026-05-04T12:30:00Z", "time": 1}]
    (here / "two.har").write_text(json.dumps({"log": {"entries": broken}})[:-9])
    store = ("--store", str(history))
    beyond = ("--app", "bugs:app", "--once", "--timeout", "100ms")
    return [
        ("check", str(history), "--profile", "advice", "--json"),
        ("check", APP, "--path", "/crash", "--path", "/twice", "--format", "json"),
        ("conformance", "--list", "--json"),
        ("diff", "old", "new", "--json"),
        ("diff", *ids(cli, "old")[:2], "--store", "old", "--json"),
        ("doctor", "--json", *store),
        ("export", "--as", "har", "-o", "out.har", "--json", *store),
        ("import", "out.har", "--store", "again", "--json"),
        ("import", "one.har", "--store", "again", "--json"),
        ("keep", ids(cli, "old")[0], "--store", "old", "--json"),
        ("ls", "--json", *store),
        ("purge", "--all", "--dry-run", "--json", *store),
        ("replay", "--store", "old", *beyond, "--json"),
        ("rules", "--json"),
        ("schema", "--json"),
        ("schema", "show", "--json"),
        *[("show", one, "--json", *store) for one in ids(cli, history)],
        ("tail", "--lines", "99", "--json", *store),
    ]


@pytest.mark.slow
def test_every_property_is_printed_by_some_command(
    commands: list[tuple[str, ...]], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each shape, or in a test of its own: no schema promises what nobody prints."""

    def pause(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tail, "sleep", pause)
    seen: set[Seen] = set()
    for arguments in commands:
        printed = cli(*arguments).stdout  # which fits its schema, or this fails
        assert printed, arguments
        seen |= seen_in(arguments[0], [json.loads(line) for line in printed.splitlines()])
    lines = cli("export", "--as", "jsonl", "--store", commands[0][1]).stdout
    seen |= seen_in("jsonl", fits("jsonl", lines))
    promised = {one for one in properties_of([*PRINTED]) if one[0] not in ELSEWHERE}
    # A collector takes it in tests/cli/test_export.py
    assert {("export", "to")} == promised - seen


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_that_prints_json_has_a_schema(verb: str) -> None:
    """None can be added without."""
    command = group.get_command(click.Context(group), verb)
    assert command is not None
    options = {name for one in command.params for name in one.opts}
    assert ("--json" in options) is (verb in PRINTED)


def test_no_schema_is_of_what_is_no_verb() -> None:
    """But that of the file that is as JSON as they are."""
    assert {"jsonl"} == PRINTED.keys() - VERBS.keys()


@pytest.mark.parametrize("name", PRINTED)
def test_a_schema_is_printed(cli: Cli, name: str) -> None:
    """A valid one, for people to read or on one line."""
    plain, lined = cli("schema", name), cli("schema", name, "--json")
    Draft202012Validator.check_schema(json.loads(plain.stdout))
    assert json.loads(plain.stdout) == json.loads(lined.stdout) == schema_of(name)
    assert (0, True, 1) == (plain.exit_code, plain.stdout.isascii(), lined.stdout.count("\n"))


def test_all_of_them_are_listed(cli: Cli) -> None:
    """With what they are."""
    lines = cli("schema").stdout.splitlines()
    assert [*PRINTED] == [line.split()[0] for line in lines[1:]]


def test_one_that_is_none_is_wrong_usage(cli: Cli) -> None:
    """With the one that was meant."""
    result = cli("schema", "shwo")
    assert (2, "") == (result.exit_code, result.stdout)
    assert "there is no schema 'shwo'; is it show? see: asgi-mw schema" in result.stderr


def test_it_needs_no_extra() -> None:
    """Nor what any of them brings."""
    code = (
        f"import sys\nsys.modules |= dict.fromkeys({EXTRAS})\n"
        "from asgi_mw.cli import group\ngroup(['schema', 'conformance', '--json'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (0, schema_of("conformance")) == (done.returncode, json.loads(done.stdout))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("ls", {"status": "200"}),
        ("ls", {"began": 1_750_000_000}),
        ("ls", {"outcome": "fine"}),
        ("ls", {"worker": {"host": "a"}}),
        ("ls", {"colour": "red"}),
        ("show", {"events": [{"direction": "send"}]}),
        ("show", {"query": {"base64": 7}}),
    ],
    ids=str,
)
def test_what_is_otherwise_does_not_fit(history: Path, name: str, changed: dict[str, Any]) -> None:
    """The schemas are strict."""
    arguments = ["show", "last", "type:http"] if name == "show" else ["ls", "--limit", "1"]
    command = [*arguments, "--json", "--store", str(history)]
    line = CliRunner().invoke(group, command, prog_name="asgi-mw").stdout
    assert [json.loads(line)] == fits(name, line)
    with pytest.raises(AssertionError):
        fits(name, json.dumps({**json.loads(line), **changed}))
