"""An app that blocks its event loop until the watchdog says so, and answers with what it said."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from asgi_mw.loops import running_loop
from asgi_mw.watch import watch
from asgi_mw.watch.dog import NAME

if TYPE_CHECKING:
    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import Request
    from starlette.responses import Response

LOADED_IN = os.getpid()
_PATIENCE = 30
BLOCKED = "event_loop_blocked"


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(record.getMessage())


kept = Kept()
logging.getLogger("asgi_mw.watch").addHandler(kept)


def busy(event: str) -> list[str]:
    """Hold the loop until *event* was reported."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found = [line for line in kept.lines if line.startswith(event)]
        if found and (event != BLOCKED or 'by="busy' in found[-1]):
            return found[-1:]  # a busy machine may have been late before
        time.sleep(0.01)
    return []


def facts(reports: list[str]) -> JSONResponse:
    """What there is to know."""
    loop = running_loop()
    return JSONResponse(
        {
            "reports": reports,
            "loop": type(loop.key).__module__ if loop else None,
            "forked": os.getpid() != LOADED_IN,
            "threads": [one.name for one in threading.enumerate()].count(NAME),
        }
    )


async def block(request: Request) -> JSONResponse:
    """Block."""
    return facts(busy(BLOCKED))


async def told(request: Request) -> JSONResponse:
    """Ask by a signal, and block."""
    os.kill(os.getpid(), signal.SIGUSR1)
    return facts(busy("in_flight"))


async def passes(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Run what is inside in a task of its own."""
    return await call_next(request)


app = watch(
    Starlette(
        routes=[Route("/block/{id}", block), Route("/told", told)],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=passes)],
    ),
    signal=True,
    stalled_after=None,
)
