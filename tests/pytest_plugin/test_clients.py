"""The clients of a suite are as they are without the plugin, whatever it makes of them."""

from __future__ import annotations

import pytest

from tests.system import PATIENCE

COMMON = """
import anyio, contextvars, gc, httpx, inspect, pytest
from asgiref.testing import ApplicationCommunicator
from starlette.testclient import TestClient
from unittest import mock

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hi"})

def get(transport):
    async def main():
        async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
            return (await client.get("/")).text
    return anyio.run(main)
"""
TESTS = {
    "a method is a coroutine function": """
def test_it():
    assert inspect.iscoroutinefunction(httpx.ASGITransport.handle_async_request)
    assert inspect.iscoroutinefunction(TestClient.lifespan)
    with mock.patch.object(httpx.ASGITransport, "handle_async_request") as put:
        assert isinstance(put, mock.AsyncMock)
""",
    "what a client does as it goes is done once": """
gone = []
class Client(httpx.ASGITransport):
    def __del__(self):
        gone.append(self)
def test_it():
    transport = Client(app)
    assert get(transport) == "hi"
    gc.collect()
    assert gone == []
""",
    "a client finds what it keeps in slots": """
class Client(httpx.ASGITransport):
    __slots__ = ("calls", "_app")
    @property
    def client(self):
        self.calls += 1
        return "127.0.0.1", self.calls
    @client.setter
    def client(self, value):
        self.calls = 0
def test_it():
    transport = Client(app)
    assert get(transport) == "hi" and transport.calls == 1
""",
    "an app that is a mock is called once": """
def test_it():
    app_ = mock.AsyncMock(side_effect=app)
    assert get(httpx.ASGITransport(app_)) == TestClient(app_).get("/").text == "hi"
    assert app_.await_count == 2
""",
    "an app of ASGI 2 is called as such": """
class App:
    def __init__(self, scope):
        self.scope = scope
    async def __call__(self, receive, send):
        await app(self.scope, receive, send)
def test_it():
    assert TestClient(App).get("/").text == "hi"
    async def main():
        client = ApplicationCommunicator(App, {"type": "http"})
        assert (await client.receive_output())["status"] == 200
        await client.wait()
    anyio.run(main)
""",
    "objects that cannot be printed pass": """
class Odd:
    def __bool__(self):
        raise RuntimeError
def test_it():
    async def echo(scope, receive, send):
        await send(await receive())
    async def main():
        message = {"type": Odd()}
        client = ApplicationCommunicator(echo, {"type": Odd()})
        await client.send_input(message)
        assert await client.receive_output() is message
    anyio.run(main)
""",
    "send takes by name what it took": """
def test_it():
    async def named(scope, receive, send):
        await send(message={"type": "a"})
    async def main():
        await ApplicationCommunicator(named, {"type": "http"}).wait()
    with pytest.raises(TypeError, match="unexpected keyword argument 'message'"):
        anyio.run(main)
""",
    "no variable is left in the context": """
def test_it():
    async def main():
        before = set(contextvars.copy_context())
        await httpx.ASGITransport(app).handle_async_request(httpx.Request("GET", "http://a"))
        return {variable.name for variable in set(contextvars.copy_context()) - before}
    assert not any("asgi_mw" in name for name in anyio.run(main))
""",
}


@pytest.mark.parametrize("options", [("-p", "no:asgi_mw"), ()], ids=["without", "with"])
def test_a_suite_sees_no_difference(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    """It passes with the plugin as it does without."""
    files = {f"test_{name.replace(' ', '_')}": COMMON + test for name, test in TESTS.items()}
    pytester.makepyfile(**files)
    result = pytester.runpytest_subprocess("-p", "no:anyio", *options, timeout=PATIENCE)

    result.assert_outcomes(passed=len(TESTS))


def test_an_app_that_raises_as_it_is_called_is_not_open(pytester: pytest.Pytester) -> None:
    """A function that is no coroutine function, and raises at once."""
    test = """
def test_it():
    def app(scope, receive, send):
        raise KeyError("no app")
    get(httpx.ASGITransport(app))
"""
    pytester.makepyfile(COMMON + test)
    result = pytester.runpytest_subprocess(timeout=PATIENCE)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*KeyError: 'no app'"])
    result.stdout.no_fnmatch_line("*ASGI conn*")
