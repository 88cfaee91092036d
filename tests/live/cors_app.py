"""The app that the real servers serve: below each prefix another policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw import cors, server_error

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

SHOP = "https://shop.example.org"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the status that the path ends with; echo nothing."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
        return
    last = scope["path"].rpartition("/")[2]
    if last == "raises":
        raise RuntimeError("the handler failed")
    status = int(last)
    body = b"" if status in {204, 304} else b"answered"
    headers = [(b"vary", b"Accept, Cookie"), (b"etag", b'"1"')]
    if status == 203:  # an app that says it depends on everything
        headers = [(b"vary", b"*")]
    if body:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_shop(origin: str, scope: Scope) -> bool:
    return origin == SHOP


POLICIES: dict[str, dict[str, Any]] = {
    "any": {"allow_origins": ["*"]},
    "listed": {"allow_origins": [SHOP], "allow_methods": ["PUT"], "allow_headers": ["x-a", "x-b"]},
    "keyed": {"allow_origins": [SHOP], "allow_credentials": True, "allow_headers": ["*"]},
    "strict": {"allow_origins": [SHOP], "websocket": "strict"},
    "patterns": {"allow_origins": ["https://*.example.org", "https://example.net:*"]},
    # What exponential work in a pattern looks like; only its length bound saves the loop
    "regex": {"allow_origin_regex": r"https://([a-z0-9-]+)+\.example\.org"},
    "predicate": {"allow_origin_predicate": _is_shop},
    "joined": {"allow_origins": ["https://foo.com", "https://bar.com"]},
}
_APPS: dict[str, App] = {
    name: cors(server_error(answer), **policy) for name, policy in POLICIES.items()
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the connection to the app under the policy that its path begins with."""
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
        return
    await _APPS[scope["path"].split("/")[1]](scope, receive, send)
