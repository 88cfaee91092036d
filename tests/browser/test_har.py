"""An archive that Chromium writes of its traffic is imported, and shown like any recording."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from asgi_mw import open_store
from asgi_mw.cli import group
from asgi_mw.export import write_har
from asgi_mw.redaction import Redaction
from tests.browser.playwrights import launched
from tests.browser.web import empty_page
from tests.recorder.made import made

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.types import Receive, Scope, Send
    from tests.browser.web import Web

SHOP: dict[str, Any] = {"headers": [(b"host", b"shop.test")]}
HTML = [(b"content-type", b"text/html; charset=utf-8")]
JSON = [(b"content-type", b"application/json")]
PNG = [(b"content-type", b"image/png")]
TRAFFIC = """async () => {
    await fetch("/users?page=2", {
        method: "POST",
        headers: {"content-type": "application/json", "authorization": "Bearer s3cret"},
        body: JSON.stringify({name: "Ada", password: "s3cret"}),
    }).then(response => response.json());
    await new Promise(over => {
        const socket = new WebSocket(`ws://${location.host}/ws`);
        socket.onopen = () => socket.send("hello");
        socket.onmessage = event => { socket.close(4000); };
        socket.onclose = over;
    });
    await fetch("/nowhere");
}"""


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Take a user, echo what a WebSocket says, and know nothing else."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"].upper()})
        return
    if scope["path"] in {"/", "/favicon.ico"}:
        await empty_page(scope, receive, send)
        return
    while (await receive()).get("more_body"):
        pass
    status = 201 if scope["path"] == "/users" else 404
    headers = [(b"content-type", b"application/json"), (b"x-app", b"yes")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"id": 7}'})


@pytest.mark.slow
def test_what_chromium_saw_is_a_recording(web: Web, tmp_path: Path) -> None:
    """Secrets are masked, which the browser did not do; imported twice, it is there once."""
    web.apps["shop.test"] = app
    file, store = tmp_path / "chromium.har", tmp_path / "store"
    with launched(f"--host-resolver-rules=MAP *.test 127.0.0.1:{web.port}") as chromium:
        context = chromium.new_context(record_har_path=file)
        page = context.new_page()
        page.goto("http://shop.test/")
        page.evaluate(TRAFFIC)
        context.close()
    entries = json.loads(file.read_text())["log"]["entries"]
    assert "s3cret" in file.read_text()

    def imported() -> str:
        line = ["import", str(file), "--store", str(store)]
        return CliRunner().invoke(group, line, catch_exceptions=False).stdout

    assert imported().startswith(f"Imported {len(entries)} exchanges")
    assert imported().startswith("Imported 0 exchanges")
    found = {one.path: one for one in open_store(store).exchanges()}
    user, missing = found["/users"], found["/nowhere"]
    assert ("POST", 201, b"page=2", "har:chromium.har", "shop.test") == (
        user.method,
        user.status,
        user.scope["query_string"],
        user.worker.host,
        user.header("host"),
    )
    assert [b'{"name":"Ada","password":"[redacted]"}', b'{"id": 7}'] == [
        event.message["body"] for event in user.events if "body" in event.message
    ]
    assert "Bearer [redacted]" == user.header("authorization")
    assert "s3cret" not in repr(found)
    assert (404, "complete", True) == (missing.status, missing.outcome, (missing.ended or 0) > 0)
    socket = found.get("/ws")
    assert socket is not None
    assert ["hello", "HELLO"] == [
        event.message["text"] for event in socket.events if "text" in event.message
    ]
    shown = CliRunner().invoke(
        group, ["show", user.id, "--store", str(store)], catch_exceptions=False
    )
    assert "POST /users?page=2  201" in shown.stdout


@pytest.mark.slow
def test_chromium_is_served_from_an_archive_of_ours(tmp_path: Path) -> None:
    """Playwright serves status, headers and bodies from it, whether these are text or not."""
    picture = b"\x89PNG\r\n\x1a\n\x00\xff"
    exchanges = [
        made(1, path="/", response=b"<!doctype html><title>caf\xc3\xa9</title>", sent=HTML, **SHOP),
        made(2, path="/orders", status=404, response=b'{"a": [1]}', sent=JSON, **SHOP),
        made(
            3,
            path="/orders",
            method="POST",
            request=b'{"n": 1}',
            status=201,
            response=b'{"id": 8}',
            sent=JSON,
            **SHOP,
        ),
        made(4, path="/picture", response=picture, sent=PNG, **SHOP),
    ]
    file = tmp_path / "ours.har"
    with file.open("w") as text:
        write_har(exchanges, text, redact=Redaction(bodies="raw"))
    with launched() as chromium:
        page = chromium.new_context().new_page()
        page.route_from_har(file, not_found="abort")
        page.goto("http://shop.test/")
        found = page.evaluate(
            """async () => [
                document.title,
                await fetch("/orders").then(async one => [one.status, await one.json()]),
                await fetch("/orders", {method: "POST", body: '{"n": 1}'})
                    .then(async one => [one.status, await one.json()]),
                await fetch("/picture").then(one => one.arrayBuffer())
                    .then(buffer => [...new Uint8Array(buffer)]),
            ]"""
        )
    assert ["caf\xe9", [404, {"a": [1]}], [201, {"id": 8}], list(picture)] == found
