"""Connection scopes as uvicorn makes them, each key of which can be changed or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from asgi_mw.testing.headers import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.testing.headers import Headers

_BROWSER = {"host": "127.0.0.1:8000", "accept": "*/*", "user-agent": "asgi-mw-testing"}
_HANDSHAKE = {
    "host": "127.0.0.1:8000",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}


def http_scope(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers | None = None,
    spec_version: str | None = "2.3",
    omit: Iterable[str] = (),
    **keys: Any,
) -> dict[str, Any]:
    """Make the scope of an HTTP request.

    Args:
        method: As it stands in the scope.
        target: Path and query as they stand in the request line: ``"/caf%C3%A9?x=1"`` gives
            ``path="/café"``, ``raw_path=b"/caf%C3%A9"`` and ``query_string=b"x=1"``.
        headers: All of the headers: a mapping or pairs of ``str`` are encoded, anything else is
            handed on as the object it is.  ``None`` stands for what a plain client sends.
        spec_version: Of ``scope["asgi"]``; ``None`` leaves the key out.
        omit: Keys to leave out, as ``("client", "root_path", "asgi")``.
        keys: Any other key of the scope, in place of its default.

    >>> scope = http_scope("POST", "/a?b=1", headers={"Host": "x"}, omit=["client"], scheme="https")
    >>> scope["path"], scope["query_string"], scope["headers"], "client" in scope, scope["scheme"]
    ('/a', b'b=1', [(b'host', b'x')], False, 'https')
    """
    scope = {
        "type": "http",
        "asgi": _asgi(spec_version),
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": method,
        "root_path": "",
        **_target(target),
        "headers": encoded(_BROWSER if headers is None else headers),
        "state": {},
    }
    return _finished(scope, keys, omit)


def websocket_scope(
    target: str = "/",
    *,
    headers: Headers | None = None,
    subprotocols: Iterable[str] = (),
    spec_version: str | None = "2.4",
    omit: Iterable[str] = (),
    **keys: Any,
) -> dict[str, Any]:
    """Make the scope of a WebSocket connection.

    Args:
        target: Path and query, as for `http_scope`.
        headers: All of the headers, as for `http_scope`.
        subprotocols: Those that the client offers; they are not added to *headers*.
        spec_version: Of ``scope["asgi"]``; ``None`` leaves the key out.
        omit: Keys to leave out.
        keys: Any other key of the scope, in place of its default.

    >>> scope = websocket_scope("/ws", subprotocols=["chat"])
    >>> scope["scheme"], scope["subprotocols"], list(scope["extensions"])
    ('ws', ['chat'], ['websocket.http.response'])
    """
    scope = {
        "type": "websocket",
        "asgi": _asgi(spec_version),
        "http_version": "1.1",
        "scheme": "ws",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
        **_target(target),
        "headers": encoded(_HANDSHAKE if headers is None else headers),
        "subprotocols": list(subprotocols),
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
    return _finished(scope, keys, omit)


def lifespan_scope(
    *, spec_version: str | None = "2.0", omit: Iterable[str] = (), **keys: Any
) -> dict[str, Any]:
    """Make the scope of the lifespan.

    Args:
        spec_version: Of ``scope["asgi"]``; ``None`` leaves the key out.
        omit: Keys to leave out, as ``("state",)``.
        keys: Any other key of the scope, in place of its default.

    >>> lifespan_scope(omit=["state"])
    {'type': 'lifespan', 'asgi': {'version': '3.0', 'spec_version': '2.0'}}
    """
    return _finished({"type": "lifespan", "asgi": _asgi(spec_version), "state": {}}, keys, omit)


def _asgi(spec_version: str | None) -> dict[str, str]:
    return {"version": "3.0"} | ({} if spec_version is None else {"spec_version": spec_version})


def _target(target: str) -> dict[str, Any]:
    path, _, query = target.partition("?")
    raw_path = quote(path, safe="/%:@!$&'()*+,;=")
    return {
        "path": unquote(raw_path),
        "raw_path": raw_path.encode("ascii"),
        "query_string": quote(query, safe="/%:@!$&'()*+,;=?[]").encode("ascii"),
    }


def _finished(scope: dict[str, Any], keys: dict[str, Any], omit: Iterable[str]) -> dict[str, Any]:
    left_out = set(omit)
    return {key: value for key, value in (scope | keys).items() if key not in left_out}
