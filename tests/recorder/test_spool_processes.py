from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder.spool import SpoolStore
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.recorder.store import Store

PRELUDE = """
import os, sys, time
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.recorder.layer import record
from asgi_mw.testing import request, run
store = SpoolStore(sys.argv[1])
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
recorded = record(app, store=store)
def serve(path):
    run(request(recorded, "GET", path))
"""


def python(script: str, *arguments: object, stderr: int | None = None) -> subprocess.Popen[str]:
    """Start another process that has a store in the folder it is given."""
    code = PRELUDE + textwrap.dedent(script)
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)


def paths(store: Store) -> list[str]:
    return [exchange.path for exchange in store.exchanges()][::-1]


def test_a_process_that_ends_writes_what_it_took(tmp_path: Path) -> None:
    """At exit, in little time, and leaves plain files."""
    process = python("serve('/last')", tmp_path / "spool")
    assert process.wait(PATIENCE) == 0
    assert paths(SpoolStore(tmp_path / "spool")) == ["/last"]
    assert sorted(path.suffix for path in (tmp_path / "spool").iterdir()) == ["", ".db"]
    assert process.stdout is not None
    process.stdout.close()


RUNNING = """
import asyncio
async def ignored(message):
    pass
async def empty():
    return {"type": "http.request"}
async def running(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = b"canary-4711" * 9
    await send({"type": "http.response.body", "body": body, "more_body": scope["path"] != "/over"})
    await asyncio.sleep(60)
def begin(*paths):
    app = record(running, store=store, keep=["all"])
    loop = asyncio.new_event_loop()
    for path in paths:
        scope = {"type": "http", "path": path, "method": "GET", "headers": []}
        loop.create_task(app(scope, empty, ignored))
    loop.run_until_complete(asyncio.sleep(0))
    return loop
"""


@pytest.mark.parametrize("before", ["", "store.close()"], ids=["open", "closed before"])
def test_what_runs_as_a_process_ends_is_lost(tmp_path: Path, before: str) -> None:
    """With what was sent; a response that was over is complete."""
    script = f"{RUNNING}\nloop = begin('/stream', '/over')\n{before}"
    with python(script, tmp_path / "spool", stderr=subprocess.PIPE) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (0, "", False) == (process.returncode, out, "asgi_mw." in err)
    over, stream = sorted(SpoolStore(tmp_path / "spool").exchanges(), key=lambda one: one.path)
    assert [("/over", "complete"), ("/stream", "lost")] == [
        (one.path, one.outcome) for one in (over, stream)
    ]
    assert (stream.ended or 0) >= (stream.events[-1].returned or 0) > 0
    assert [b"canary-4711" * 9] * 2 == [one.events[-1].message["body"] for one in (over, stream)]


def test_what_runs_as_a_child_of_multiprocessing_ends_is_lost(tmp_path: Path) -> None:
    """It exits without atexit, as granian's workers do."""
    script = (
        RUNNING
        + """
    import multiprocessing
    def work():
        serve("/quick")
        global loop
        loop = begin("/stream")
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    sys.exit(child.exitcode)
    """.replace("\n    ", "\n")
    )
    with python(script, tmp_path / "spool") as process:
        assert process.wait(PATIENCE) == 0
    found = [(one.path, one.outcome) for one in SpoolStore(tmp_path / "spool").exchanges()]
    assert [("/stream", "lost"), ("/quick", "complete")] == found


def test_what_runs_at_the_end_of_the_lifespan_is_lost_if_the_process_is_killed(
    tmp_path: Path,
) -> None:
    """However young it is: uvicorn ends by the signal that it got."""
    script = (
        RUNNING
        + """
    from asgi_mw.testing import lifespan
    async def living(scope, receive, send):
        for what in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{what}.complete"})
    loop = begin("/stream")
    run(lifespan(record(living, store=store)))
    os.kill(os.getpid(), 15)
    """.replace("\n    ", "\n")
    )
    with python(script, tmp_path / "spool") as process:
        assert process.wait(PATIENCE) == -15
    life, stream = SpoolStore(tmp_path / "spool").exchanges()
    assert ("lifespan", "complete") == (life.type, life.outcome)
    assert ("/stream", "lost", 99) == (stream.path, stream.outcome, stream.bytes("send"))


