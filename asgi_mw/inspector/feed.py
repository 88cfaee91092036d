"""Send a page what happens, as Server-Sent Events, for as long as it is open."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from anyio import create_task_group

if TYPE_CHECKING:
    from anyio import CancelScope

    from asgi_mw.inspector.hub import Hub, Page
    from asgi_mw.inspector.replies import Reply
    from asgi_mw.types import Receive

# After how many ms a browser connects again when the server went away
_AGAIN = b"retry: 1000\n\n"


async def feed(receive: Receive, reply: Reply, hub: Hub, page: Page) -> None:
    """Send what *hub* has for *page*, until the client leaves or the app shuts down."""
    if hub.is_full:
        await reply.refuse(503, "too many pages are open: close some")
        return
    with hub.opened(page):
        async with create_task_group() as tasks:
            tasks.start_soon(_until_left, receive, tasks.cancel_scope)
            tasks.start_soon(hub.lead)
            with suppress(Exception):  # the client left, which each server says in its own way
                await _send_all(page, reply)
            tasks.cancel_scope.cancel()


async def _send_all(page: Page, reply: Reply) -> None:
    # Begin only after the first turn: whoever then lists the exchanges misses none
    taken = await page.take()
    await reply.begin("text/event-stream")
    await reply.go_on(_AGAIN)
    while taken:
        await reply.go_on(taken)
        taken = await page.take()
    await reply.go_on(b"")


async def _until_left(receive: Receive, scope: CancelScope) -> None:
    """Cancel *scope* once the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
