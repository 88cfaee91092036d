"""Clients that send what no browser would: over HTTP/1.1, HTTP/2 and WebSocket."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.inspector.attacks import payloads
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

FORM = (
    f'--b\r\nContent-Disposition: form-data; name="{payloads.FORM}"; '
    f'filename="{payloads.FILE_NAME}"\r\n\r\n{payloads.FORM}\r\n--b--\r\n'
)


def attack(base: str, http2: str) -> None:
    """Send each attack that a client can send, and make the app send its own.

    Args:
        base: A server that passes on what WebSocket clients say as they leave.
        http2: One that speaks HTTP/2.
    """
    headers = {
        "x-attack": payloads.HEADER,
        "user-agent": payloads.AGENT,
        "cookie": f"{payloads.COOKIE_NAME}=1",
        "x-request-id": payloads.REQUEST_ID,
    }
    query = f"?{quote(payloads.QUERY_NAME)}={quote(payloads.QUERY)}"
    with httpx.Client(base_url=base, trust_env=False, timeout=PATIENCE) as client:
        client.get(f"/plain/{quote(payloads.PATH)}{query}", headers=headers)
        for name in ("html", "svg", "json", "png", "typed", "headers", "raise", "strange"):
            ask(client, f"/{name}")
        ask(client, "/scope")
        given = {payloads.JSON_NAME: payloads.JSON}
        client.post("/json", json=given)
        client.post("/form", data=given)
        client.post(
            "/parts", content=FORM, headers={"content-type": "multipart/form-data; boundary=b"}
        )
        client.post("/typed", content=b"x", headers={"content-type": payloads.REQUEST_TYPE})
    over_http2(http2, payloads.METHOD, "/method", [(payloads.HEADER_NAME, "1")])
    over_http2(http2, "GET", "/authority", [], payloads.AUTHORITY)
    talk(base, "/talk")
    talk(base, "/closed", "close")
    talk(base, "/subprotocol")


def ask(client: httpx.Client, path: str) -> None:
    """Ask for *path*; the server may be unable to send what the app gives it."""
    try:
        client.get(path)
    except httpx.TransportError:
        client.get("/next")


def over_http2(
    base: str, method: str, path: str, headers: Iterable[tuple[str, str]], host: str = ""
) -> None:
    """Make one request with prior knowledge, without any checks."""
    url = httpx.URL(base)
    rules = H2Configuration(
        validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding=None
    )
    pseudo = {":method": method, ":path": path, ":scheme": "http", ":authority": host or url.netloc}
    with socket.create_connection((url.host, url.port or 80), PATIENCE) as sock:
        connection = H2Connection(rules)
        connection.initiate_connection()
        connection.send_headers(1, [*pseudo.items(), *headers], end_stream=True)
        sock.sendall(connection.data_to_send())
        while data := sock.recv(65_536):
            events = connection.receive_data(data)
            sock.sendall(connection.data_to_send())
            if any(isinstance(one, StreamEnded) for one in events):
                break


def talk(base: str, path: str, text: str = payloads.WS_TEXT) -> None:
    """Talk to the app's WebSocket, and close it with a reason."""
    try:
        with connect(f"ws{base.removeprefix('http')}{path}", proxy=None) as websocket:
            websocket.send(text)
            websocket.recv(PATIENCE)
            websocket.close(4001, payloads.WS_REASON)
    except WebSocketException:
        return


def waiting(base: str) -> socket.socket:
    """A request that is in flight until the socket is closed."""
    url = httpx.URL(base)
    sock = socket.create_connection((url.host, url.port or 80), PATIENCE)
    sock.sendall(f"GET /wait/{quote(payloads.PATH)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    sock.recv(65_536)
    return sock
