"""What a client does with a server of the findings, over real sockets."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, TypeAlias

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect

from tests.live.servers import get

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.client import ClientConnection

Body: TypeAlias = "bytes | Iterator[bytes] | None"
_PATIENCE = 60.0  # seconds
# With a server that lets a client wait for the rest of a response that will not come
_BORED = 15.0


def drive(port: int) -> Iterator[tuple[str, str]]:
    """Do all of it, one after the other: the name of each part, and what the client got."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)) as kept:
        for method, path, body in (
            ("GET", "/hello", None),
            ("HEAD", "/hello", None),
            ("POST", "/echo", b"some words"),
            ("GET", "/stream", None),
            ("GET", "/none", None),
        ):
            yield f"{method} {path}", _ask(kept, method, path, body)
    yield "POST in chunks", _ask_alone(port, "POST", "/echo", iter([b"some ", b"words"]))
    yield "GET /fail", _ask_alone(port, "GET", "/fail")
    yield "leave", _leave(port, get("/long"))
    yield "leave who watches", _leave(port, get("/watch"))
    yield "leave in the request", _leave(port, get("/echo", b"Content-Length: 99", method="POST"))
    for name, path, ends in (
        ("close", "/talk", _close),
        ("close without a code", "/talk", _close_without_code),
        ("bye", "/talk", _bye),
        ("vanish", "/talk", _vanish),
        ("refused", "/refuse", _close),
        ("unknown", "/nowhere", _close),
    ):
        yield f"websocket {name}", _talk(port, path, ends)
    # The last: daphne answers no error any more once there was one in the middle of a response
    yield "GET /half", _ask_alone(port, "GET", "/half", patience=_BORED)


def _ask(kept: HTTPConnection, method: str, path: str, body: Body = None) -> str:
    try:
        kept.request(method, path, body)
        response = kept.getresponse()
        read = response.read()
    except (HTTPException, OSError) as error:
        kept.close()
        return type(error).__name__
    return f"{response.status}, {len(read)} bytes"


def _ask_alone(
    port: int, method: str, path: str, body: Body = None, patience: float = _PATIENCE
) -> str:
    """On a connection of its own: servers close one on which an app has failed."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=patience)) as connection:
        return _ask(connection, method, path, body)


def _leave(port: int, request: bytes) -> str:
    """Go in the middle of a response, or before all of the request was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as client:
        client.sendall(request)
        if request.startswith(b"POST"):
            client.sendall(b"some")
            return "nothing"
        with suppress(OSError):
            return client.recv(1000).split(b"\r\n", 1)[0].decode()
    return "nothing"


def _talk(port: int, path: str, ends: Callable[[ClientConnection], None]) -> str:
    got: list[object] = []
    with suppress(WebSocketException, OSError):
        try:
            with connect(
                f"ws://127.0.0.1:{port}{path}",
                open_timeout=_PATIENCE,
                close_timeout=_PATIENCE,
                ping_interval=None,
                compression=None,
            ) as client:
                for said in ("one", b"two"):
                    client.send(said)
                    got.append(client.recv(_PATIENCE))
                ends(client)
        except InvalidStatus as error:
            got.append(error.response.status_code)
        except ConnectionClosed as error:
            got.append(error.rcvd and error.rcvd.code)
    return str(got)


def _close(client: ClientConnection) -> None:
    client.close(1000)


def _close_without_code(client: ClientConnection) -> None:
    """As a page does whose script says no more than ``close()``."""
    with client.send_context():
        client.protocol.send_close()


def _bye(client: ClientConnection) -> None:
    client.send("bye")
    client.recv(_PATIENCE)


def _vanish(client: ClientConnection) -> None:
    client.socket.shutdown(socket.SHUT_RDWR)
