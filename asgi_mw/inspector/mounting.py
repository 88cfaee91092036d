"""Put the page into an app, and record what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.inspector.site import site
from asgi_mw.recorder.layer import record
from asgi_mw.recorder.open import open_store
from asgi_mw.recorder.store import Store

if TYPE_CHECKING:
    from os import PathLike

    from asgi_mw.types import App, Receive, Scope, Send


def inspect(
    app: App, *, path: str = "/__asgi__", store: Store | str | PathLike[str] | None = None
) -> App:
    """Record *app*, and show what it does on a page below *path*."""
    kept = store if isinstance(store, Store) else open_store(store or "memory:")
    recorded = record(app, store=kept)
    page = site(kept, path)

    async def inspected(scope: Scope, receive: Receive, send: Send) -> None:
        called = scope.get("path", "")
        ours = scope["type"] == "http" and (called == path or called.startswith(path + "/"))
        await (page if ours else recorded)(scope, receive, send)

    return inspected
