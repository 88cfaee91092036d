"""Measure real servers under load: ``make bench-servers``.

Requests a second, 50th and 99th percentile, CPU time and memory, of the same app without layers, in
one, three and all of them, and in what people use beside; then how that grows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.measure import machine
from tests.bench.servers import page, sockets
from tests.bench.servers.apps import DEPTHS
from tests.bench.servers.load import running, wrk
from tests.bench.servers.turns import in_turns, say
from tests.system import install

if TYPE_CHECKING:
    from tests.bench.servers.load import Figures, Server
    from tests.bench.servers.page import Found

# What is compared under each server: what it is called, and how it is served
COMPARED = {
    page.BARE: ("{server}", "bare"),
    "uvicorn's access log": ("uvicorn, logging", "bare"),
    "1 layer: request_id": ("{server}", "one"),
    "3 layers: also access_log, timing": ("{server}", "three"),
    page.ALL: ("{server}", "eight"),
    "8 layers, and record in memory": ("{server}", "recorded"),
    "Starlette's CORS and GZip": ("{server}", "starlettes"),
    page.USUAL: ("{server}", "assembled"),
}
_SOCKETS = {"no layer": "bare", "8 layers": "eight", "8 layers, and record": "recorded"}


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python3 tests/bench servers", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each load (%(default)s)")
    parser.add_argument(
        "--rounds",
        type=int,
        default=8,
        help="of what is compared; half of it of growth (%(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md, pictures")
    options = parser.parse_args(arguments)
    install(["wrk"])
    print(machine(page.SHOWN))
    found: Found = {
        "machine": machine(page.SHOWN),
        "compared": {name: _compared(name, options) for name in ("uvicorn", "granian")},
        "grown": _grown(options),
        "sockets": asyncio.run(_sockets()),
    }
    found["load_after"] = os.getloadavg()[0]
    print(page.table(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2, default=asdict), "utf-8")
    if options.write:
        for path in page.write(found):
            print(f"written to {path}")
    return 0


def _compared(server: str, options: argparse.Namespace) -> dict[str, tuple[Figures, float]]:
    """The figures of each app under *server*, and the MiB that it holds after them."""
    apps = {
        name: (command.format(server=server), app)
        for name, (command, app) in COMPARED.items()
        if server == "uvicorn" or not command.startswith("uvicorn")
    }
    with ExitStack() as started:
        served = {name: started.enter_context(running(*app)) for name, app in apps.items()}
        found = _loaded(server, served, options, options.rounds)
        return {name: (found[name], one.memory() / 2**20) for name, one in served.items()}


def _grown(options: argparse.Namespace) -> dict[str, dict[str, dict[str, Figures]]]:
    """How the figures grow under uvicorn: keyed by what grows, by how much, and by the app."""
    half = max(1, options.rounds // 2)
    with ExitStack() as started:
        deep = {
            str(depth): started.enter_context(running("uvicorn", f"depth{depth}"))
            for depth in DEPTHS
        }
        layers = {
            name: {"simple": one} for name, one in _loaded("layers", deep, options, half).items()
        }
    grown = {"layers that only look": layers}
    ways: dict[str, dict[str, dict[str, object]]] = {
        "headers of the request": {str(6 + more): {"headers": more} for more in (0, 30, 90)},
        "parts of the response": {str(n): {"query": f"?chunks={n}"} for n in (1, 10, 100)},
        "connections": {str(n): {"connections": n} for n in (1, 16, 128, 1_000)},
    }
    with ExitStack() as started:
        served = {
            name: started.enter_context(running("uvicorn", app))
            for name, app in {"no layer": "bare", "8 layers": "eight"}.items()
        }
        for what, amounts in ways.items():
            grown[what] = {
                amount: _loaded(f"{what}: {amount}", served, options, half, **more)
                for amount, more in amounts.items()
            }
    return grown


def _loaded(
    what: str, served: dict[str, Server], options: argparse.Namespace, rounds: int, **more: object
) -> dict[str, Figures]:
    for one in served.values():
        wrk(one, seconds=1)  # so that bytecode is specialised and caches are filled

    def load(one: Server) -> Figures:
        return wrk(one, seconds=options.seconds, **more)  # type: ignore[arg-type]  # see ways

    return in_turns(what, served, load, rounds)


async def _sockets() -> dict[str, sockets.Sockets]:
    found = {}
    for name, app in _SOCKETS.items():
        say(f"{sockets.CONNECTIONS:,} WebSockets: {name}")
        found[name] = await sockets.held("uvicorn", app)
    say("")
    return found


if __name__ == "__main__":
    sys.exit(main())
