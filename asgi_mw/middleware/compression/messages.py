"""Turn one message of a response into what is to be held or sent in its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from asgi_mw.middleware.compression.stream import SLICE

if TYPE_CHECKING:
    from asgi_mw.types import Message, Send

START = "http.response.start"
BODY = "http.response.body"
_PATH = "http.response.pathsend"
# Files that the server reads itself.  A tuple compares with ==, which types that are enums need
FILES = (_PATH, "http.response.zerocopysend")


def own(message: Message) -> Message:
    """A copy for later: when ``send`` has returned, the app may reuse what it sent.

    >>> links = [b"</a.css>; rel=preload"]
    >>> own({"type": "http.response.early_hint", "links": links})["links"] is links
    False
    """
    return {key: [*value] if value.__class__ is list else value for key, value in message.items()}


async def open_ended(send: Send, message: Message) -> None:
    """Send a *message* of an answer to HEAD whose GET would be compressed.

    Servers drop the body, but some compute a ``Content-Length`` from a body that comes at once,
    which would not be that of GET (RFC 9110 8.6).
    """
    if message.get("type") == BODY and message.get("body") and not message.get("more_body"):
        await send({**message, "more_body": True})
        message = {**message, "body": b"", "more_body": False}
    await send(message)


def part_of(message: Message, done: int) -> bytes:
    """What follows the first *done* bytes of the file in *message*; nothing where it ends.

    As its extension says, an open file is read from ``offset``, or from where its descriptor
    stands, and up to ``count`` bytes, or to its end.  Two responses may read one file at once,
    each by its own offset.
    """
    if message["type"] == _PATH:
        with Path(message["path"]).open("rb", buffering=0) as file:
            return os.pread(file.fileno(), SLICE, done)
    descriptor, offset, count = (
        message["file"].fileno(),
        message.get("offset"),
        message.get("count"),
    )
    size = SLICE if count is None else min(count - done, SLICE)
    return (
        os.read(descriptor, size) if offset is None else os.pread(descriptor, size, offset + done)
    )
