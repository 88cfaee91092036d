"""All witnesses at once, under a real server: all that a FastAPI app does is on the time line."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Literal

import httpx
import pytest
from anyio import to_thread
from fastapi import BackgroundTasks, FastAPI  # noqa: TC002  # read when the app runs
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from asgi_mw import measure, open_store, record
from asgi_mw.inspector.witness import witness
from asgi_mw.noting import witnesses
from tests.live.thread import served
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw import Exchange

LONG = 0.3  # seconds: far more than an event loop may be blocked


def totals() -> None:
    """Block the event loop."""
    time.sleep(LONG)


def until(found: Callable[[], Exchange | None]) -> Exchange:
    """Wait until *found* gives an exchange."""
    end = time.monotonic() + PATIENCE
    while (one := found()) is None and time.monotonic() < end:
        time.sleep(0.02)
    assert one is not None
    return one


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_everything_on_one_time_line(
    loop: Literal["asyncio", "uvloop"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs, spans, measured blocks, calls, and who blocked the loop; background tasks too."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", TracerProvider())
    app = FastAPI()
    log = logging.getLogger("shop_of_the_tests")
    asked = httpx.Client()
    ports: list[int] = []

    def mail() -> None:
        log.warning("mail was sent")

    @app.get("/report")
    async def report(later: BackgroundTasks) -> str:
        log.warning("a report for token=hush")
        with measure("db"), trace.get_tracer("shop").start_as_current_span("SELECT"):
            pass
        await to_thread.run_sync(asked.get, f"http://127.0.0.1:{ports[0]}/stock")
        totals()
        later.add_task(mail)
        return "done"

    @app.get("/stock")
    def stock() -> int:
        log.warning("7 left")
        return 7

    store = open_store("memory:")
    with witness(), served(record(app, store=store, lag=True), loop) as port:
        ports.append(port)
        assert 200 == httpx.get(f"http://127.0.0.1:{port}/report", timeout=PATIENCE).status_code
        exchange = until(
            lambda: next((one for one in store.exchanges() if one.path == "/report"), None)
        )
        other = next(one for one in store.exchanges() if one.path == "/stock")
    asked.close()
    titles = [(note.kind, note.title) for note in exchange.notes]
    for expected in [
        ("log", "a report for token=[redacted]"),
        ("measure", "db"),
        ("span", "SELECT"),
        ("call", f"GET http://127.0.0.1:{port}/stock"),
        ("log", "mail was sent"),
    ]:
        assert expected in titles
    blocks = [note for note in exchange.notes if note.kind == "blocked"]
    assert any(note.title.startswith("totals (test_witness.py:") for note in blocks)
    assert ("log", "7 left") in [(note.kind, note.title) for note in other.notes]
    assert ("log", "7 left") not in titles


def test_each_has_to_be_removed() -> None:
    """Two witnesses do not know each other, and a second removal does nothing."""
    one, other = witness(), witness()
    one.remove()
    one.remove()
    assert 3 == len(witnesses)
    other.remove()
    assert [] == witnesses


def test_only_what_is_wanted() -> None:
    """Nothing else is touched."""
    before = vars(logging.Logger)["callHandlers"]
    with witness(logs=False, spans=False):
        assert vars(logging.Logger)["callHandlers"] is before
