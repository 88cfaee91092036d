"""The price of five layers together beside four peers that do less: a JSON answer of 1 KB."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

import asgi_mw.logs
from asgi_mw import access_log, compression, cors, layer, request_id, stack, timing
from tests.bench.layers import json_logger, nowhere, silent_logger
from tests.bench.report import ratio
from tests.bench.rounds import added
from tests.bench.traffic import exchange_json, get_round

if TYPE_CHECKING:
    from asgi_mw import App
    from tests.bench.report import Row

_ORIGINS = ["https://app.example.org"]
_ORIGIN = b"origin: https://app.example.org"


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of fifty requests each.  Configures the logging of this process."""
    asgi_mw.logs.configure(format="json", stream=nowhere())
    ids = import_module("asgi_correlation_id").CorrelationIdMiddleware
    logs = import_module("asgi_logger.middleware").AccessLoggerMiddleware
    inner = CORSMiddleware(GZipMiddleware(exchange_json), allow_origins=_ORIGINS)
    theirs = ids(logs(inner, logger=silent_logger("bench.together")))
    play = partial(get_round, count=50, extra=(_ORIGIN,))
    table = []
    for name, layered, bar in (
        ("a logger of structlog", _five(logger=json_logger()), 0.28),
        ("logs.configure('json')", _five(), 0.2),
    ):
        apps = {"five of ours": layered, "four peers": theirs}
        found = await added(play, exchange_json, apps, rounds=rounds)
        table.append(ratio(f"five layers together, {name}", found, bar))
    return table


def _five(**logging: object) -> App:
    return stack(
        exchange_json,
        request_id,
        layer(access_log, **logging),
        timing,
        layer(cors, allow_origins=_ORIGINS),
        compression,
    )
