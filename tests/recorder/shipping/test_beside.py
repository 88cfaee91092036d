"""What is recorded with ``ship`` comes to the database, and no request waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import ConfigError, explain, layer, open_store, record, stack
from asgi_mw.recorder.store import Store
from asgi_mw.testing import lifespan, request, run
from tests.recorder.shipping.test_shipper import ids, until
from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.recorder.postgres import PostgresStore
    from asgi_mw.recorder.spool import SpoolStore
    from asgi_mw.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, and take a lifespan."""
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def shippers() -> list[threading.Thread]:
    """The threads that ship in this process."""
    return [one for one in threading.enumerate() if one.name == "asgi_mw.ship"]


def test_what_is_recorded_is_shipped(tmp_path: Path, history: PostgresStore) -> None:
    """By an address or by a store; nothing begins before there is a connection to record."""
    targets: list[str | Store] = [history.address, history]
    for number, target in enumerate(targets, 1):
        store = open_store(tmp_path / str(number), flush_interval=0.005)
        recorded = record(app, store=store, ship=target)
        assert shippers() == []
        run(request(recorded, "GET", f"/{number}"))
        assert len(shippers()) == 1
        until(lambda: history.is_there() and history.count() == number)  # noqa: B023  # called now
        store.close()
        for beside in list(_ended()):
            beside.end(5)
    assert [row.path for row in history.rows()] == ["/2", "/1"]


def _ended() -> Any:
    from asgi_mw.recorder import processes  # noqa: PLC0415  # what it holds is its own matter

    return processes._shipping


@pytest.mark.anyio
async def test_the_rest_is_shipped_as_the_app_shuts_down(
    spool: SpoolStore, history: PostgresStore
) -> None:
    """Before the server has heard that it is done; and it may start again."""
    recorded = record(app, store=spool, ship=history)
    for number in (1, 2):
        await request(recorded, "GET", f"/{number}")
        assert len(shippers()) == 1
        await lifespan(recorded)
        assert shippers() == []
        found = await _in_thread(lambda: [row.path for row in history.rows()])
        assert f"/{number}" in found


async def _in_thread(call: Any) -> Any:
    from anyio import to_thread  # noqa: PLC0415  # for this alone

    return await to_thread.run_sync(call)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ship": "postgresql://db/x"}, "there is no folder to ship from"),
        ({"ship": "traffic/", "store": "spool/"}, "is no history of several hosts"),
        ({"ship": 7, "store": "spool/"}, "is no history of several hosts"),
        ({"ship": "postgresql://ada:s%zecret@db/x", "store": "spool/"}, "is no address"),
        ({"ship": "mysql://ada:secret@db/x", "store": "spool/"}, "no store is known by that name"),
    ],
    ids=str,
)
def test_what_cannot_be_shipped_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], message: str
) -> None:
    """At once, and without a password."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=message) as caught:
        record(app, **options)
    assert "ecret" not in str(caught.value)


def test_a_stack_is_explained_without_the_password(tmp_path: Path) -> None:
    """As it is written everywhere else."""
    shipped = layer(record, store=str(tmp_path), ship="postgresql://ada:secret@db/x")
    said = explain(stack(app, shipped))
    assert "ship='postgresql://ada:***@db/x'" in said
    assert "secret" not in said


_PROCESS = """
import os, sys, time
from asgi_mw import record
from asgi_mw.testing import request, run
from tests.recorder.shipping.test_beside import app

recorded = record(app, store=sys.argv[1], ship=sys.argv[2])
run(request(recorded, "GET", "/parent"))
if sys.argv[3] == "fork":
    time.sleep(1.5)  # its connections are open
    children = []
    for child in range(2):
        pid = os.fork()
        if pid == 0:
            run(request(recorded, "GET", f"/child/{child}"))
            sys.exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    run(request(recorded, "GET", "/after"))
"""


@pytest.mark.parametrize("how", ["once", "fork"])
def test_what_a_process_took_is_shipped_as_it_ends(
    tmp_path: Path, history: PostgresStore, how: str
) -> None:
    """Forks of it, too, which leave the parent's connection alone."""
    if how == "fork" and not hasattr(os, "fork"):
        pytest.skip("there are no forks here")
    line = [sys.executable, "-W", "error", "-c", _PROCESS, str(tmp_path / "spool"), history.address]
    done = subprocess.run(
        [*line, how], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    spool = open_store(tmp_path / "spool")
    expected = {"/parent"} if how == "once" else {"/parent", "/child/0", "/child/1", "/after"}
    assert {one.path for one in spool.exchanges()} == expected
    assert isinstance(spool, Store)
    assert ids(history) == ids(spool)


def test_a_database_that_is_down_holds_nothing_up(tmp_path: Path) -> None:
    """Neither a request nor the end; the log says it once, without the password."""
    line = [sys.executable, "-c", _PROCESS, str(tmp_path / "spool")]
    line += ["postgresql://ada:secret@127.0.0.1:1/x", "once"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0
    assert "secret" not in done.stderr
    assert done.stderr.count("ship failed with StoreError") <= 1
    assert [one.path for one in open_store(tmp_path / "spool").exchanges()] == ["/parent"]
