"""Send requests to a page that is mounted in an app, as a browser on this machine does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from asgi_mw.inspector.mounting import mounted
from asgi_mw.inspector.site import site_of
from asgi_mw.recorder import open_store, record
from asgi_mw.testing import request

if TYPE_CHECKING:
    from asgi_mw.inspector.site import Site
    from asgi_mw.inspector.source import Source
    from asgi_mw.recorder import Store
    from asgi_mw.testing import Result
    from asgi_mw.types import App, Receive, Scope, Send

HOST = "127.0.0.1:8000"
PATH = "/__asgi__"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what was sent; fail on ``/crash``."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["path"] == "/crash":
        raise ValueError("on purpose")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]})
    await send({"type": "http.response.body", "body": body or b"hello"})


class Opened:
    """An app with a page.

    Args:
        app: The app.
        store: Where it is recorded.
        resends: Whether the page has the app, so that it can send requests again.
    """

    def __init__(
        self, app: App = echo, store: Store | None = None, *, resends: bool = True
    ) -> None:
        self.store = store or open_store("memory:")
        self.recorded = record(app, store=self.store)
        self.site: Site = site_of("test", self.store, app=self.recorded if resends else None)
        self.app = mounted(self.recorded, self.site, PATH, announce=False)

    @property
    def source(self) -> Source:
        """What the page reads."""
        return self.site.source

    @property
    def cookie(self) -> str:
        """The cookie that the browser has."""
        return f"asgi-mw-8000={self.site.guard.token.value()}"

    async def get(self, below: str, *, entered: bool = True, **headers: str) -> Result:
        """The answer of the page to a GET."""
        given = {"host": HOST, **({"cookie": self.cookie} if entered else {}), **headers}
        return await request(self.app, "GET", PATH + below, headers=given)

    async def json(self, below: str) -> Any:
        """The object that it answers."""
        answered = await self.get(below)
        assert answered.header("content-type") == b"application/json"
        return json.loads(answered.body)

    async def post(self, below: str, given: object, *, entered: bool = True) -> tuple[int, Any]:
        """The status and the object that it answers to a POST."""
        headers = {"host": HOST, "x-asgi-mw": "1", "content-type": "application/json"}
        headers |= {"cookie": self.cookie} if entered else {}
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        answered = await request(self.app, "POST", PATH + below, headers=headers, body=body)
        assert answered.status is not None
        return answered.status, json.loads(answered.body)

    async def visit(self, method: str = "GET", target: str = "/", **options: Any) -> str:
        """Send a request to the app; return the id of its exchange."""
        await request(self.app, method, target, **options)
        return next(iter(self.store.exchanges())).id
