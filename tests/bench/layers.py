"""The price of ``timing``, ``request_id`` and ``access_log``, beside their peers."""

from __future__ import annotations

import logging
import os
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import structlog

from asgi_mw import access_log, request_id, timing
from tests.bench.report import Row, parts, ratio
from tests.bench.rounds import added
from tests.bench.traffic import get_round, two_messages

# A short round, so that a pause of the machine spoils only a few of them
_REQUESTS = 100


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of a hundred requests each."""
    return [*await _timing(rounds), *await _request_id(rounds), *await _access_log(rounds)]


async def _timing(rounds: int) -> list[Row]:
    peer = import_module("timing_asgi")
    layered = {
        "timing": timing(two_messages),
        "timing-asgi": peer.TimingMiddleware(two_messages, client=_Silent()),
    }
    found = await added(_gets(), two_messages, layered, rounds=rounds)
    return [Row("timing, added", found["timing"].median / 1e3, "us", 1.9, parts=parts(found))]


async def _request_id(rounds: int) -> list[Row]:
    peer = import_module("asgi_correlation_id")
    layered = {
        "request_id": request_id(two_messages),
        "asgi-correlation-id": peer.CorrelationIdMiddleware(two_messages),
    }
    given = (b"x-request-id: 0f9b6e2a4d5c4b7e8a1b2c3d4e5f6a7b",)
    table = []
    for name, extra in {"made": (), "the caller's": given}.items():
        found = await added(_gets(extra), two_messages, layered, rounds=rounds)
        table.append(ratio(f"request_id, {name}", found, 0.6))
    return table


async def _access_log(rounds: int) -> list[Row]:
    peer = import_module("asgi_logger.middleware")
    silent_logger("asgi_mw.access")
    layered = {
        "access_log": access_log(two_messages, logger=json_logger()),
        "asgi-logger": peer.AccessLoggerMiddleware(
            two_messages, logger=silent_logger("bench.peer")
        ),
        "through getLogger": access_log(two_messages),
    }
    found = await added(_gets(), two_messages, layered, rounds=rounds)
    stdlib = found.pop("through getLogger")
    beside = {"access_log": stdlib, "asgi-logger": found["asgi-logger"]}
    note = f"asgi-logger reads all {len(os.environ)} environment variables at each request"
    return [
        ratio("access_log, JSON", found, 1 / 3, note),
        ratio("access_log through getLogger", beside),
    ]


def _gets(extra: tuple[bytes, ...] = ()) -> Any:
    return partial(get_round, count=_REQUESTS, extra=extra)


def silent_logger(name: str) -> logging.Logger:
    """A stdlib logger that formats and writes every record, to nowhere."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(logging.FileHandler(os.devnull))
    return logger


def json_logger() -> Any:
    """A structlog logger that renders JSON and prints every event, to nowhere."""
    return structlog.wrap_logger(
        structlog.PrintLogger(nowhere()),
        processors=[structlog.processors.JSONRenderer()],
        cache_logger_on_first_use=True,
    )


def nowhere() -> TextIO:
    """A stream that takes every line and keeps none."""
    return Path(os.devnull).open("w", encoding="utf-8")


class _Silent:
    """A statsd client for timing-asgi that forgets everything."""

    def timing(self, *args: object, **kwargs: object) -> None:
        """Forget it."""
