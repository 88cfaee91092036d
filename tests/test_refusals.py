"""A refusal is said in the line of the access log, or else, not too often, in one of its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from asgi_mw import access_log, request_id
from asgi_mw.refusals import Refusals
from asgi_mw.testing import request, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import App, Receive, Scope, Send

SCOPE: Scope = {"type": "http", "path": "/"}


class Clock:
    """Seconds that pass when somebody says so."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged."""
    caplog.set_level(logging.INFO, "asgi_mw.shop")
    return caplog


def refusing(*reasons: str) -> App:
    """An app that is refused for these, one after the other."""
    refusals = Refusals("shop")

    async def refused(scope: Scope, receive: Receive, send: Send) -> None:
        for reason in reasons:
            refusals.note(scope, reason)
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body"})

    return refused


@pytest.mark.parametrize("own_scope", [False, True], ids=["the scope", "a scope of its own"])
def test_the_access_log_says_it_where_there_is_one(
    log: pytest.LogCaptureFixture, *, own_scope: bool
) -> None:
    """Whatever the framework between the two makes of the scope; nobody else does."""
    inner = refusing("no tea left", "nor coffee")

    async def framework(scope: Scope, receive: Receive, send: Send) -> None:
        scope = {"type": "http", "path": scope["path"]} if own_scope else scope
        await inner(scope, receive, send)

    with structlog.testing.capture_logs() as events:
        run(request(access_log(framework)))

    assert [event["refused"] for event in events] == ["no tea left; nor coffee"]
    assert log.messages == []


def test_what_was_not_refused_has_no_field() -> None:
    """As every other that is not known."""
    with structlog.testing.capture_logs() as events:
        run(request(access_log(refusing())))

    assert ["refused" in event for event in events] == [False]


@pytest.mark.parametrize("layer", [lambda app: app, request_id], ids=["none", "another"])
def test_without_an_access_log_there_is_a_record(
    layer: Callable[[App], App], log: pytest.LogCaptureFixture
) -> None:
    """Of the logger of the layer that refused."""
    run(request(layer(refusing("no tea left"))))

    assert log.messages == ["refused: no tea left"]


def test_a_reason_is_said_once_a_minute(log: pytest.LogCaptureFixture) -> None:
    """And how often it was not said."""
    clock = Clock()
    refusals = Refusals("shop", clock)
    for clock.now in (0.0, 1.0, 59.0, 60.0):
        refusals.note(SCOPE, "no tea left")

    assert log.messages == ["refused: no tea left", "refused: no tea left (2 more since)"]


def test_strangers_who_think_of_new_reasons_fill_no_disk(log: pytest.LogCaptureFixture) -> None:
    """Twenty a minute are said."""
    clock = Clock()
    refusals = Refusals("shop", clock)
    for number in range(1000):
        refusals.note(SCOPE, f"origin https://{number}.example is not allowed")
    clock.now = 60.0
    refusals.note(SCOPE, "no tea left")

    assert len(log.messages) == 21
    assert log.messages[-1] == "refused: no tea left (980 more since)"


def test_a_reason_is_short_and_printable(log: pytest.LogCaptureFixture) -> None:
    """Parts of it are a stranger's."""
    Refusals("shop").note(SCOPE, "no \x1b[2J\n" + "x" * 100_000)

    [message] = log.messages
    assert message.isprintable()
    assert len(message) < 500
