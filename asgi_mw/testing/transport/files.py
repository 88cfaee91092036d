"""Files that an app hands to its server instead of their bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from asgi_mw.types import Message

FILES = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
_SIZE = 65_536


async def pieces(message: Message) -> AsyncGenerator[Message]:
    """Read the file of *message*, as body messages.

    In `the extensions`_, ``http.response.pathsend`` names a whole file by its path, and
    ``http.response.zerocopysend`` a part of a file that is open.

    .. _the extensions: https://asgi.readthedocs.io/en/latest/extensions.html
    """
    more = message.get("more_body", False)
    if message["type"] == "http.response.pathsend":
        async with await anyio.open_file(message["path"], "rb") as file:
            while data := await file.read(_SIZE):
                yield _body(data, more=True)
        yield _body(b"", more=False)
        return
    file, offset, count = message["file"], message.get("offset"), message.get("count")
    handle = file if isinstance(file, int) else file.fileno()
    if offset is not None:
        os.lseek(handle, offset, os.SEEK_SET)
    while count is None or count > 0:
        data = await to_thread.run_sync(os.read, handle, _SIZE if count is None else count)
        if not data:
            break
        count = None if count is None else count - len(data)
        yield _body(data, more=True)
    yield _body(b"", more=more)


def _body(data: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}
