"""Run one framework's app on one server, and see what is found."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import NamedTuple
from unittest.mock import patch

from tests.findings.traffic import drive
from tests.live.servers import running

FRAMEWORKS = {
    "fastapi": "FastAPI",
    "starlette": "Starlette",
    "nexios": "Nexios",
    "litestar": "Litestar",
    "django": "Django",
    "channels": "Channels",
    "quart": "Quart",
    "falcon": "Falcon",
    "blacksheep": "BlackSheep",
    "bareasgi": "bareASGI",
    "sanic": "Sanic",
}
"""By the name of the package."""
SERVERS = {
    "uvicorn": "uvicorn-httptools",
    "granian": "granian",
    "hypercorn": "hypercorn",
    "daphne": "daphne",
    "gunicorn": "gunicorn",
}
"""By the name of the package, the one of tests/live."""
_SETTLES = 60.0  # seconds


class Found(NamedTuple):
    """One finding of a pair."""

    rule: str
    said: str
    during: str


class Outcome(NamedTuple):
    """What a pair did.

    Attributes:
        found: What was found, each once.
        got: What the client got of each part of the traffic.
        open: How many calls of the app went on when the traffic was over.
    """

    found: list[Found]
    got: dict[str, str]
    open: int

    @property
    def serves(self) -> bool:
        """Whether the app answers as it should."""
        return self.got["GET /hello"].startswith("200")


def run(framework: str, server: str) -> Outcome:
    """Start the server with the app, drive the traffic, wait for the app, and stop."""
    with TemporaryDirectory() as folder:
        notes, log = Path(folder, "notes"), Path(folder, "log")
        notes.touch()
        environment = {"FINDINGS_FRAMEWORK": framework, "FINDINGS_NOTES": str(notes)}
        with (
            patch.dict(os.environ, environment),
            running(SERVERS[server], "tests.findings.served:app", log) as port,
        ):
            got = dict(drive(port))
            left = _settled(notes)
        facts = _facts(notes)
    found = {Found(**fact) for fact in facts if "rule" in fact}
    return Outcome(sorted(found), got, left)


def _facts(notes: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in notes.read_text("utf-8").splitlines()]


def _settled(notes: Path) -> int:
    """Wait for the calls of the app to end; how many do not."""
    end = monotonic() + _SETTLES
    while (left := _open(notes)) and monotonic() < end:
        sleep(0.05)
    return left


def _open(notes: Path) -> int:
    facts = [fact for fact in _facts(notes) if "lifespan" not in fact.values()]
    return sum(("began" in fact) - ("ended" in fact) for fact in facts)
