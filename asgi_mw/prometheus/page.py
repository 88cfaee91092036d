"""The page that Prometheus scrapes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
import prometheus_client as prometheus
from prometheus_client.exposition import choose_encoder

from asgi_mw.chains import why_no_app
from asgi_mw.errors import Problems
from asgi_mw.headers import find_all, listed
from asgi_mw.layers import Layer
from asgi_mw.paths import path_within
from asgi_mw.prometheus.processes import folder, several, shown_for
from asgi_mw.wrapped import Wrapped, bare

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send


def metrics_app(
    app: App | None = None,
    *,
    path: str = "/metrics",
    registry: prometheus.CollectorRegistry | None = None,
) -> App:
    """An ASGI app that shows the metrics of *registry*.

    Clients that accept OpenMetrics, as Prometheus does, get that, with exemplars; all others get
    the older text format.  If ``PROMETHEUS_MULTIPROC_DIR`` was set before ``prometheus_client``
    was imported, the page shows the values of all processes and all registries: the files there
    do not name the registry.  ``prometheus_client`` then keeps no exemplars.

    Without *app* it answers at any path: mount it, or serve it alone on another port.  Put
    around an app, it answers at *path* and hands everything else on.  The page has no secrets,
    but it shows your routes: keep it from the public.

    Args:
        app: The app to put it around.
        path: Where the page is, if it is put around an app.
        registry: One of ``prometheus_client``; its global one if you give none.

    Raises:
        ConfigError: *app* is no app, *path* no path, or ``PROMETHEUS_MULTIPROC_DIR`` no folder.
    """
    problems = Problems("metrics_app")
    if app is not None and (reason := why_no_app(app)):
        problems.add("app", app, reason, "write metrics_app(app, ...) or metrics_app()")
    if not isinstance(path, str) or not path.startswith("/"):
        problems.add("path", path, "is no path", "write path='/metrics'")
    if several() and not Path(folder()).is_dir():
        mend = "make it, empty, before the server starts"
        problems.add("PROMETHEUS_MULTIPROC_DIR", folder(), "is no folder", mend)
    problems.check()
    shown = prometheus.REGISTRY if registry is None else registry

    def encoded(accept: str) -> tuple[str, bytes]:
        encode, content_type = choose_encoder(accept)
        return content_type, encode(shown_for(shown))

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (app is None or path_within(scope) == path):
            if scope["method"] not in {"GET", "HEAD"}:
                # RFC 9110, section 15.5.6: a 405 names what is allowed
                headers = [(b"allow", b"GET, HEAD"), (b"content-length", b"0")]
                await send({"type": "http.response.start", "status": 405, "headers": headers})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            accept = b",".join(find_all(listed(scope["headers"]), b"accept")).decode("latin-1")
            # A page of thousands of series takes milliseconds
            content_type, body = await anyio.to_thread.run_sync(encoded, accept)
            headers = [
                (b"content-type", content_type.encode()),
                (b"content-length", b"%d" % len(body)),
                (b"vary", b"accept"),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            body = b"" if scope["method"] == "HEAD" else body
            await send({"type": "http.response.body", "body": body, "more_body": False})
        elif app is not None:
            await app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})

    if app is not None:  # it is a layer then; otherwise an app, which any layer may wrap
        options = {"path": path} | ({} if registry is None else {"registry": registry})
        vars(page).update(__wrapped__=app, __layer__=Layer(metrics_app, options))
        return Wrapped(page, bare(app)[1])
    return page
