"""The price of ``cors`` beside Starlette's ``CORSMiddleware`` with the same policy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware

from asgi_mw import cors
from tests.bench.report import ratio
from tests.bench.rounds import added
from tests.bench.traffic import get_round, two_messages

if TYPE_CHECKING:
    from asgi_mw.types import App
    from tests.bench.report import Row

_REQUESTS = 100
_ORIGIN = b"origin: https://app.example.org"
_PREFLIGHT = (
    _ORIGIN,
    b"access-control-request-method: PUT",
    b"access-control-request-headers: content-type,x-token",
)
_KINDS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "a request without Origin": ("GET", ()),
    "an actual request": ("GET", (_ORIGIN,)),
    "a preflight": ("OPTIONS", _PREFLIGHT),
}


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of a hundred requests each."""
    table = []
    few = _both(["https://app.example.org", "https://www.example.org"])
    for name, (method, extra) in _KINDS.items():
        play = partial(get_round, count=_REQUESTS, extra=extra, method=method)
        found = await added(play, two_messages, few, rounds=rounds)
        table.append(ratio(f"cors, {name}", found, 1 / 3))
    many = _both([f"https://shop-{number}.example.org" for number in range(5_000)])
    miss = partial(get_round, count=_REQUESTS, extra=(_ORIGIN,))
    found = await added(miss, two_messages, many, rounds=rounds // 3)
    table.append(ratio("cors, 5,000 origins, a miss", found, 1 / 20))
    return table


def _both(origins: list[str]) -> dict[str, App]:
    methods, headers = ["GET", "PUT"], ["content-type", "x-token"]
    return {
        "cors": cors(
            two_messages,
            allow_origins=origins,
            allow_methods=methods,
            allow_headers=headers,
            allow_credentials=True,
        ),
        "Starlette": CORSMiddleware(
            two_messages,
            allow_origins=origins,
            allow_methods=methods,
            allow_headers=headers,
            allow_credentials=True,
        ),
    }
