"""Whoever logs a crash first shows its traceback; those behind say that it is above."""

from __future__ import annotations

import io
import json
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import structlog

import asgi_mw.logs
from asgi_mw import access_log, server_error, stack
from asgi_mw.testing import request, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.types import App, Receive, Scope, Send

_BEGINNING = "Traceback (most recent call last)"
_SAID = "KeyError: 'tea' (traceback above)"


@pytest.fixture(params=["json", "console"])
def out(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Configure logging, and put back what was there."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    out = io.StringIO()
    asgi_mw.logs.configure(format=request.param, stream=out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[str]:
    """The records, without what is below them."""
    return [line for line in out.getvalue().splitlines() if not line.startswith("  ")]


def by_object(log: logging.Logger, error: BaseException) -> None:
    """Log as uvicorn, hypercorn, Django and Quart do."""
    log.error("it broke", exc_info=error)


def by_text(log: logging.Logger, error: BaseException) -> None:
    """Log as granian does."""
    log.error("it broke\n%s", "".join(traceback.format_exception(error)))


def by_text_alone(log: logging.Logger, error: BaseException) -> None:
    """Log as Nexios does."""
    log.error("".join(traceback.format_exception(error)))


def by_structlog(log: logging.Logger, error: BaseException) -> None:
    """Log as the app may."""
    structlog.get_logger(log.name).error("it broke", exc_info=True)


WAYS = [by_object, by_text, by_text_alone, by_structlog]
each_way = pytest.mark.parametrize("way", WAYS)


def crashing(*ways: Callable[..., None]) -> App:
    """An app that raises, and in which others log it first."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            raise KeyError("tea")  # noqa: TRY301  # for its traceback
        except KeyError as error:
            for way in ways:
                way(logging.getLogger("a_framework"), error)
            raise

    return app


def serve(app: App, *ways: Callable[..., None]) -> None:
    """Run *app* as a server does, which logs what it raises."""
    error = run(request(stack(app, access_log, server_error))).raised
    assert error is not None
    try:
        raise error
    except KeyError:
        for way in ways:
            way(logging.getLogger("a_server"), error)


@each_way
def test_the_servers_record_says_that_the_traceback_is_above(
    out: io.StringIO, way: Callable[..., None]
) -> None:
    """The access log comes first, since the server hears of it when the app is left."""
    serve(crashing(), way)

    access, server = lines(out)
    assert out.getvalue().count(_BEGINNING) == 1
    assert "(traceback above)" not in access
    assert _SAID in server
    assert ("it broke" in server) is (way is not by_text_alone)


@each_way
def test_what_a_framework_shows_the_access_log_does_not(
    out: io.StringIO, way: Callable[..., None]
) -> None:
    """Nor does the server: what they have to say themselves stays."""
    serve(crashing(way), by_object)

    framework, access, server = lines(out)
    assert out.getvalue().count(_BEGINNING) == 1
    assert "(traceback above)" not in framework
    assert _SAID in access
    assert "500" in access
    assert _SAID in server


def test_each_crash_has_its_own(out: io.StringIO) -> None:
    """However much they are alike."""
    for _ in range(3):
        serve(crashing(by_object), by_object)

    assert out.getvalue().count(_BEGINNING) == 3
    assert out.getvalue().count(_SAID) == 6


def test_a_traceback_of_what_nobody_handles_stays_where_it_is(out: io.StringIO) -> None:
    """In JSON as it came; people see it below the line."""
    error = run(request(crashing())).raised
    assert error is not None
    by_text(logging.getLogger("a_server"), error)
    by_text(logging.getLogger("a_server"), error)

    assert out.getvalue().count(_BEGINNING) == 2
    first = lines(out)[0]
    if first.startswith("{"):
        assert json.loads(first)["event"].startswith("it broke\\nTraceback (most recent call last)")
    else:
        assert first.endswith("a_server: it broke")


def test_a_record_without_an_exception_is_as_it_was(out: io.StringIO) -> None:
    """Whatever it says that it has."""
    for exc_info in (None, False, True, (None, None, None)):
        logging.getLogger("lib").error("it broke", exc_info=exc_info)

    assert len(lines(out)) == len(out.getvalue().splitlines()) == 4
    assert not any("exc_info" in line or "exception" in line for line in lines(out))


def test_what_the_app_calls_error_stays(out: io.StringIO) -> None:
    """And says besides where the traceback is."""
    error: Any = run(request(access_log(crashing()))).raised
    structlog.get_logger("shop").error("it broke", error="mine", exc_info=error)

    assert "mine (traceback above)" in lines(out)[-1]
