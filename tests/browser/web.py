"""A small web for tests: apps by host name, all of them served by one real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

    from asgi_mw.types import App, Receive, Scope, Send


class Web:
    """Hands each connection to the app of its host; other hosts answer with an empty page.

    The browser resolves every name below ``.test`` to this server, whatever the port of the URL
    is: ``http://shop.test`` and ``http://shop.test:8080`` are two origins, and both are here.
    """

    def __init__(self) -> None:
        self.port = 0
        self.apps: dict[str, App] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        host = dict(scope["headers"])[b"host"].decode().partition(":")[0]
        await self.apps.get(host, empty_page)(scope, receive, send)


async def empty_page(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a page that has nothing but an origin."""
    body = b"<!doctype html><title>page</title>"
    headers = [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def sandboxed(page: Page) -> Frame:
    """Add a sandboxed frame to *page*: whatever is done in it has the origin ``null``."""
    page.evaluate("""() => new Promise(loaded => {
        const frame = document.createElement("iframe");
        frame.sandbox = "allow-scripts";
        frame.onload = () => loaded();
        frame.src = "/sandboxed";
        document.body.append(frame);
    })""")
    return page.frames[-1]
