"""The figures of servers as a table, as a part of docs/performance.md, and as charts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.bench.servers.charts import Bar
from tests.bench.servers.charts import write as draw
from tests.marked import put

if TYPE_CHECKING:
    from collections.abc import Iterator

Found: TypeAlias = dict[str, Any]

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "pictures"
BEGIN, END = "<!-- what make bench-servers writes -->", "<!-- end -->"
BARE, ALL = "no middleware", "8 layers: production()"
USUAL = "the usual assembly of 5"
# What the figures depend on
SHOWN = (
    "asgi-mw", "uvicorn", "uvloop", "httptools", "granian", "starlette", "websockets",
    "asgi-correlation-id", "asgi-logger", "opentelemetry-instrumentation-asgi",
)  # fmt: skip
_OURS = ("1 layer", "3 layers", "8 layers")


def table(found: Found) -> str:
    """All figures, as Markdown."""
    return "\n\n".join(_parts(found))


def write(found: Found) -> list[Path]:
    """Write the part of the page, and the charts."""
    PAGE.write_text(put(PAGE.read_text("utf-8"), BEGIN, END, table(found)), "utf-8")
    return [PAGE, *_charts(found)]


def _parts(found: Found) -> Iterator[str]:
    yield f"{found['machine']}; load after it {found['load_after']:.1f}."
    for server, rows in found["compared"].items():
        bare = rows[BARE][0]
        yield _markdown(
            (f"Under {server}", "Requests/s", "p50", "p99", "CPU", "CPU added", "Memory"),
            [
                (
                    name,
                    f"{one.rate:,.0f}",
                    f"{one.p50:.2f} ms",
                    f"{one.p99:.2f} ms",
                    f"{one.cpu:.0f} us",
                    f"{one.cpu - bare.cpu:.0f} us" if one is not bare else "",
                    f"{memory:.0f} MiB",
                )
                for name, (one, memory) in rows.items()
            ],
        )
    for what, amounts in found["grown"].items():
        names = list(next(iter(amounts.values())))
        kinds = ("requests/s", "CPU")
        head = [f"{name}: {kind}" for name in names for kind in kinds]
        yield _markdown(
            (what.capitalize(), *(head if len(names) > 1 else kinds)),
            [(amount, *_pairs(apps)) for amount, apps in amounts.items()],
        )
    yield _markdown(
        ("1,000 WebSockets", "Memory of each", "Messages/s, there and back", "CPU of one"),
        [
            (name, f"{one.memory / 1024:.1f} KiB", f"{one.rate:,.0f}", f"{one.cpu:.0f} us")
            for name, one in found["sockets"].items()
        ],
    )


def _pairs(apps: dict[str, Any]) -> Iterator[str]:
    for one in apps.values():
        yield f"{one.rate:,.0f}"
        yield f"{one.cpu:.0f} us"


def _markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---", *("---:" for _ in head[1:])), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _charts(found: Found) -> list[Path]:
    rows = found["compared"]["uvicorn"]
    rates = [
        Bar(name, one.rate, f"{one.rate:,.0f}/s", name.startswith(_OURS))
        for name, (one, _) in rows.items()
    ]
    bare = rows[BARE][0].cpu
    costs = [
        Bar(name, one.cpu - bare, f"{one.cpu - bare:.0f} µs", name.startswith(_OURS))
        for name, (one, _) in rows.items()
        if name != BARE
    ]
    below = "uvicorn, one worker, 16 connections, JSON of 72 bytes; see docs/performance.md"
    return [
        *draw(PICTURES, "requests", "Requests per second under uvicorn", below, rates),
        *draw(PICTURES, "cost", "CPU time that is added to a request", below, costs),
    ]
