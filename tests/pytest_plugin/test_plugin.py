"""A suite is checked, and what hangs is shown, in processes of their own."""

from __future__ import annotations

import pytest

from tests.system import PATIENCE

APP = """
import anyio, pytest
from asgi_mw.testing import request
async def twice(scope, receive, send):
    for _ in range(2):
        await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
async def good(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
impatient = []
async def inner():
    for scope in impatient:
        scope.deadline = anyio.current_time()
    await anyio.sleep_forever()
async def stuck(scope, receive, send):
    await inner()
"""
TRANSPORT = """
import {module} as h
def test_app():
    async def main():
        async with h.AsyncClient(transport=h.ASGITransport(app={app}), base_url="http://a") as c:
            try:
                await c.get("/x")
            except AssertionError:
                pass
    anyio.run(main)
"""
CLIENT = """
from starlette.testclient import TestClient
client = TestClient({app}, raise_server_exceptions=False)
def test_app():
    client.get("/x")
"""


@pytest.mark.parametrize(
    "test",
    [TRANSPORT.replace("{module}", "httpx"), TRANSPORT.replace("{module}", "httpx2"), CLIENT],
    ids=["httpx", "httpx2", "TestClient"],
)
def test_strict_finds_a_response_that_starts_twice(pytester: pytest.Pytester, test: str) -> None:
    """With each client; a good app passes."""
    pytester.makepyfile(APP + test.replace("{app}", "twice"))
    bad = pytester.runpytest_subprocess("--asgi-strict", timeout=PATIENCE)
    pytester.makepyfile(APP + test.replace("{app}", "good"))
    good = pytester.runpytest_subprocess("--asgi-strict", timeout=PATIENCE)

    bad.stdout.fnmatch_lines(["*http.start.twice*"])
    bad.assert_outcomes(failed=1)
    good.assert_outcomes(passed=1)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_test_that_hangs_shows_the_chain_of_awaits(
    pytester: pytest.Pytester, backend: str
) -> None:
    """Though its task was cancelled before the report is made."""
    test = f"""
def test_app():
    async def main():
        with anyio.fail_after(1000) as scope:
            impatient.append(scope)
            await request(stuck, timeout=1000)
    anyio.run(main, backend="{backend}")
"""
    pytester.makepyfile(APP + test)
    result = pytester.runpytest_subprocess("--asgi-strict", timeout=PATIENCE)

    result.stdout.fnmatch_lines(
        ["*ASGI connections still open*", "http GET /*", "* stuck", "* inner"]
    )


def test_a_rule_can_be_allowed(pytester: pytest.Pytester) -> None:
    """In one test, by its mark; xdist is no hindrance."""
    allowed = CLIENT.replace("def", '@pytest.mark.asgi_allow("http.start.twice")\ndef')
    test = allowed.replace("{app}", "twice") + "def test_other():\n    client.get('/x')\n"
    pytester.makepyfile(APP + test)
    result = pytester.runpytest_subprocess("--asgi-strict", "-n2", timeout=PATIENCE)

    result.assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_interrupt_shows_the_chain_of_awaits(pytester: pytest.Pytester, backend: str) -> None:
    """By Ctrl-C: there is no report, so the end of the run has it."""
    test = f"""
import os, signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
def test_app():
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    anyio.run(request, stuck, backend="{backend}")
"""
    pytester.makepyfile(APP + test)
    result = pytester.runpytest_subprocess("--asgi-strict", timeout=PATIENCE)

    result.stdout.fnmatch_lines(["*ASGI connections still open*", "http GET /*", "* inner"])


def test_what_is_not_the_fault_of_the_app_fails_no_test(pytester: pytest.Pytester) -> None:
    """It is listed with ``-v``; what is asked for can stand in the configuration."""
    pytester.makeini("[pytest]\nasgi_strict = true\nasgi_allow = http.start.twice\n")
    test = CLIENT.replace("{app}", "twice") + TRANSPORT.replace("test_app", "test_b").replace(
        "{module}", "httpx"
    ).replace("{app}", "good")
    pytester.makepyfile(APP + test)
    quiet = pytester.runpytest_subprocess(timeout=PATIENCE)
    verbose = pytester.runpytest_subprocess("-v", timeout=PATIENCE)

    quiet.assert_outcomes(passed=2)
    quiet.stdout.no_fnmatch_line("*not by the app*")
    verbose.stdout.fnmatch_lines(["*ASGI: not by the app, or undecided*"])


def test_our_transport_is_checked(pytester: pytest.Pytester) -> None:
    """As the clients of others are."""
    test = """
import httpx2
from asgi_mw.testing import Transport
async def late(scope, receive, send):
    await good(scope, receive, send)
    await send({"type": "http.response.body", "body": b"more"})
def test_app():
    async def main():
        transport = Transport(late, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport) as client:
            await client.get("http://a/x")
    anyio.run(main)
"""
    pytester.makepyfile(APP + test)
    result = pytester.runpytest_subprocess("--asgi-strict", timeout=PATIENCE)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["The app breaks the ASGI specification:", "*http.*"])


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "xdist"])
def test_how_many_connections_were_checked_is_said(
    pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    """None is a client that the plugin does not know."""
    pytester.makepyfile(APP + CLIENT.replace("{app}", "good") + "    client.get('/y')\n")
    seen = pytester.runpytest_subprocess("--asgi-strict", *options, timeout=PATIENCE)
    pytester.makepyfile("def test_other(): pass")
    unseen = pytester.runpytest_subprocess("--asgi-strict", *options, timeout=PATIENCE)

    seen.stdout.fnmatch_lines(["asgi-strict: 2 connections checked"])
    unseen.stdout.fnmatch_lines(["asgi-strict: no connection was seen: *"])
