"""The scopes of a transport's requests: those of a server, with the keys that the test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from asgi_mw.testing.scopes import http_scope, lifespan_scope, websocket_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.testing.behaviour import Behaviour
    from asgi_mw.types import Scope

_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_WEBSOCKET = {"http": "ws", "https": "wss"}


class Scopes:
    """Makes the scope of each request from a template.

    Args:
        behaviour: The server whose scopes they look like.
        keys: The keys that the test sets, which outrank the server's; ``None`` sets nothing.
        extensions: More extensions than the server has.
    """

    def __init__(
        self, behaviour: Behaviour, keys: Mapping[str, Any], extensions: Mapping[str, Any]
    ) -> None:
        own = {key: value for key, value in keys.items() if value is not None}
        self._extensions = dict(extensions)
        self._http, self._http_omit = self._template(http_scope, behaviour.http, own)
        self._websocket, self._websocket_omit = self._template(
            websocket_scope, behaviour.websocket, own
        )
        self._server = {
            "http": behaviour.http.get("server"),
            "websocket": behaviour.websocket.get("server"),
        }
        self._lifespan = behaviour.lifespan

    def _template(
        self, make: Any, theirs: Mapping[str, Any], own: Mapping[str, Any]
    ) -> tuple[Scope, tuple[str, ...]]:
        joined = {**theirs, **own}
        omit = set(joined.pop("omit", ())) - own.keys()
        template = make(**joined)
        if self._extensions:
            template["extensions"] = {**template.get("extensions", {}), **self._extensions}
            omit.discard("extensions")
        return template, tuple(omit)

    def lifespan(self) -> Scope:
        """The scope of the lifespan, with a new state."""
        return lifespan_scope(**self._lifespan)

    def of(self, request: Any, state: Mapping[str, Any]) -> Scope:
        """The scope of *request*, which is a WebSocket's handshake if it asks for the upgrade."""
        url = request.url
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        scheme = url.scheme
        kind: Literal["http", "websocket"] = "http"
        if scheme in ("ws", "wss") or _upgrades(headers):
            kind = "websocket"
        raw_path, _, query = url.raw_path.partition(b"?")
        template = self._http if kind == "http" else self._websocket
        scope: Scope = {
            **template,
            "asgi": {**template["asgi"]},
            "scheme": scheme if kind == "http" else _WEBSOCKET.get(scheme, scheme),
            "server": self._server[kind] or (url.host, url.port or _PORTS.get(scheme)),
            "path": url.path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": headers,
            "state": {**state},
        }
        if "extensions" in template:
            scope["extensions"] = {**template["extensions"]}
        if kind == "http":
            scope["method"] = request.method
        else:
            offered = request.headers.get("sec-websocket-protocol", "")
            scope["subprotocols"] = [one.strip() for one in offered.split(",") if one.strip()]
        for key in self._http_omit if kind == "http" else self._websocket_omit:
            scope.pop(key, None)
        return scope


def _upgrades(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"upgrade" and value.lower() == b"websocket" for name, value in headers)
