"""Check a release from its archives to its types, and print a line for each thing."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.release import archives, checkers, wasm
from tests.release.installed import clean, named, tried
from tests.release.pythons import VERSIONS, interpreters
from tests.release.row import beside, timed, tool
from tests.release.smoke.attempt import MODULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.release.row import Row

PARTS = ("archives", "installs", "lowest", "types", "wasm")


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; 1 if something is broken."""
    parser = argparse.ArgumentParser(prog="python3 tests/release", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="check a part")
    parser.add_argument("--extra", choices=["none", *MODULES, "all"], action="append")
    parser.add_argument("--python", choices=VERSIONS, action="append")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table to FILE")
    options = parser.parse_args(arguments)
    parts = options.only or PARTS
    pythons = {
        version: path
        for version, path in interpreters().items()
        if not options.python or version in options.python
    }
    print(_machine(pythons), flush=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="asgi-mw-release-") as name:
        folder = Path(name)
        wheel = archives.build(folder / "dist")
        if "archives" in parts:
            again = archives.build(folder / "again", "--wheel")
            dist = folder / "dist"
            rows += _shown(archives.checks(dist, wheel, again))
            rows += _shown([timed("twine check --strict", partial(archives.twine, dist))])
        extras = [one.replace("none", "") for one in options.extra or ["none", *MODULES, "all"]]
        checks: list[tuple[str, Callable[[], tuple[list[str], str]]]] = []
        if "installs" in parts:
            checks += [
                (f"{version} {extra or 'no extra'}", _install(path, folder, wheel, extra))
                for version, path in pythons.items()
                for extra in extras
            ]
        if "lowest" in parts and pythons:
            # The versions that pyproject.toml says are enough, on the Python they were made for
            version, path = next(iter(pythons.items()))
            lowest = ("--resolution", "lowest-direct")
            checks.append((f"{version} all, lowest", _install(path, folder, wheel, "all", lowest)))
        if "wasm" in parts and "3.14" not in pythons:
            checks.append(("3.14 in WebAssembly", partial(wasm.tried, folder, wheel)))
        if "types" in parts and pythons:
            version, path = list(pythons.items())[-1]
            user = clean(path, folder / "user", named(wheel, "all"), *checkers.FRAMEWORKS)
            checks += [
                (f"types, {checker.name}", partial(checker.read, user))
                for checker in checkers.CHECKERS
            ]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rows += _shown(pool.map(lambda one: timed(*one), checks))
    broken = [row for row in rows if row.broken]
    print(f"{len(rows)} checked, {len(broken)} broken")
    if options.json:
        table = {"machine": _machine(pythons), "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(table, indent=2), "utf-8")
    return int(bool(broken))


def _install(
    python: Path, folder: Path, wheel: Path, extra: str, options: tuple[str, ...] = ()
) -> Callable[[], tuple[list[str], str]]:
    """What installs *wheel* with *extra* alone, and tries it."""

    def check() -> tuple[list[str], str]:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            made = clean(python, Path(name) / "venv", named(wheel, extra), options=options)
            return tried(made, extra)

    return check


def _shown(rows: Iterable[Row]) -> list[Row]:
    """Print each as it comes."""
    found = []
    for row in rows:
        print(row, flush=True)
        found.append(row)
    return found


def _machine(pythons: dict[str, Path]) -> str:
    missing = [version for version in VERSIONS if version not in pythons]
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {tool(beside('uv'), '--version').strip()}; "
        f"Python {', '.join(pythons) or 'none'}"
        + (f", not here: {', '.join(missing)}" if missing else "")
    )


if __name__ == "__main__":
    sys.exit(main())
