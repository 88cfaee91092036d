"""A signal asks for what is in flight, and goes on to whoever had it."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw.testing import request
from asgi_mw.watch import signals, watch
from tests.watch.told import Told, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "SIGUSR1"), reason="this system has no such signal"
)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Find no handler, and leave none behind."""
    before = signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.anyio
@pytest.mark.parametrize("blocked", [False, True], ids=["awaiting", "blocked"])
async def test_what_is_in_flight_is_reported(blocked: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """While the loop does something else, or nothing else."""
    told = Told()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        if blocked:
            told.block("in_flight")
        else:
            await until(lambda: told.of("in_flight"))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    await request(watch(app, logger=told, signal=True, stalled_after=None), "GET", "/here")
    [report] = told.of("in_flight")

    assert ("a signal asked for it", 1) == (report["why"], report["connections"])
    assert "GET /here for " in report["stack"]


def test_the_handler_before_is_called() -> None:
    """With what it takes; ours once, however many layers ask for it."""
    calls: list[Any] = []
    signal.signal(signal.SIGUSR1, lambda *args: calls.append(args))
    for _ in range(3):
        assert signals.install(signal.SIGUSR1, lambda: calls.append("asked"))
    signal.raise_signal(signal.SIGUSR1)

    [asked, (number, frame)] = calls
    assert ("asked", signal.SIGUSR1) == (asked, number)
    assert frame is not None


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN], ids=str)
def test_a_signal_that_would_end_the_process_does_not(before: Any) -> None:
    """Nor does it call what is no function."""
    calls: list[str] = []
    signal.signal(signal.SIGUSR1, before)
    signals.install(signal.SIGUSR1, lambda: calls.append("asked"))
    signal.raise_signal(signal.SIGUSR1)

    assert calls == ["asked"]


def test_a_handler_that_a_server_set_meanwhile_comes_behind_ours() -> None:
    """As gunicorn does in its workers, after the app was made."""
    calls: list[str] = []
    signals.install(signal.SIGUSR1, lambda: calls.append("first"))
    signal.signal(signal.SIGUSR1, lambda *_: calls.append("server"))
    signals.install(signal.SIGUSR1, lambda: calls.append("asked"))
    signal.raise_signal(signal.SIGUSR1)

    assert calls == ["asked", "server"]


def test_another_thread_installs_nothing() -> None:
    """It cannot, and says so."""
    found: list[bool] = []
    thread = threading.Thread(
        target=lambda: found.append(signals.install(signal.SIGUSR1, lambda: None))
    )
    thread.start()
    thread.join()

    assert found == [False]


def test_a_loop_of_asyncio_that_handles_it_goes_on_to() -> None:
    """It hears of signals by another way."""
    import asyncio  # noqa: PLC0415  # this test alone

    async def main() -> list[str]:
        calls: list[str] = []
        heard = anyio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heard.set)
        signals.install(signal.SIGUSR1, lambda: calls.append("asked"))
        os.kill(os.getpid(), signal.SIGUSR1)
        await heard.wait()
        return calls

    assert asyncio.run(main()) == ["asked"]
