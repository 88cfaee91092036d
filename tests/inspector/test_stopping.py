"""A listener hears a signal to stop before its handler does, and leaves no trace."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from asgi_mw.inspector.stopping import on_signal_to_stop

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = [signal.SIGINT, signal.SIGTERM]


class Server:
    """Handles the signals by a method, as uvicorn's does."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def stop(self) -> None:
        """Note that the listener was called."""
        self.heard.append("us")

    def handle(self, number: int, _: object) -> None:
        """Note the signal."""
        self.heard.append(signal.Signals(number).name)


@pytest.fixture
def server() -> Iterator[Server]:
    """Handle the signals as long as the test runs."""
    server = Server()
    before = {number: signal.signal(number, server.handle) for number in NUMBERS}
    yield server
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_it_is_heard_before_it_is_handled(server: Server, number: signal.Signals) -> None:
    """It is then handled as before."""
    with on_signal_to_stop(server.stop):
        signal.raise_signal(number)
    signal.raise_signal(number)

    assert ["us", number.name, number.name] == server.heard


def test_all_hear_it_and_the_last_one_gives_it_back(server: Server) -> None:
    """The order in which they leave does not matter."""
    first, second = ExitStack(), ExitStack()
    first.enter_context(on_signal_to_stop(lambda: server.heard.append("first")))
    second.enter_context(on_signal_to_stop(lambda: server.heard.append("second")))
    signal.raise_signal(signal.SIGTERM)
    first.close()
    signal.raise_signal(signal.SIGTERM)
    second.close()

    assert ["first", "second", "SIGTERM", "second", "SIGTERM"] == server.heard
    assert [server.handle] * 2 == [signal.getsignal(number) for number in NUMBERS]


def test_others_find_the_server_behind_it(server: Server) -> None:
    """Some libraries look for it, to ask uvicorn whether it is stopping."""
    with on_signal_to_stop(server.stop):
        handler = signal.getsignal(signal.SIGTERM)
        assert server is getattr(handler, "__self__", None)


def test_a_signal_that_nobody_handles_is_left_alone(server: Server) -> None:
    """It ends the process, or is ignored, as it would be without us."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with on_signal_to_stop(server.stop):
        signal.raise_signal(signal.SIGTERM)
        assert signal.SIG_IGN == signal.getsignal(signal.SIGTERM)
    assert [] == server.heard


def test_who_takes_the_signal_in_between_keeps_it(server: Server) -> None:
    """The earlier handler does not get it back."""
    other = Server()
    with on_signal_to_stop(server.stop):
        signal.signal(signal.SIGTERM, other.handle)
    assert other.handle == signal.getsignal(signal.SIGTERM)


def test_another_thread_hears_nothing(server: Server) -> None:
    """Python lets only the main thread set handlers."""

    def listen() -> None:
        with on_signal_to_stop(server.stop):
            signal.getsignal(signal.SIGTERM)

    thread = Thread(target=listen)
    thread.start()
    thread.join()
    assert server.handle == signal.getsignal(signal.SIGTERM)