def test_what_comes_as_the_interpreter_ends_is_written(tmp_path: Path) -> None:
    """Although no thread may begin any more since Python 3.12."""
    script = """
    import threading
    from asgi_mw.testing import lifespan
    async def living(scope, receive, send):
        for what in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{what}.complete"})
    def late():
        threading.main_thread().join()
        time.sleep(0.1)
        serve("/late")
        run(lifespan(record(living, store=store)))
        print(store.faults.counts, store.dropped)
    threading.Thread(target=late).start()
    """
    with python(script, tmp_path / "spool") as process:
        out, _ = process.communicate(timeout=PATIENCE)
    assert "Counter() {}" == out.strip()
    assert {"/late", ""} == {one.path for one in SpoolStore(tmp_path / "spool").exchanges()}


def test_every_forked_worker_writes_a_file_of_its_own(tmp_path: Path) -> None:
    """Also when the parent recorded before it forked, and goes on after."""
    script = """
    serve("/parent/before")
    children = []
    for number in range(2):
        child = os.fork()
        if not child:
            for _ in range(20):
                serve(f"/child/{number}")
            store.close()
            os._exit(0)
        children.append(child)
    for _ in range(20):
        serve("/parent/after")
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    store.close()
    print(store.dropped, store.faults.counts)
    """
    process = python(script, tmp_path / "spool")
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.strip()) == (0, "{} Counter()")
    store = SpoolStore(tmp_path / "spool")
    found = [(exchange.path, exchange.worker.pid) for exchange in store.exchanges()]
    assert len(found) == 61
    assert {path for path, pid in found if pid == process.pid} == {
        "/parent/before",
        "/parent/after",
    }
    assert len(set(found)) == 4
    assert len(list(store.folder.glob("*.db"))) == 3
    for file in store.folder.glob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_others_see_what_has_been_in_flight_for_over_a_second(tmp_path: Path) -> None:
    """And no longer than their process lives."""
    script = """
    async def waits(scope, receive, send):
        await receive()
        print("waiting", flush=True)
        time.sleep(60)
    run(request(record(waits, store=store), "POST", "/waits", body=b"canary-4711"))
    """
    with python(script, tmp_path / "spool") as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting\n"
            store = SpoolStore(tmp_path / "spool")
            deadline = monotonic() + PATIENCE
            while not (found := store.in_flight()) and monotonic() < deadline:
                sleep(0.05)
            [exchange] = found
            assert (exchange.path, exchange.worker.pid) == ("/waits", process.pid)
            assert store.stats().in_flight == 1
            assert store.get(exchange.id) == exchange
            for file in store.folder.iterdir():
                assert b"canary-4711" not in file.read_bytes()
        finally:
            process.kill()
    assert store.in_flight() == []


@pytest.mark.parametrize("death", ["os.kill(os.getpid(), 9)", "os._exit(3)", "os.abort()"])
def test_the_request_that_killed_its_process_is_there(tmp_path: Path, death: str) -> None:
    """However it did it, with what the client was sent before."""
    script = f"""
    async def deadly(scope, receive, send):
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        await send({{"type": "http.response.body", "body": b"canary-4711", "more_body": True}})
        while True:
            time.sleep(0.05)
            with closing(sqlite3.connect(next(store.folder.glob("*.db")))) as segment:
                if segment.execute("SELECT 1 FROM in_flight").fetchall():
                    break
        {death}
    import sqlite3
    from contextlib import closing
    serve("/before")
    store.flush()
    run(request(record(deadly, store=store), "GET", "/deadly"))
    """
    with python(script, tmp_path / "spool") as process:
        assert process.wait(PATIENCE) != 0
    store = SpoolStore(tmp_path / "spool")
    killer, before = store.exchanges()
    assert ("/before", "complete") == (before.path, before.outcome)
    assert ("/deadly", "lost", None, 200) == (
        killer.path,
        killer.outcome,
        killer.ended,
        killer.status,
    )
    assert (process.pid, 11) == (killer.worker.pid, killer.bytes("send"))
    assert store.get(killer.id) == killer


