"""A request body that is streamed: read from the client's iterator as the app asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from anyio.abc import TaskGroup

    from asgi_mw.testing.transport.serving import Serving


class Upload:
    """Reads the iterator in a task of its own.

    An app may cancel its ``receive`` and call it again; an iterator that is cancelled is lost.

    Args:
        chunks: What the client sends.
        serving: The connection.
        tasks: Where the task lives.
    """

    def __init__(self, chunks: AsyncIterable[bytes], serving: Serving, tasks: TaskGroup) -> None:
        self._chunks = chunks
        self._serving = serving
        self._tasks = tasks
        self._begun = False
        self._reading = anyio.CancelScope()

    def wanted(self) -> None:
        """Start to read: the app waits for a part of the body."""
        if not self._begun:
            self._begun = True
            self._tasks.start_soon(self._read)

    def stop(self) -> None:
        """Stop reading: the connection is over."""
        self._reading.cancel()

    async def _read(self) -> None:
        serving = self._serving
        chunks: Any = self._chunks.__aiter__()
        with self._reading:
            try:
                async for chunk in chunks:
                    self._give(chunk, more=True)
                    while serving.inbox or not serving.receiving:
                        await serving.changed()
                self._give(b"", more=False)
            except Exception as error:  # noqa: BLE001  # the client raises it
                serving.fail(error)
            finally:
                if hasattr(chunks, "aclose"):
                    with anyio.CancelScope(shield=True):
                        await chunks.aclose()

    def _give(self, chunk: bytes, *, more: bool) -> None:
        self._serving.inbox.append({"type": "http.request", "body": chunk, "more_body": more})
        self._serving.notify()
