"""Recorded traffic as tests: they run, and they notice what has changed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest

from asgi_mw import open_store, record
from asgi_mw.errors import ConfigError
from asgi_mw.events import Event
from asgi_mw.export import write_pytest
from asgi_mw.testing import Transport
from examples import fastapi_app, raw_app, starlette_app
from tests.cli.facts import LOST, NO_LIFESPAN
from tests.nested import ENVIRONMENT
from tests.recorder.made import MS, made
from tests.system import PATIENCE

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

ROOT = Path(__file__).parents[3]
APPS = {"fastapi_app": fastapi_app, "raw_app": raw_app, "starlette_app": starlette_app}
# As in pyproject.toml: what anyio's plugin still does
_QUIET = "ignore:_pytest.python.CallSpec2 has been renamed:pytest.PytestWarning"


def text(*exchanges: Exchange, app: str | None = "shop:app") -> str:
    """The module of tests of *exchanges*."""
    file = io.StringIO()
    write_pytest(exchanges, file, app=app)
    return file.getvalue()


def ruff(module: Path) -> str:
    """What ruff finds in *module* by its default rules."""
    line = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(module)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def outcome(module: Path, **environment: str) -> str:
    """The last line of pytest, of the tests of *module*."""
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", _QUIET]
    path = os.pathsep.join([str(module.parent), str(ROOT)])
    done = subprocess.run(
        [*line, str(module)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        cwd=module.parent,
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": path} | environment,
    )
    print(done.stdout)  # which is shown if it is not as it should be
    last = done.stdout.strip().splitlines()[-1]
    assert " in " in last, done.stdout + done.stderr
    return last.rpartition(" in ")[0]


async def visit(app: Any) -> list[Exchange]:
    """Traffic of an example app."""
    store = open_store("memory:")
    async with (
        Transport(record(app, store=store), raise_app_exceptions=False) as transport,
        httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as client,
    ):
        bearer = {"authorization": "Bearer s3cret"}
        await client.get("/users/1", params={"token": "s3cret"}, headers=bearer)
        await client.get("/users/999")
        await client.post("/users", json={"name": "Edsger"})
        await client.post("/users", json={})
        await client.get("/stream")
        await client.get("/events")
        await client.get("/crash")
        async with client.websocket("/ws/echo") as socket:
            await socket.send_text("hi")
            await socket.receive_text()
            await socket.send_bytes(b"bytes")
            await socket.receive_bytes()
        await client.post("/users", json={"name": "Grace", "password": "s3cret"})
    return [one for one in reversed(list(store.exchanges())) if one.type != "lifespan"]


@pytest.mark.slow
@pytest.mark.parametrize("name", APPS)
def test_the_traffic_of_an_example_app_makes_tests_that_pass(name: str, tmp_path: Path) -> None:
    """With what was masked in the environment; without, those tests are skipped."""
    exchanges = anyio.run(visit, APPS[name].app)
    module = tmp_path / "test_made.py"
    module.write_text(text(*exchanges, app=f"examples.{name}:app"))
    assert "" == ruff(module)
    assert "s3cret" not in module.read_text()
    assert "7 passed, 2 skipped" == outcome(module)
    secrets = {"TOKEN": "s3cret", "AUTHORIZATION": "s3cret", "PASSWORD": "s3cret"}
    assert "9 passed" == outcome(module, **secrets)


APP = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": WORD})
        await send({"type": "websocket.close", "code": 4001})
        return
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"word": "%b"}' % WORD.encode()})
"""


@pytest.mark.slow
def test_an_app_that_has_changed_fails_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of a request, and what a WebSocket says."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"WORD": "old"}
    exec(APP, space)

    async def once() -> list[Exchange]:
        transport = Transport(space["app"], lifespan=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://a") as client:
            await client.get("/")
            async with client.websocket("/ws") as socket:
                await socket.receive_text()
            return transport.exchanges

    exchanges = anyio.run(once)
    module, app = tmp_path / "test_made.py", tmp_path / "shop.py"
    app.write_text(f'WORD = "old"\n{APP}')
    module.write_text(text(*exchanges))
    assert ("", "2 passed") == (ruff(module), outcome(module))
    # Of another length: Python takes a module of the same second and size for compiled already
    app.write_text(f'WORD = "newer"\n{APP}')
    assert "2 failed" == outcome(module)


def test_a_test_is_to_be_read() -> None:
    """What is asked and what is expected; what is the same for every client is left out."""
    exchange = made(
        method="POST",
        headers=[
            (b"host", b"shop.test"),
            (b"user-agent", b"curl"),
            (b"accept", b"text/html"),
            (b"content-type", b"application/json"),
        ],
        request=b'{"name": "Ada"}',
        response=b'{"id": "0b0f5a30-5b0a-4a4e-9d6b-0f4f8d3c2a11", "name": "Ada"}',
        status=201,
        sent=[(b"content-type", b"application/json"), (b"date", b"x"), (b"location", b"/a")],
    )
    assert '''\
async def test_post_orders(client):
    """POST /orders answered 201 in 12.0 ms: exchange 000001."""
    response = await client.request(
        "POST",
        "http://shop.test/orders",
        json={"name": "Ada"},
        headers=[("accept", "text/html")],
    )

    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    assert response.headers["location"] == "/a"
    assert response.json() == {"id": ANY, "name": "Ada"}
''' in text(exchange).replace(
        '        headers=[("accept", "text/html")],\n        json={"name": "Ada"},\n',
        '        json={"name": "Ada"},\n        headers=[("accept", "text/html")],\n',
    )


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"response": b""}, 'assert response.content == b""'),
        ({"response": b"\xff"}, 'assert response.content == b"\\xff"'),
        ({"response": b"\xff" * 1001}, "assert len(response.content) == 1001"),
        ({"response": b"plain"}, 'assert response.text == "plain"'),
        ({"response": b"at 2026-05-04T10:00:00Z\nok"}, 'for line in ["ok"]:'),
        ({"method": "PUT", "request": b"\xff"}, 'content=b"\\xff",'),
        ({"method": "PUT", "request": b"a=1"}, 'content="a=1",'),
        ({"response": b"at 1767323041.5\nok"}, 'for line in ["ok"]:'),
        ({"headers": [(b"x-name", b"na\xefve")]}, 'headers=[("x-name", b"na\\xefve")],'),
        (
            {"headers": [(b"x-name", b"\xef=[redacted]")]},
            """headers=[("x-name", ("\\xef=" + os.environ["X_NAME"]).encode("latin-1"))],""",
        ),
    ],
)
def test_bodies_are_compared_as_far_as_they_are_the_same_in_each_run(
    given: dict[str, Any], line: str
) -> None:
    """Text, bytes, or how many."""
    assert line in [one.strip() for one in text(made(**given)).splitlines()]


