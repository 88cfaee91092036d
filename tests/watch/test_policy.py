"""The options of the watchdog: what cannot be right is said with what to write."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from asgi_mw import ConfigError
from asgi_mw.watch import watch


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Serve nothing."""


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"blocked_after": 0}, "blocked_after=0: is out of range; write at least 0.01"),
        ({"blocked_after": "1 s"}, "blocked_after='1 s': is no number"),
        ({"stalled_after": -1}, "stalled_after=-1: is out of range"),
        ({"waiting_after": "30"}, "waiting_after='30': is no number"),
        (
            {"waiting_after": {"sends": 3}},
            "is nothing that an app awaits; it has: send, body, message",
        ),
        ({"waiting_after": {"send": 0}}, r"waiting_after\['send'\]=0: is out of range"),
        ({"gone_after": float("nan")}, "gone_after=nan: is out of range"),
        ({"signal": "SIGTERM"}, "signal='SIGTERM': is a signal of somebody else, or none"),
        ({"signal": 10}, "write signal=True, which is 'SIGUSR1'"),
        ({"logger": print}, "is no logger; give one, as structlog.get_logger"),
        ({"redact": 5}, "redact=5"),
        ({"meter_provider": "shop"}, "meter_provider='shop': is no meter provider"),
    ],
)
def test_what_cannot_be_right_is_said(options: dict[str, Any], reason: str) -> None:
    """When the layer is made."""
    with pytest.raises(ConfigError, match=reason):
        watch(app, **options)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Once each."""
    with pytest.raises(ConfigError) as caught:
        watch(app, blocked_after=0, waiting_after=0, signal="SIGKILL")

    assert [one.option for one in caught.value.problems] == [
        "blocked_after",
        "waiting_after",
        "signal",
    ]


def test_everything_can_be_left_out() -> None:
    """Then only what is in flight is known."""
    watch(app, blocked_after=None, stalled_after=None, waiting_after=None, gone_after=None)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signal")
def test_a_signal_is_refused_outside_of_the_main_thread() -> None:
    """Where nobody can handle it."""
    caught: list[BaseException] = []

    def make() -> None:
        try:
            watch(app, signal=True)
        except ConfigError as error:
            caught.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()

    assert "signal=True: can only be handled in the main thread" in str(caught[0])
