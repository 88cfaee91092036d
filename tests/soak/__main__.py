"""What takes minutes, heavy traffic and Starlette's own tests: ``python -m tests.soak``."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.soak.page import watch
from tests.soak.starlette import judge
from tests.soak.stores import MIB, soak

_DISK = 32 * MIB


def main() -> int:
    """Soak memory, the spool, a page that is open, and run Starlette's tests; 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parts = ("memory", "spool", "page", "starlette")
    parser.add_argument("--only", choices=parts, help="soak one of them")
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
    if options.only in {None, "starlette"}:
        held &= judge()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
