"""See at once that a scope or a message is plainly right, as most are.

When in doubt, nothing is decided here, and the rules are applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

# Clients choose the names of headers: at most so many are remembered
_MOST_NAMES, _LONGEST_NAME = 1024, 64
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_VERSIONS = frozenset({"1.1", "2"})
_SCHEMES = frozenset({"http", "https", "ws", "wss"})

_names: set[bytes] = set()


def is_sound_scope(scope: Any) -> bool:
    """Whether *scope* is plainly right: one of HTTP or WebSocket in which nothing is missing."""
    try:
        if scope.__class__ is not dict or scope["headers"].__class__ is not list:
            return False
        for pair in scope["headers"]:
            if pair.__class__ is not tuple:
                return False
            name, value = pair
            if name not in _names or not (name.__class__ is bytes is value.__class__):
                return False
        state = scope.get("state")
        if state is not None:
            if state.__class__ is not dict:
                return False
            for name in state:
                if name.__class__ is not str:
                    return False
        client, server = scope["client"], scope["server"]
        if client.__class__ is not tuple or server.__class__ is not tuple:
            return False
        host, port = client
        own, listens = server
        raw_path = scope["raw_path"]
        asgi = scope["asgi"]
        kind = scope["type"]
        return (
            (
                scope["method"] in _METHODS
                if kind == "http"
                else kind == "websocket" and scope["subprotocols"] in ([], ())
            )
            and scope["path"].__class__ is str
            and raw_path.__class__ is bytes
            and b"?" not in raw_path
            and scope["query_string"].__class__ is bytes
            and scope["root_path"].__class__ is str
            and scope["http_version"] in _VERSIONS
            and scope["scheme"] in _SCHEMES
            and host.__class__ is str is own.__class__
            and port.__class__ is int is listens.__class__
            and asgi.__class__ is dict
            and asgi["version"].__class__ is str
            and asgi["spec_version"].__class__ is str
            and ((offered := scope.get("extensions")) is None or offered == {})
        )
    except Exception:  # noqa: BLE001  # the rules will say what is odd
        return False


def note_names(headers: Any) -> None:
    """Remember the names of *headers* that are right, to recognise them later."""
    if headers.__class__ is not list:
        return
    for pair in headers:
        if pair.__class__ is not tuple or len(pair) != 2 or len(_names) >= _MOST_NAMES:
            continue
        name = pair[0]
        if (
            isinstance(name, bytes)
            and len(name) <= _LONGEST_NAME
            and name == name.lower()
            and name[:1] != b":"
        ):
            _names.add(bytes(name))


def known(state: Hashable, message: Any) -> str | None:
    """The state after *message* in *state*, if it is plainly right; ``None`` otherwise."""
    try:
        if message.__class__ is not dict:
            return None
        return _LOOKS[state][message["type"]](message)
    except Exception:  # noqa: BLE001  # no quick check, or the rules will say what is odd
        return None


def _start(message: dict[str, Any]) -> str | None:
    status = message["status"]
    if status.__class__ is not int or not 100 <= status < 600 or len(message) != 3:
        return None
    headers = message["headers"]
    if headers.__class__ is not list:
        return None
    for pair in headers:
        if pair.__class__ is not tuple:
            return None
        name, value = pair
        if name not in _names or not (name.__class__ is bytes is value.__class__):
            return None
    return "started"


def _body(message: dict[str, Any]) -> str | None:
    if message["body"].__class__ is not bytes:
        return None
    if len(message) == 2:
        return "done"
    more = message["more_body"]
    if more.__class__ is not bool or len(message) != 3:
        return None
    return "streaming" if more else "done"


def _request(message: dict[str, Any]) -> str | None:
    after = _body(message)
    return after and ("asking" if after == "streaming" else "asked")


def _data(after: str) -> Callable[[dict[str, Any]], str | None]:
    def look(message: dict[str, Any]) -> str | None:
        if len(message) != 2:
            return None
        text = message.get("text")
        if text.__class__ is str:
            return after
        return after if text is None and message["bytes"].__class__ is bytes else None

    return look


# By the state (of both sides for a message that is received), and by the type
_LOOKS: dict[Hashable, dict[str, Callable[[dict[str, Any]], str | None]]] = {
    "waiting": {"http.response.start": _start},
    "started": {"http.response.body": _body},
    "streaming": {"http.response.body": _body},
    ("asking", "waiting"): {"http.request": _request},
    "open": {"websocket.send": _data("open")},
    ("connected", "open"): {"websocket.receive": _data("connected")},
}