def test_an_event_whose_data_differ_is_compared_by_its_json() -> None:
    """Lines before and after it as they are."""
    stream = made(
        response=b'id: 1\ndata: {"at": 1767323041, "n": 2}\n\ndata: now 1767323041\n\nhalf',
        sent=[(b"content-type", b"text/event-stream")],
    )
    assert """\
        lines = response.aiter_lines()
        expected = ["id: 1"]
        assert [await anext(lines) for _ in expected] == expected
        assert json.loads((await anext(lines))[5:]) == {"at": ANY, "n": 2}
        expected = ["", ANY, ""]
        assert [await anext(lines) for _ in expected] == expected
""" in text(stream)
    assert "import json\n" in text(stream)


def test_what_was_cut_is_not_compared() -> None:
    """A comment says so."""
    *others, body = made().events
    cut = replace(made(), events=(*others, replace(body, size=90, truncated=True)))
    assert "# the recording has only 2 of 90 bytes of the body" in text(cut)
    assert "response.json()" not in text(cut)


def test_a_request_that_is_not_whole_is_not_made() -> None:
    """A file of a form that was not kept, or a body that was cut."""
    form = b'--a\r\nContent-Disposition: form-data; name="f"\r\n\r\n[12 bytes]\r\n--a--\r\n'
    body, *others = made(method="POST", request=b"half").events
    cut = replace(made(method="POST"), events=(replace(body, size=90, truncated=True), *others))
    for exchange, why in [
        (made(method="POST", request=form), "the recording has no files"),
        (cut, "the body is cut: 4 of 90 bytes were kept"),
    ]:
        [skipped] = [one for one in text(exchange).splitlines() if one.startswith("@pytest.mark")]
        assert skipped.startswith(f'@pytest.mark.skip(reason="{why}') or why in skipped
    compile(text(cut), "test_made.py", "exec")


def test_there_are_tests_only_of_what_can_be_tested() -> None:
    """Others are counted."""
    masked = Event("receive", 0, MS, {"type": "websocket.receive", "text": "[redacted]"}, 9)
    accept = Event("send", 0, MS, {"type": "websocket.accept"})
    socket = made(kind="websocket", events=(accept, masked))
    gone = replace(made(), events=made().events[:2], outcome="client_gone")
    answered = replace(made(), outcome="client_gone")  # nobody was there to get it
    written = write_pytest([made(), NO_LIFESPAN, LOST, socket, gone, answered], io.StringIO())
    assert (1, 5) == (written.count, sum(written.left_out.values()))


@pytest.mark.parametrize(
    ("app", "lines"),
    [
        ("shop.main:api", "from shop.main import api as app"),
        ("shop:state.app", "from shop import state\n"),
        (None, "app = None"),
    ],
)
def test_the_app_is_imported_by_its_name(app: str | None, lines: str) -> None:
    """Or there is a place for it."""
    assert lines in text(made(), app=app)
    compile(text(made(), app=app), "test_made.py", "exec")


@pytest.mark.parametrize("app", ["shop", "shop:", ":app", "shop:app()", "a b:c", "class:app", ""])
def test_what_names_no_app_is_refused(app: str) -> None:
    """It would be code."""
    with pytest.raises(ConfigError, match="write it as module:app"):
        text(made(), app=app)


def test_whatever_is_recorded_only_makes_literals() -> None:
    """Nothing leaves its quotes."""
    evil = '"""\n\'; import os; os.system("true") #'
    exchange = made(
        method="POST",
        path=f"/{evil}",
        headers=[(b"x-a", evil.replace("\n", " ").encode()), (b"host", evil.encode())],
        request=evil.encode(),
        response=evil.encode(),
        sent=[(b"location", evil.encode())],
        route=evil,
    )
    module = text(exchange)
    compile(module, "test_made.py", "exec")
    assert "import os" not in [line.strip() for line in module.splitlines()]
