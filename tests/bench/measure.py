"""Measure every layer beside its peers, print the table, hold the figures to their bars."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.reasons import lines
from tests.bench.report import table
from tests.bench.written import write

if TYPE_CHECKING:
    from tests.bench.report import Row

_PARTS = (
    "layers",
    "cors",
    "compression",
    "tracing",
    "together",
    "production",
    "watch",
    "serving",
    "memory",
    "transport",
    "masking",
    "validating",
    "replay",
    "spool",
    "listing",
    "exporting",
    "page",
)
# Measured only when asked for: many rows without a bar, and what needs a PostgreSQL
_MORE = ("codings", "history")
_SHOWN = (
    "asgi-mw",
    "starlette",
    "httpx2",
    "opentelemetry-instrumentation-asgi",
    "opentelemetry-sdk",
    "brotli",
    "isal",
    "asgi-correlation-id",
    "asgi-logger",
    "timing-asgi",
    "asgion",
    "structlog",
    "msgspec",
)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; 1 with ``--check`` when a figure is over its bar."""
    parser = argparse.ArgumentParser(prog="python3 tests/bench", description=__doc__)
    parser.add_argument("--only", choices=(*_PARTS, *_MORE), help="measure a part")
    parser.add_argument("--rounds", type=int, default=300, help="of 100 requests (%(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the spool (%(default)s)")
    parser.add_argument(
        "--exchanges",
        type=int,
        default=1_000_000,
        help="in the store to list and to export (%(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--check", action="store_true", help="exit 1 when one is over its bar")
    options = parser.parse_args(arguments)
    if options.write and options.only is not None:
        parser.error("--write: what it writes is of one run; leave --only out")
    described = machine()
    print(described)
    found: dict[str, list[Row]] = {}
    for part in _PARTS if options.only is None else (options.only,):
        amounts = {"spool": options.seconds}
        amounts |= dict.fromkeys(("listing", "exporting", "history"), options.exchanges)
        amount = amounts.get(part, options.rounds)
        # A process of its own: a part may configure logging, and leaves nothing in memory
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found[part] = pool.submit(_measured, part, amount).result()
        print(f"  measured: {part}", file=sys.stderr)
    rows = [row for part in found.values() for row in part]
    print(table(rows))
    for line in lines(rows):
        print(f"over its bar: {line}")
    if options.json:
        figures = [{**asdict(row), "passes": row.passes} for row in rows]
        options.json.write_text(json.dumps({"machine": described, "rows": figures}, indent=2))
    if options.write:
        print(f"wrote {write(found, described)}", file=sys.stderr)
    return int(options.check and any(row.passes is False for row in rows))


def _measured(part: str, amount: float) -> list[Row]:
    rows: list[Row] = asyncio.run(import_module(f"tests.bench.{part}").rows(amount))
    return rows


def machine(shown: tuple[str, ...] = _SHOWN) -> str:
    """The machine and the versions: without them, a figure means little."""
    versions = []
    for name in shown:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"no {name}")
    load = os.getloadavg()[0]
    return (
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; {', '.join(versions)}"
    )


if __name__ == "__main__":
    sys.exit(main())
