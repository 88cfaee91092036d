"""What scopes and messages hold, key by key, as the specification lists it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from asgi_mw.spec.kinds import (
    BYTES,
    BYTES_OR_NONE,
    CLIENT,
    FILE,
    FLAG,
    KEYED,
    OBJECTS,
    OCTETS,
    PAIRS,
    SERVER,
    STATE,
    TEXT,
    TEXT_OR_NONE,
    TEXTS,
    WHOLE,
    WHOLE_OR_NONE,
)

if TYPE_CHECKING:
    from asgi_mw.spec.kinds import (
        Kind,
    )


class Key(NamedTuple):
    """One key of a scope or a message.

    Attributes:
        kind: What its value is.
        required: It has to be there.
        since: The version of the specification that added it; empty if it was the first.
    """

    kind: Kind
    required: bool = False
    since: tuple[int, ...] = ()


class Event(NamedTuple):
    """One type of message.

    Attributes:
        keys: What it holds besides its type.
        source: Where the specification describes it.
        extension: The extension that it belongs to; empty for the core.
        example: Python of a message that is right.
    """

    keys: dict[str, Key]
    source: str
    example: str
    extension: str = ""


_BOTH: Final = {
    "path": Key(TEXT, required=True),
    "raw_path": Key(BYTES_OR_NONE),
    "root_path": Key(TEXT),
    "headers": Key(PAIRS, required=True),
    "client": Key(CLIENT),
    "server": Key(SERVER),
    "scheme": Key(TEXT),
    "state": Key(STATE),
    "extensions": Key(OBJECTS),
}

SCOPES: Final[dict[str, dict[str, Key]]] = {
    "http": {
        "http_version": Key(TEXT, required=True),
        "method": Key(TEXT, required=True),
        "query_string": Key(BYTES, required=True),
        **_BOTH,
    },
    "websocket": {
        "http_version": Key(TEXT),
        "query_string": Key(BYTES_OR_NONE),
        "subprotocols": Key(TEXTS),
        **_BOTH,
    },
    "lifespan": {"state": Key(STATE), "extensions": Key(OBJECTS)},
}
"""The keys of each scope beside ``type`` and ``asgi``."""

SCOPE_SOURCES: Final = {
    "http": "www#http-connection-scope",
    "websocket": "www#websocket-connection-scope",
    "lifespan": "lifespan#scope",
}

TLS: Final = {
    "server_cert": Key(TEXT_OR_NONE, required=True),
    "client_cert_chain": Key(TEXTS),
    "client_cert_name": Key(TEXT_OR_NONE),
    "client_cert_error": Key(TEXT_OR_NONE),
    "tls_version": Key(WHOLE_OR_NONE, required=True),
    "cipher_suite": Key(WHOLE_OR_NONE, required=True),
}
"""The keys of the extension ``tls``."""

RECEIVED: Final[dict[str, Event]] = {
    "http.request": Event(
        {"body": Key(BYTES), "more_body": Key(FLAG)},
        "www#request-receive-event",
        '{"type": "http.request", "body": b""}',
    ),
    "http.disconnect": Event({}, "www#disconnect-receive-event", '{"type": "http.disconnect"}'),
    "websocket.connect": Event({}, "www#connect-receive-event", '{"type": "websocket.connect"}'),
    "websocket.receive": Event(
        {"bytes": Key(BYTES_OR_NONE), "text": Key(TEXT_OR_NONE)},
        "www#receive-receive-event",
        '{"type": "websocket.receive", "text": "hi"}',
    ),
    "websocket.disconnect": Event(
        {"code": Key(WHOLE, required=True), "reason": Key(TEXT_OR_NONE)},
        "www#disconnect-receive-event-ws",
        '{"type": "websocket.disconnect", "code": 1000}',
    ),
    "lifespan.startup": Event({}, "lifespan#startup-receive-event", '{"type": "lifespan.startup"}'),
    "lifespan.shutdown": Event(
        {}, "lifespan#shutdown-receive-event", '{"type": "lifespan.shutdown"}'
    ),
}
"""What a server gives to an app."""

_START: Final = {
    "status": Key(WHOLE, required=True),
    "headers": Key(PAIRS),
    "trailers": Key(FLAG),
}
_BODY: Final = {"body": Key(BYTES), "more_body": Key(FLAG)}
_FAILED: Final = {"message": Key(TEXT)}

SENT: Final[dict[str, Event]] = {
    "http.response.start": Event(
        _START, "www#response-start-send-event", '{"type": "http.response.start", "status": 200}'
    ),
    "http.response.body": Event(
        _BODY, "www#response-body-send-event", '{"type": "http.response.body", "body": b"hi"}'
    ),
    "http.response.push": Event(
        {"path": Key(TEXT, required=True), "headers": Key(PAIRS, required=True)},
        "extensions#http-2-server-push",
        '{"type": "http.response.push", "path": "/style.css", "headers": []}',
        "http.response.push",
    ),
    "http.response.zerocopysend": Event(
        {
            "file": Key(FILE, required=True),
            "offset": Key(WHOLE),
            "count": Key(WHOLE),
            "more_body": Key(FLAG),
        },
        "extensions#zero-copy-send",
        '{"type": "http.response.zerocopysend", "file": file}',
        "http.response.zerocopysend",
    ),
    "http.response.pathsend": Event(
        {"path": Key(TEXT, required=True)},
        "extensions#path-send",
        '{"type": "http.response.pathsend", "path": "/etc/hosts"}',
        "http.response.pathsend",
    ),
    "http.response.early_hint": Event(
        {"links": Key(OCTETS, required=True)},
        "extensions#early-hints",
        '{"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]}',
        "http.response.early_hint",
    ),
    "http.response.trailers": Event(
        {"headers": Key(PAIRS, required=True), "more_trailers": Key(FLAG)},
        "extensions#http-trailers",
        '{"type": "http.response.trailers", "headers": []}',
        "http.response.trailers",
    ),
    "http.response.debug": Event(
        {"info": Key(KEYED, required=True)},
        "extensions#debug",
        '{"type": "http.response.debug", "info": {}}',
        "http.response.debug",
    ),
    "websocket.accept": Event(
        {"subprotocol": Key(TEXT_OR_NONE), "headers": Key(PAIRS, since=(2, 1))},
        "www#accept-send-event",
        '{"type": "websocket.accept"}',
    ),
    "websocket.send": Event(
        {"bytes": Key(BYTES_OR_NONE), "text": Key(TEXT_OR_NONE)},
        "www#send-send-event",
        '{"type": "websocket.send", "text": "hi"}',
    ),
    "websocket.close": Event(
        {"code": Key(WHOLE), "reason": Key(TEXT_OR_NONE, since=(2, 3))},
        "www#close-send-event",
        '{"type": "websocket.close"}',
    ),
    "websocket.http.response.start": Event(
        {name: key for name, key in _START.items() if name != "trailers"},
        "extensions#websocket-denial-response",
        '{"type": "websocket.http.response.start", "status": 401}',
        "websocket.http.response",
    ),
    "websocket.http.response.body": Event(
        _BODY,
        "extensions#websocket-denial-response",
        '{"type": "websocket.http.response.body", "body": b"no"}',
        "websocket.http.response",
    ),
    "lifespan.startup.complete": Event(
        {}, "lifespan#startup-complete-send-event", '{"type": "lifespan.startup.complete"}'
    ),
    "lifespan.startup.failed": Event(
        _FAILED, "lifespan#startup-failed-send-event", '{"type": "lifespan.startup.failed"}'
    ),
    "lifespan.shutdown.complete": Event(
        {}, "lifespan#shutdown-complete-send-event", '{"type": "lifespan.shutdown.complete"}'
    ),
    "lifespan.shutdown.failed": Event(
        _FAILED, "lifespan#shutdown-failed-send-event", '{"type": "lifespan.shutdown.failed"}'
    ),
}
"""What an app sends to a server."""

EXTENSIONS: Final = frozenset({one.extension for one in SENT.values() if one.extension} | {"tls"})
"""The extensions that the specification describes."""
