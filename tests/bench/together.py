"""The price of five layers together beside four peers that do less: a JSON answer of 1 KB."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from asgi_mw import access_log, compression, cors, layer, request_id, stack, timing
from tests.bench.layers import json_logger, silent_logger
from tests.bench.report import ratio
from tests.bench.rounds import added
from tests.bench.traffic import exchange_json, get_round

if TYPE_CHECKING:
    from tests.bench.report import Row

_ORIGIN = b"origin: https://app.example.org"


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of fifty requests each."""
    origins = ["https://app.example.org"]
    ours = stack(
        exchange_json,
        request_id,
        layer(access_log, logger=json_logger()),
        timing,
        layer(cors, allow_origins=origins),
        compression,
    )
    ids = import_module("asgi_correlation_id").CorrelationIdMiddleware
    logs = import_module("asgi_logger.middleware").AccessLoggerMiddleware
    inner = CORSMiddleware(GZipMiddleware(exchange_json), allow_origins=origins)
    theirs = ids(logs(inner, logger=silent_logger("bench.together")))
    play = partial(get_round, count=50, extra=(_ORIGIN,))
    apps = {"five of ours": ours, "four peers": theirs}
    found = await added(play, exchange_json, apps, rounds=rounds)
    return [ratio("five layers together", found, 1 / 4)]
