"""The clients of the soak: unique paths, large bodies of unique content, one long WebSocket."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from time import monotonic

from websockets.asyncio.client import connect

BODY_BYTES = 200_000


class Connection:
    """One keep-alive HTTP/1.1 connection, with no more than the soak needs."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Send one request, and give the body of the response."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nhost: soak\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        length = next(line for line in lines if line.startswith(b"content-length:"))
        return await reader.readexactly(int(length.partition(b":")[2]))

    def close(self) -> None:
        """Leave."""
        if self._streams is not None:
            self._streams[1].close()


async def drive(port: int, seconds: float, texts: int) -> Counter[str]:
    """Keep the server busy for *seconds* and until *texts* were echoed; what was done."""
    done: Counter[str] = Counter()
    until = monotonic() + seconds
    small = (_requests(port, until, done, "small", 0) for _ in range(4))
    large = (_requests(port, until, done, "large", BODY_BYTES) for _ in range(2))
    await asyncio.gather(*small, *large, _websocket(port, texts, done))
    return done


async def _requests(port: int, until: float, done: Counter[str], name: str, size: int) -> None:
    connection = Connection(port)
    try:
        while monotonic() < until:
            path = f"/{name}/{os.urandom(16).hex()}"
            await connection.request(
                "POST" if size else "GET", path, os.urandom(size // 2).hex().encode()
            )
            done[name] += 1
    finally:
        connection.close()


async def _websocket(port: int, texts: int, done: Counter[str]) -> None:
    async with connect(f"ws://127.0.0.1:{port}/echo", compression=None) as websocket:
        window = asyncio.Semaphore(64)  # so that messages in transit stay few

        async def send() -> None:
            for number in range(texts):
                await window.acquire()
                await websocket.send(f"message {number} {os.urandom(16).hex()}")

        sender = asyncio.create_task(send())
        for _ in range(texts):
            await websocket.recv()
            window.release()
            done["texts"] += 1
        await sender
    done["websockets"] += 1
