"""What servers and frameworks set up for their own logs gives way, whenever they do."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import sys
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
import quart.logging
import structlog
import uvicorn.config
from hypercorn.config import Config

import asgi_mw.logs
from asgi_mw import access_log
from asgi_mw.place import writes_to_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ["uvicorn", "uvicorn.error", "uvicorn.access", "hypercorn.error", "django", "a_framework"]


@pytest.fixture(autouse=True)
def out() -> Iterator[io.StringIO]:
    """Configure logging, and put back what was there."""
    loggers = [logging.getLogger(name) for name in ("", *NAMES)]
    before = [(one.handlers[:], one.level, one.propagate) for one in loggers]
    out = io.StringIO()
    asgi_mw.logs.configure(stream=out)
    yield out
    for one, (handlers, level, propagate) in zip(loggers, before, strict=True):
        one.handlers[:] = handlers
        one.setLevel(level)
        one.propagate = propagate
    structlog.reset_defaults()


def said(out: io.StringIO) -> list[str]:
    """The events."""
    return [json.loads(line)["event"] for line in out.getvalue().splitlines()]


def test_uvicorn_may_configure_its_loggers_afterwards(
    out: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """As ``uvicorn.run(app)`` does; its access log stays silent."""
    logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)
    logging.getLogger("uvicorn.error").error("it broke")
    logging.getLogger("uvicorn.access").info("GET /")

    assert said(out) == ["it broke"]
    assert capsys.readouterr() == ("", "")


def test_hypercorn_may_make_its_logger_afterwards(
    out: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does once it has imported the app."""
    assert Config().log.error_logger is logging.getLogger("hypercorn.error")
    logging.getLogger("hypercorn.error").error("it broke")

    assert said(out) == ["it broke"]
    assert capsys.readouterr() == ("", "")


def test_what_prints_and_propagates_gives_way_as_a_layer_is_made(out: io.StringIO) -> None:
    """Each line would come twice, as those of Django, Quart and Nexios do."""
    logger = logging.getLogger("a_framework")
    file = logging.StreamHandler(io.StringIO())
    logger.handlers = [logging.StreamHandler(sys.stderr), file]
    access_log(lambda scope, receive, send: None)  # type: ignore[type-var]  # not called
    logger.error("it broke")

    assert logger.handlers == [file]
    assert said(out) == ["it broke"]


def test_what_goes_its_own_way_stays(out: io.StringIO) -> None:
    """Nobody else prints it."""
    logger = logging.getLogger("a_framework")
    logger.propagate = False
    before: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    logger.handlers = before[:]
    access_log(lambda scope, receive, send: None)  # type: ignore[type-var]  # not called

    assert logger.handlers == before


def test_without_our_handler_the_servers_logs_are_theirs(out: io.StringIO) -> None:
    """Somebody configured logging anew."""
    logging.getLogger().handlers.clear()
    theirs = io.StringIO()
    logger = logging.getLogger("uvicorn.access")
    logger.handlers = [logging.StreamHandler(theirs)]
    logger.info("GET /")

    assert theirs.getvalue() == "GET /\n"


def test_a_queue_before_the_terminal_is_known() -> None:
    """Quart's does not say where it ends."""
    assert writes_to_terminal(quart.logging.LocalQueueHandler(SimpleQueue()))
