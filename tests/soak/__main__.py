"""Serve heavy traffic and watch the memory of recorder and page: ``python -m tests.soak``."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.soak.page import watch
from tests.soak.stores import MIB, soak

_DISK = 32 * MIB


def main() -> int:
    """Soak memory, the spool, then a page that is open; 1 when one left its bounds."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--only", choices=("memory", "spool", "page"), help="soak one of them")
    parser.add_argument("--seconds", type=float, default=60.0, help="for memory (%(default)s)")
    parser.add_argument(
        "--exchanges", type=int, default=2_000_000, help="that pass an open page (%(default)s)"
    )
    parser.add_argument(
        "--pace", type=float, default=2000.0, help="of those in a second (%(default)s)"
    )
    options = parser.parse_args()
    held = True
    if options.only in {None, "memory"}:
        held &= asyncio.run(soak("memory", None, options.seconds))
    if options.only in {None, "spool"}:
        with tempfile.TemporaryDirectory() as folder:
            spool = Path(folder, "spool")
            held &= asyncio.run(soak("spool", spool, options.seconds / 3, max_bytes=_DISK))
    if options.only in {None, "page"}:
        held &= watch(options.exchanges, options.pace)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
