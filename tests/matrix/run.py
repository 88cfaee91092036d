"""Start, drive and stop one server with one app, layers attached one way; collect what is seen."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from asgi_mw import open_store
from tests.matrix.clients import HangError
from tests.matrix.frameworks import FRAMEWORKS
from tests.matrix.observed import calls
from tests.matrix.scenarios import drive, hold
from tests.matrix.servers import serving
from tests.system import free_ports

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw import Exchange
    from tests.matrix.observed import Call
    from tests.matrix.scenarios import Facts
    from tests.matrix.servers import Server

Attached: TypeAlias = Literal["bare", "outside", "native"]
ATTACHED: tuple[Attached, ...] = ("bare", "outside", "native")
_giving_ports = Lock()
_SETTLES = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Run:
    """All that was seen of one run.

    Attributes:
        attached: How the layers are attached.
        failure: Why the server does not serve; empty if it does.
        facts: What the client saw, by scenario.
        calls: What the observer saw.
        witnessed: What the app came to do, sorted.
        log: The lines of the access log.
        spans: What was exported.
        exchanges: What was recorded, the oldest first.
        stopped: Whether the server ended on its own.
        output: What the server printed.
    """

    attached: Attached
    failure: str
    facts: dict[str, Facts]
    calls: list[Call]
    witnessed: list[str]
    log: list[dict[str, Any]]
    spans: list[dict[str, Any]]
    exchanges: list[Exchange]
    stopped: bool
    output: str


def run(
    framework: str, server: Server, attached: Attached, folder: Path, certificates: Path
) -> Run:
    """Do all of it, in *folder*, which is empty."""
    with _giving_ports:
        (port,) = free_ports(1)
    environment = os.environ | {
        "MATRIX_FRAMEWORK": framework,
        "MATRIX_SERVER": server.name,
        "MATRIX_ATTACHED": attached,
        "MATRIX_FOLDER": str(folder),
        "MATRIX_WITNESS": str(folder / "witnessed"),
        "PYTHONHASHSEED": "0",  # some frameworks keep headers in sets
        "PYTHONUNBUFFERED": "1",
    }
    for name in ("observed", "witnessed", "log", "spans"):
        (folder / name).touch()
    hangs = server.hangs | FRAMEWORKS[framework].hangs
    facts: dict[str, Facts] = {}
    failure, stopped = "", False
    try:
        with serving(server, port, folder, certificates, environment) as running:
            facts.update(drive(running.connect, hangs))
            _settle(folder / "observed")
            with closing(running.connect()) as client:
                rest = hold(client, "hold", hangs)
                running.ask_to_stop()
                facts["hold"] = rest()
            stopped = running.ends()
    except (OSError, HangError) as error:
        failure = str(error) or "it takes no connection any more"
    return Run(
        attached=attached,
        failure=failure,
        facts=facts,
        calls=calls(folder / "observed"),
        witnessed=sorted(_lines(folder / "witnessed")),
        log=[one for one in _objects(folder / "log") if one.get("logger") == "asgi_mw.access"],
        spans=_objects(folder / "spans"),
        exchanges=_exchanges(folder / "store"),
        stopped=stopped,
        output=(folder / "output").read_text("utf-8", "replace"),
    )


def _settle(file: Path) -> None:
    """Wait until the calls of the app end, or until nothing happens any more."""
    size, end = -1, 0.0
    while any(call.ended is None for call in calls(file) if call.type != "lifespan"):
        if size != (size := file.stat().st_size):
            end = monotonic() + _SETTLES
        elif monotonic() > end:
            return
        sleep(0.05)


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def _objects(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _lines(file)]


def _exchanges(folder: Path) -> list[Exchange]:
    if not folder.exists():
        return []
    with closing(open_store(str(folder))) as store:
        return sorted(store.exchanges(), key=attrgetter("began"))
