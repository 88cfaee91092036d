"""One small app of each framework, which answers the same paths; imported only by a server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

# A client that leaves is gone long before such a stream is over
_PARTS, _PAUSE = 60, 0.05  # seconds
_SIZE = 20_000


async def parts() -> AsyncIterator[bytes]:
    """The body of a short stream."""
    for number in range(3):
        yield b"part %d\n" % number


async def long() -> AsyncIterator[bytes]:
    """The body of one whose client leaves in the middle."""
    for _ in range(_PARTS):
        yield b"." * _SIZE
        await asyncio.sleep(_PAUSE)


async def half() -> AsyncIterator[bytes]:
    """The body of one in which something goes wrong."""
    yield b"part 0\n"
    raise RuntimeError("on purpose")


async def watching(is_disconnected: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
    """The body of one that ends when its client has left, as it asks itself."""
    async for part in long():
        if await is_disconnected():
            return
        yield part
