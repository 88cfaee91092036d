"""Examine all servers, and write what comes of it into ``docs/conformance.md``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from asgi_mw.conformance import CHECKS, SERVERS, examine
from tests.conformance.report import BEGIN, END, report
from tests.marked import put

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def main() -> None:
    """All of them, in some ten minutes."""
    results = []
    for server in SERVERS.values():
        for number, result in enumerate(examine(server, CHECKS.values()), 1):
            print(f"{server.name} {number}/{len(CHECKS)} {result.check.id}: {result.verdict}")
            results.append(result)
    part = report(results, f"{datetime.now(UTC):%Y-%m-%d}")
    PAGE.write_text(put(PAGE.read_text("utf-8"), BEGIN, END, part), "utf-8")


if __name__ == "__main__":
    main()
