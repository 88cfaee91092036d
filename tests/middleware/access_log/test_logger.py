"""Events go to structlog where it is configured, and else to the standard library's logging."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from asgi_mw import access_log
from asgi_mw.testing import request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 204."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.fixture(autouse=True)
def _unconfigured() -> Iterator[None]:
    """Begin and end without a configuration of structlog."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


async def test_without_a_configuration_the_stdlib_logger_gets_the_record(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """One logfmt line, the fields beside it, and nothing is printed."""
    caplog.set_level(logging.INFO, "asgi_mw.access")
    await request(access_log(app), "GET", "/a b")

    [record] = caplog.records
    assert (record.name, record.levelname) == ("asgi_mw.access", "INFO")
    assert record.getMessage().startswith('http method=GET path="/a b" status=204 ')
    assert vars(record)["asgi_mw"]["status"] == 204
    assert capsys.readouterr() == ("", "")


async def test_a_logger_of_the_standard_library_will_do(caplog: pytest.LogCaptureFixture) -> None:
    """It gets the same line."""
    caplog.set_level(logging.INFO, "shop.access")
    await request(access_log(app, logger=logging.getLogger("shop.access")), "GET", "/a")

    [record] = caplog.records
    assert (record.name, record.levelname) == ("shop.access", "INFO")
    assert record.getMessage().startswith("http method=GET path=/a status=204 ")


async def test_nobody_hears_it_where_nobody_listens(capsys: pytest.CaptureFixture[str]) -> None:
    """Info is below the level of an unconfigured root logger."""
    await request(access_log(app))

    assert capsys.readouterr() == ("", "")


async def test_a_record_may_be_formatted_with_percent_signs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They are no arguments."""
    caplog.set_level(logging.INFO, "asgi_mw.access")
    await request(access_log(app), "GET", "/%2525s%25d?x=%s", headers={"user-agent": "%s %(a)s"})

    assert '"%s %(a)s"' in caplog.messages[0]


async def test_a_configuration_is_used_from_then_on() -> None:
    """Made before the layer or after it."""
    seen: list[dict[str, Any]] = []

    def keep(logger: object, method: str, event: Any) -> Any:
        seen.append({**event, "method_name": method})
        raise structlog.DropEvent

    layered = access_log(app)
    structlog.configure(processors=[keep])
    await request(layered)
    await request(access_log(app))

    assert [(event["event"], event["status"], event["method_name"]) for event in seen] == [
        ("http", 204, "info"),
        ("http", 204, "info"),
    ]


async def test_the_level_of_the_stdlib_logger_counts(caplog: pytest.LogCaptureFixture) -> None:
    """A 500 is an error, everything else is information."""
    caplog.set_level(logging.ERROR, "asgi_mw.access")

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body"})

    await request(access_log(app))
    await request(access_log(failing))

    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_no_global_configuration_is_touched() -> None:
    """Neither structlog's nor the root logger's."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, logging.getLogger("asgi_mw.access").handlers[:])
    await request(access_log(app))

    assert not structlog.is_configured()
    assert (
        list(root.handlers),
        root.level,
        logging.getLogger("asgi_mw.access").handlers[:],
    ) == before
