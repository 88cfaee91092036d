"""Without any configuration: what hangs is shown, in suites that run in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

APP = """
import anyio, asyncio, httpx, httpx2, pytest
from asgiref.testing import ApplicationCommunicator
from httpx2.websockets import ASGIWebSocketTransport
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from asgi_mw.testing import Transport, http_scope, request

impatient = []
async def stuck_in_database():
    for scope in impatient:
        scope.deadline = anyio.current_time()
    await anyio.sleep_forever()
async def handler(request):
    await stuck_in_database()
async def fine(request):
    return PlainTextResponse("fine")
async def through(request, call_next):
    return await call_next(request)
ROUTES = [Route("/stuck", handler), Route("/fine", fine)]
app = Starlette(routes=ROUTES)
wrapped = Starlette(routes=ROUTES)
wrapped.add_middleware(BaseHTTPMiddleware, dispatch=through)
async def silent(scope, receive, send):
    await receive()
    await stuck_in_database()
"""
SHOWN = ["*ASGI connections still open*", "http GET /stuck: *", "*handler", "*stuck_in_database*"]


def ran(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    """The outcome of *test*."""
    pytester.makepyfile(APP + test)
    return pytester.runpytest_subprocess("-p", "no:anyio", *options, timeout=PATIENCE)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("transport", ["httpx.ASGITransport", "httpx2.ASGITransport", "Transport"])
def test_a_test_that_gives_up_says_where_the_app_is(
    pytester: pytest.Pytester, transport: str, backend: str
) -> None:
    """With each transport."""
    package = "httpx" if transport.startswith("httpx.") else "httpx2"
    test = f"""
def test_app():
    async def main():
        async with {package}.AsyncClient(transport={transport}(app), base_url="http://a") as client:
            with anyio.fail_after(1000) as scope:
                impatient.append(scope)
                await client.get("/stuck")
    anyio.run(main, backend="{backend}")
"""
    ran(pytester, test).stdout.fnmatch_lines(SHOWN)


def test_a_test_that_fails_says_what_is_still_open(pytester: pytest.Pytester) -> None:
    """Its app waits, in a task of its own that nobody has cancelled."""
    test = """
loop = asyncio.new_event_loop()
def test_app():
    communicator = ApplicationCommunicator(app, http_scope("GET", "/stuck"))
    async def main():
        await communicator.send_input({"type": "http.request"})
        await asyncio.sleep(0.1)
        assert communicator.application is app
        assert communicator.future.done()
    loop.run_until_complete(main())
"""
    result = ran(pytester, test)
    result.stdout.fnmatch_lines(["http GET /stuck: awaits its own work for *", *SHOWN[2:]])
    result.assert_outcomes(failed=1)


def test_a_websocket_that_is_never_accepted_is_shown(pytester: pytest.Pytester) -> None:
    """The client of httpx2 gives up."""
    test = """
def test_app():
    async def main():
        transport = ASGIWebSocketTransport(silent, initial_receive_timeout=2)
        async with httpx2.AsyncClient(transport=transport) as client:
            assert transport.app is silent
            async with client.websocket("ws://a/chat"): pass
    anyio.run(main)
"""
    ran(pytester, test).stdout.fnmatch_lines(
        ["websocket /chat: *", "*receive websocket.connect", "*silent", "*stuck_in_database"]
    )


@pytest.mark.parametrize("method", ["signal", "thread"])
@pytest.mark.parametrize("name", ["app", "wrapped"])
def test_a_timeout_shows_the_task_of_the_handler(
    pytester: pytest.Pytester, method: str, name: str
) -> None:
    """It is behind a middleware that calls the app in a task of its own; pytest-timeout ends it."""
    test = f"""
def test_app():
    TestClient({name}).get("/stuck")
"""
    result = ran(pytester, test, "--timeout=3", f"--timeout-method={method}")
    text = result.stdout.str() + result.stderr.str()
    shown = text[text.index("ASGI connections still open") :]
    assert "http GET /stuck: awaits" in shown
    assert " handler" in shown
    assert " stuck_in_database" in shown


@pytest.mark.parametrize("options", [[], ["-n2"]], ids=["alone", "xdist"])
@pytest.mark.parametrize("client", ["TestClient(app).get('/stuck')", "anyio.run(stuck)"])
def test_an_interrupt_shows_it(tmp_path: Path, client: str, options: list[str]) -> None:
    """By Ctrl-C, which reaches all processes of the terminal."""
    (tmp_path / "test_it.py").write_text(
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        + APP
        + f"""
async def stuck():
    async with Transport(app) as transport, httpx2.AsyncClient(transport=transport) as client:
        await client.get("http://a/stuck")
async def handler(request):
    open("begun", "w").close()
    await stuck_in_database()
app = Starlette(routes=[Route("/stuck", handler)])
def test_app():
    {client}
"""
    )
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", *options, "."]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=PATIENCE)[0]
    assert "ASGI connections still open" in said
    assert "http GET /stuck: " in said
    assert " stuck_in_database" in said


def test_a_client_keeps_its_app(pytester: pytest.Pytester) -> None:
    """A suite sees no difference: the app is what was given, and a lifespan that waits no hang."""
    test = """
@pytest.fixture(scope="module")
def client():
    with TestClient(app) as client:
        yield client
def test_app(client):
    assert client.app is app and client._transport.app is app
    assert client.get("/fine").text == "fine"
    assert httpx.ASGITransport(app).app is app
    raise ValueError("enough")
"""
    result = ran(pytester, test)
    result.stdout.fnmatch_lines(["*ValueError: enough"])
    result.stdout.no_fnmatch_line("*ASGI conn*")


def test_it_can_be_turned_off(pytester: pytest.Pytester) -> None:
    """By its name in the configuration."""
    pytester.makeini("[pytest]\nasgi_watch = false\n")
    test = """
def test_app():
    async def main():
        with anyio.fail_after(1000) as scope:
            impatient.append(scope)
            await request(app, "GET", "/stuck", timeout=1000)
    anyio.run(main)
"""
    result = ran(pytester, test)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*ASGI conn*")
