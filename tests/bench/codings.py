"""Size and time of the default levels, beside what Starlette's GZip does with the same body."""

from __future__ import annotations

import asyncio
import gzip
import io
import sys
from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING
from unittest.mock import patch

from asgi_mw.codings import library, whole
from tests.bench.corpora import corpora
from tests.bench.report import Row, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Coder = Callable[[bytes], bytes]

_AT_ONCE = 100_000  # bytes: larger bodies get nine rounds


async def rows(rounds: int) -> list[Row]:
    """Every coding on every body; *rounds* of each, in an order that rotates."""
    coders: dict[str, Coder] = {
        f"{coding} by {library(coding)}": whole(coding) for coding in ("zstd", "br", "gzip")
    }
    with patch.dict(sys.modules, {"isal": None, "isal.isal_zlib": None}):
        coders[f"gzip by {library('gzip')}"] = whole("gzip")
    found = []
    for kind, body in corpora().items():
        times = _times({"": _starlette, **coders}, body, rounds if len(body) < _AT_ONCE else 9)
        usual = len(_starlette(body))
        for name, code in coders.items():
            size = len(code(body))
            parts = {
                "us": round(times[name] / 1e3, 1),
                "bytes": size,
                "share of the size": round(size / usual, 3),
            }
            found.append(Row(f"{kind}: {name}", times[""] / times[name], "x", parts=parts))
    return found


def _starlette(body: bytes) -> bytes:
    """A response in one piece, as ``GZipMiddleware`` compresses it by default."""
    out = io.BytesIO()
    with gzip.GzipFile(mode="wb", fileobj=out, compresslevel=9) as file:
        file.write(body)
    return out.getvalue()


def _times(coders: Mapping[str, Coder], body: bytes, rounds: int) -> dict[str, float]:
    """The median ns of each."""
    names = list(coders)
    times: dict[str, list[int]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            began = perf_counter_ns()
            coders[name](body)
            times[name].append(perf_counter_ns() - began)
    return {name: median(found) for name, found in times.items()}


if __name__ == "__main__":
    print(table(asyncio.run(rows(60))))
