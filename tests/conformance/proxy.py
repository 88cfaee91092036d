"""Servers that frame one thing wrong each: uvicorn, behind a proxy that changes its bytes.

``python -m tests.conformance.proxy HOW APP PORT`` is such a server; each breaks the checks in
``BREAKS``.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.conformance.servers import SERVERS, Server
from tests.system import listens

if TYPE_CHECKING:
    from collections.abc import Callable

Change: TypeAlias = "Callable[[bytes, bytes], bytes | None]"
"""What becomes of bytes, given the request that began the connection; ``None`` ends it."""


def _same(data: bytes, request: bytes) -> bytes | None:
    return data


def _body_for_head(data: bytes, request: bytes) -> bytes | None:
    return data + b"hello" if request.startswith(b"HEAD") else data


def _length_for_204(data: bytes, request: bytes) -> bytes | None:
    return data.replace(b" 204 No Content\r\n", b" 204 No Content\r\ncontent-length: 0\r\n")


def _chunked_for_1_0(data: bytes, request: bytes) -> bytes | None:
    if b"HTTP/1.0" not in request:
        return data
    head, _, body = data.partition(b"\r\n\r\n")
    return head + b"\r\ntransfer-encoding: chunked\r\n\r\n5\r\n" + body + b"\r\n0\r\n\r\n"


def _two_framings(data: bytes, request: bytes) -> bytes | None:
    return data.replace(b"\r\n\r\n", b"\r\ntransfer-encoding: chunked\r\n\r\n", 1)


def _one_request(data: bytes, request: bytes) -> bytes | None:
    return data if data == request else b""


def _reversed(data: bytes, request: bytes) -> bytes | None:
    first, mark, second = data.partition(b"\r\n\r\nGET /2")
    return mark[4:] + second + first + b"\r\n\r\n" if mark else data


def _without_close(data: bytes, request: bytes) -> bytes | None:
    return data.replace(b"Connection: close\r\n", b"")


def _without_length(data: bytes, request: bytes) -> bytes | None:
    return data.replace(b"Content-Length: ", b"X-Length: ")


def _no_close_frame(data: bytes, request: bytes) -> bytes | None:
    return None if data.startswith(b"\x88") else data


def _never_100(data: bytes, request: bytes) -> bytes | None:
    return b"" if data.startswith(b"HTTP/1.1 100") else data


def _chatty(data: bytes, request: bytes) -> bytes | None:
    return data + b"more"


HOWS: dict[str, tuple[Change, Change]] = {
    "body-for-head": (_same, _body_for_head),
    "length-for-204": (_same, _length_for_204),
    "chunked-for-1.0": (_same, _chunked_for_1_0),
    "two-framings": (_same, _two_framings),
    "one-request": (_one_request, _same),
    "reversed": (_reversed, _same),
    "never-closes": (_without_close, _same),
    "no-length": (_without_length, _same),
    "no-close-frame": (_same, _no_close_frame),
    "never-100": (_same, _never_100),
    "chatty": (_same, _chatty),
}
"""What each does to what the client sends, and to what the server does."""
BREAKS = {
    "body-for-head": ("framing.head",),
    "length-for-204": ("framing.no-content",),
    "chunked-for-1.0": ("framing.version-1.0",),
    "two-framings": ("http.start.transfer-encoding",),
    "one-request": ("framing.kept",),
    "reversed": ("framing.pipelined",),
    "never-closes": ("framing.close",),
    "no-length": ("body.unread", "body.length"),
    "no-close-frame": ("closing.answered",),
    "never-100": ("body.expect-continue",),
    "chatty": ("invalid.after-end",),
}
"""The checks that each makes fail."""


def server(how: str) -> Server:
    """The server that does it."""
    command = f"{{python}} -m tests.conformance.proxy {how} {{app}} {{port}}"
    return Server(name=how, command=command)


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Change, first: list[bytes]
) -> None:
    try:
        while data := await reader.read(1 << 16):
            first.append(data)
            changed = change(data, first[0])
            if changed is None:
                break
            writer.write(changed)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def _serve(how: str, app: str, port: int) -> None:
    up, down = HOWS[how]
    behind = port + 1
    process = subprocess.Popen(  # noqa: ASYNC220  # nothing else runs yet
        SERVERS["uvicorn-h11"].line(app, behind)
    )

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", behind)
        except OSError:
            writer.close()
            return
        first: list[bytes] = []
        await asyncio.gather(
            _pump(reader, server_writer, up, first), _pump(server_reader, writer, down, first)
        )

    while process.poll() is None and not listens(behind):  # noqa: ASYNC110  # a process has no event
        await asyncio.sleep(0.05)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    try:
        async with await asyncio.start_server(connected, "127.0.0.1", port):
            await stopped.wait()
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
