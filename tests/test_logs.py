"""One call sends everything through one safe handler."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from typing import TYPE_CHECKING, Any

import pytest
import structlog
import uvicorn.config

from asgi_mw import ConfigError, access_log, request_id, server_error, stack
from asgi_mw.logs import configure
from asgi_mw.testing import request, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw import Receive, Scope, Send


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging and structlog as they were."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("uvicorn", "gunicorn", "hypercorn", "granian")):
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True


def records(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_structlog_and_stdlib_share_a_line_each() -> None:
    """With level, logger, time and the id of the request."""
    out = io.StringIO()
    configure(stream=out)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        structlog.get_logger("shop").info("bought", what="tea")
        logging.getLogger("lib").warning("%s is low", "tea")

    run(request(request_id(app), headers=[("x-request-id", "a-1")]))

    bought, low = records(out)
    assert ("bought", "tea", "info", "shop", "a-1") == tuple(
        bought[key] for key in ("event", "what", "level", "logger", "request_id")
    )
    assert ("tea is low", "warning", "lib", "a-1") == tuple(
        low[key] for key in ("event", "level", "logger", "request_id")
    )
    assert bought["timestamp"].endswith("Z")


def test_an_unhandled_error_is_one_record_with_its_traceback() -> None:
    """Of the access log; what is secret in it is masked."""
    out = io.StringIO()
    configure(stream=out)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("no luck with password=hunter2")

    run(request(stack(app, access_log, server_error), "GET", "/?token=abc"))

    [record] = records(out)
    assert (500, "error", "token=[redacted]") == tuple(
        record[key] for key in ("status", "outcome", "query")
    )
    assert "ValueError: no luck with password=[redacted]" in record["traceback"]
    assert "hunter2" not in out.getvalue()


@pytest.mark.parametrize("format_", ["json", "console"])
@pytest.mark.parametrize(
    "hostile",
    ["a\nINFO forged", "\x1b[2J", "\x9b2J", "\x85", "\u2028", "\u202e", "\ud800", "\x00", "\r"],
    ids=ascii,
)
def test_nothing_in_a_text_forges_a_line_or_drives_a_terminal(format_: Any, hostile: str) -> None:
    """In the event, in a field, in a stdlib message."""
    out = io.StringIO()
    configure(format=format_, stream=out)
    structlog.get_logger("shop").info(f"x{hostile}", what=hostile)
    logging.getLogger("lib").warning("y%s", hostile)

    lines = out.getvalue().split("\n")
    assert 3 == len(lines), lines
    assert all(line.isprintable() for line in lines)


def test_the_lines_of_a_traceback_are_indented() -> None:
    """So none of them can pass for a record."""
    out = io.StringIO()
    configure(format="console", stream=out)
    try:
        raise ValueError("one\n2026-01-01 [info] forged")  # noqa: TRY301  # for its traceback
    except ValueError:
        logging.getLogger("lib").exception("it broke")

    first, *rest = out.getvalue().splitlines()
    assert "it broke" in first
    assert rest[0] == "  Traceback (most recent call last):"
    assert all(line.startswith("  ") for line in rest)


def test_secret_fields_are_masked_by_name() -> None:
    """As they are in a request."""
    out = io.StringIO()
    configure(stream=out)
    structlog.get_logger("shop").info("paid", card_number="4111", api_key=b"k", total=3)

    [record] = records(out)
    assert ("[redacted]", "[redacted]", 3) == (
        record["card_number"],
        record["api_key"],
        record["total"],
    )


def test_the_servers_errors_go_the_same_way_and_their_access_logs_not() -> None:
    """Uvicorn configures its loggers before it imports the app."""
    logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)
    out = io.StringIO()
    configure(stream=out)
    logging.getLogger("uvicorn.error").error("it broke")
    logging.getLogger("uvicorn.access").info("GET /?token=abc")
    logging.getLogger("gunicorn.error").error("it broke, too")

    assert ["it broke", "it broke, too"] == [record["event"] for record in records(out)]


def test_access_logs_may_stay() -> None:
    """For those who want both."""
    out = io.StringIO()
    configure(stream=out, access=True)
    logging.getLogger("uvicorn.access").info("GET /")

    assert ["GET /"] == [record["event"] for record in records(out)]


def test_another_call_replaces_the_first() -> None:
    """No record comes twice."""
    first, second = io.StringIO(), io.StringIO()
    configure(stream=first)
    configure(stream=second, level="WARNING")
    logging.getLogger("lib").info("unheard")
    structlog.get_logger("shop").warning("heard")

    assert "" == first.getvalue()
    assert ["heard"] == [record["event"] for record in records(second)]


@pytest.mark.parametrize(
    "options", [{"format": "xml"}, {"level": "LOUD"}, {"level": None}], ids=str
)
def test_what_cannot_be_right_is_told(options: Any) -> None:
    """Before anything is changed."""
    before = list(logging.getLogger().handlers)
    with pytest.raises(ConfigError, match=next(iter(options))):
        configure(**options)

    assert before == logging.getLogger().handlers