def killed(folder: Path, flushes: int) -> tuple[int, int]:
    """Kill a process that writes behind so many flushes; how many they told of, and are there."""
    script = """
    number = 0
    while True:
        serve(f"/{number}")
        number += 1
        if number % 7 == 0 and store.flush(20):
            print(number, flush=True)
    """
    with python(script, folder) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(flushes)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
    whole = [line for line in told if line.endswith("\n")]
    return int(whole[-1]), len(list(SpoolStore(folder).exchanges()))


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(20))
def test_a_killed_process_loses_only_the_last_moment(tmp_path: Path, turn: int) -> None:
    """What a flush told of is there, the file is whole, and goes when it is its turn."""
    folder = tmp_path / "spool"
    told, there = killed(folder, 3 + turn)
    assert there >= told > 0
    store = SpoolStore(folder)
    assert paths(store) == [f"/{number}" for number in range(there)]
    [file] = folder.glob("*.db")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert store.purge() == there
    assert list(folder.glob("*.db*")) == []


SERVED = """
from asgi_mw import record
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})
app = record(app, store="spool")
"""


@pytest.mark.slow
def test_uvicorn_workers_record_into_one_folder(tmp_path: Path) -> None:
    """Their lifespans too, although they are ended by signals that run no atexit."""
    (tmp_path / "served.py").write_text(SERVED)
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "uvicorn", "served:app", "--workers", "2", "--port", str(port)]
    with subprocess.Popen([*command, "--log-level", "error"], cwd=tmp_path) as server:
        try:
            store = SpoolStore(tmp_path / "spool")
            deadline = monotonic() + PATIENCE
            workers: set[int] = set()
            for number in count():
                assert monotonic() < deadline
                try:
                    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as client:
                        client.request("GET", f"/{number}")
                        assert client.getresponse().status == 204
                except ConnectionError:
                    sleep(0.1)
                    continue
                workers = {exchange.worker.pid for exchange in store.exchanges()}
                if len(workers) == 2:
                    break
        finally:
            server.terminate()
            server.wait(20)
    exchanges = store.exchanges()
    lifespans = [one for one in exchanges if one.type == "lifespan"]
    assert {one.worker.pid for one in lifespans} == workers
    assert exchanges.problems == ()


STREAMED = """
import asyncio
from asgi_mw import record
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await asyncio.sleep(60)
app = record(app, store="spool")
"""


@pytest.mark.slow
def test_a_stream_that_is_open_as_uvicorn_shuts_down_is_lost(tmp_path: Path) -> None:
    """Without a lifespan, and by a signal that no code outlives."""
    (tmp_path / "served.py").write_text(STREAMED)
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "uvicorn", "served:app", "--port", str(port)]
    options = ["--log-level", "critical", "--timeout-graceful-shutdown", "1"]
    with subprocess.Popen([*command, *options], cwd=tmp_path) as server:
        try:
            deadline = monotonic() + PATIENCE
            while monotonic() < deadline:
                try:
                    client = socket.create_connection(("127.0.0.1", port), timeout=60)
                    break
                except ConnectionError:
                    sleep(0.1)
            with client:
                client.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
                assert client.recv(99).startswith(b"HTTP/1.1 200")
                server.terminate()
                server.wait(20)
        finally:
            server.kill()
    stream, life = SpoolStore(tmp_path / "spool").exchanges()
    assert [("lifespan", "unsupported"), ("http", "lost")] == [
        (one.type, one.outcome) for one in (life, stream)
    ]
    assert (200, 5) == (stream.status, stream.bytes("send"))
