"""Hypothesis strategies for apps and servers, including odd ones that the specification allows."""

from __future__ import annotations

import gzip
import io
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from asgi_mw.testing.headers import HEADER_KINDS
from tests.properties.coding_models import ACCEPTED
from tests.properties.models import ALLOWED
from tests.properties.programs import Program, Said, Serving, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Kind(str, Enum):  # noqa: UP042  # frameworks write it so, and StrEnum prints otherwise
    """Message types as Lilya and Ravyn write them."""

    START = "http.response.start"
    BODY = "http.response.body"
    ACCEPT = "websocket.accept"
    REQUEST = "http.request"
    HTTP = "http"


class OutOfMemory(MemoryError):  # noqa: N818  # it stands for what it is derived from
    """CPython keeps bare ``MemoryError`` objects and hands them out again as they were left."""


# What granian does: one dict for all connections
ASGI = {"version": "3.0", "spec_version": "2.3"}
EXTENSIONS: dict[str, dict[str, Any]] = {"http.response.pathsend": {}, "tls": {"cipher_suite": 1}}
DENIAL: dict[str, dict[str, Any]] = {"websocket.http.response": {}}

_PAIR = st.sampled_from(
    [
        (b"content-type", b"application/json"),
        (b"set-cookie", b"a=1; Path=/"),
        (b"set-cookie", b"b=2"),
        (b"X-Mixed", b"\xff\x00 odd"),
        (b"x-request-id", b"from-the-app"),
        (b"X-Request-Id", b"from-the-app-too"),
        (b"x-request-id", b""),
        (b"server-timing", b"db;dur=1"),
        (b"trailer", b"x-sum"),
        (b"vary", b"*"),
        (b"", b""),
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"content-type", b"image/png"),
        (b"content-type", b"text/event-stream"),
        (b"content-length", b"3"),
        (b"content-length", b"100"),
        (b"content-length", b"100 or so"),
        (b"content-encoding", b"br"),
        (b"content-digest", b"sha-256=:AAAA:"),
        (b"cache-control", b"public, no-transform"),
        (b"accept-ranges", b"bytes"),
        (b"etag", b'"strong"'),
        (b"ETag", b'W/"weak"'),
        (b"Vary", b"Accept, Origin"),
        (b"vary", b"Accept-Encoding , Cookie"),
        (b"access-control-allow-origin", b"https://stale.example.org"),
        (b"Access-Control-Expose-Headers", b"x-a"),
    ]
)
_ORIGINS = [ALLOWED, b"https://evil.example.org", b"null", b"https://shop.example.org.evil"]
_TRACE = b"4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
UNSAMPLED = b"00-%b-00" % _TRACE
# What a client may ask for, each header once; an Origin may come twice
_ASKED = st.lists(
    st.one_of(
        st.sampled_from([(b"origin", origin) for origin in _ORIGINS]),
        st.sampled_from([(b"Accept-Encoding", value) for value in ACCEPTED]),
        st.sampled_from([(b"content-encoding", b"gzip"), (b"content-encoding", b"gzip, compress")]),
        st.sampled_from(
            [
                (b"traceparent", b"00-%b-01" % _TRACE),
                (b"traceparent", UNSAMPLED),
                (b"traceparent", b"ff-\xff"),
                (b"baggage", b"a=1,;=,\xff=%zz"),
                (b"if-none-match", b'W/"a"'),
                (b"range", b"bytes=0-5"),
                (b"if-range", b'W/"a"'),
                (b"if-range", b'"a"'),
                (b"if-range", b"Sat, 21 Nov 2026 07:00:00 GMT"),
                (b"host", b"[::1"),
                (b"user-agent", b"\x1b[2J\xff"),
                (b"x-request-id", b"caller"),
                (b"X-Request-Id", b""),
                (b"Origin", ALLOWED),
                (b"", b""),
                (b"x-forwarded-for", b"unknown, \xff"),
            ]
        ),
    ),
    max_size=5,
    unique_by=lambda pair: pair[0],
)
# What browsers ask for
_BROWSER = st.builds(
    lambda *pairs: list(pairs),
    st.sampled_from([(b"origin", ALLOWED), (b"origin", _ORIGINS[1])]),
    st.sampled_from([(b"accept-encoding", value) for value in ACCEPTED]),
    st.sampled_from([(b"content-encoding", b"gzip"), (b"traceparent", UNSAMPLED), (b"a", b"1")]),
)
_PREFLIGHT = st.builds(
    lambda origin, method, names, again: [*origin, *method, *names, *again],
    *(
        st.sampled_from([[(name, value)] for value in values] + [[]] * empty)
        for name, values, empty in [
            (b"Origin", [ALLOWED, ALLOWED, ALLOWED, *_ORIGINS], 1),
            (b"access-control-request-method", [b"GET", b"PUT", b"PATCH"], 1),
            (b"Access-Control-Request-Headers", [b"X-A", b"x-a,x-b"], 3),
            (b"origin", [ALLOWED], 5),
        ]
    ),
)
# For the server to refuse, and not for us
_MALFORMED = st.sampled_from(
    [(b"a",), (), (b"a", b"b", b"c"), (b"x-request-id", "text"), ("x-request-id", "t"), (None, 1)]
)
PAIRS = st.lists(_PAIR, max_size=4)
KINDS = st.sampled_from(sorted(HEADER_KINDS))
BODIES = st.sampled_from(
    [
        b"",
        b"abc",
        b"x" * 100,
        bytearray(b"y" * 600),
        memoryview(b"z" * 90)[::1],
        bytearray(b"abc"),
        memoryview(b"abcdef"),
        memoryview(b"abcd")[::2],
    ]
)
_ERRORS: st.SearchStrategy[Callable[[], BaseException]] = st.sampled_from(
    [
        ValueError,
        KeyError,
        OSError,
        RuntimeError,
        OutOfMemory,
        RecursionError,
        KeyboardInterrupt,
        SystemExit,
        GeneratorExit,
        lambda: ExceptionGroup("several", [ValueError(), OSError()]),
        lambda: BaseExceptionGroup("several", [KeyboardInterrupt()]),
    ]
)


def _message(
    kind: object, optional: Mapping[str, st.SearchStrategy[Any]] | None = None, **keys: Any
) -> st.SearchStrategy[dict[str, Any]]:
    named = {
        key: one if isinstance(one, st.SearchStrategy) else st.just(one)
        for key, one in keys.items()
    }
    return st.fixed_dictionaries(
        {"type": kind if isinstance(kind, st.SearchStrategy) else st.just(kind), **named},
        optional=dict(optional or {}),
    )


def _said(
    keys: st.SearchStrategy[dict[str, Any]], *, headers: bool = False, links: bool = False
) -> st.SearchStrategy[Said]:
    pairs: st.SearchStrategy[Any] = st.none()
    if headers:
        pairs = st.one_of(PAIRS, PAIRS, PAIRS, st.none(), st.lists(_PAIR | _MALFORMED, max_size=3))
    return st.builds(
        Said,
        keys,
        pairs=pairs,
        kind=KINDS if headers else st.just("list of tuples"),
        links=st.just([b"</a.css>; rel=preload", b"</b>"]) if links else st.none(),
    )


_FLAG = st.booleans()
_STATUS = st.sampled_from([200, 200, 200, 204, 206, 302, 304, 404, 500, 503, HTTPStatus.OK])
_STRANGE_STATUS = st.sampled_from(["200", None, 99, 2.5])
START = _said(
    _message(
        st.sampled_from(["http.response.start", Kind.START]),
        {"trailers": _FLAG, "x-extra": st.just(object())},
        status=_STATUS,
    ),
    headers=True,
)
BODY = _said(
    _message(
        st.sampled_from(["http.response.body", Kind.BODY]), {"body": BODIES, "more_body": _FLAG}
    )
)
TRAILERS = _said(_message("http.response.trailers", {"more_trailers": _FLAG}), headers=True)
_HINT = _said(_message("http.response.early_hint"), links=True)
HTTP = st.one_of(
    START,
    BODY,
    BODY,
    TRAILERS,
    _said(_message("http.response.start", status=_STRANGE_STATUS), headers=True),
    _said(_message("http.response.start", status=200, headers=st.sampled_from([None, 5]))),
    _said(_message("http.response.push", path="/style.css"), headers=True),
    _HINT,
    _said(_message("http.response.pathsend", path="/tmp/file")),
    _said(_message("http.response.zerocopysend", {"more_body": _FLAG}, file=io.BytesIO(b"file"))),
    _said(_message("http.response.debug", info={"template": object()})),
)
ACCEPT = _said(
    _message(
        st.sampled_from(["websocket.accept", Kind.ACCEPT]),
        {"subprotocol": st.sampled_from(["chat", None])},
    ),
    headers=True,
)
WEBSOCKET = st.one_of(
    ACCEPT,
    _said(_message("websocket.send", {"text": st.sampled_from(["é", "\ud800", None])})),
    _said(_message("websocket.send", {"bytes": BODIES | st.none()})),
    _said(
        _message(
            "websocket.close", {"code": st.sampled_from([1000, 4000, None]), "reason": st.none()}
        )
    ),
    _said(_message("websocket.http.response.start", status=_STATUS), headers=True),
    _said(_message("websocket.http.response.body", {"body": BODIES, "more_body": _FLAG})),
)
LIFESPAN = st.one_of(
    [
        _said(_message(f"lifespan.{phase}.{how}", {"message": st.just("no database")}))
        for phase in ("startup", "shutdown")
        for how in ("complete", "failed")
    ]
)
UNKNOWN = st.one_of(
    _said(_message("x.custom", payload=object(), deep=[{"a": (1, b"2")}]), headers=True),
    _said(_message("x.custom", iterator=iter(()), name=Kind.HTTP)),
    _said(st.sampled_from([{}, {"type": None}, {"type": 7}, {"no type": True}])),
)

_INBOX: Mapping[str, list[Any]] = {
    "http": [
        {"type": "http.request", "body": b"abc", "more_body": True},
        {"type": Kind.REQUEST, "body": b"", "more_body": False},
        {"type": "http.request"},
        {"type": "http.request", "body": bytearray(b"x" * 50), "more_body": True, "extra": [1]},
        {"type": "http.disconnect"},
    ],
    "websocket": [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "hé", "bytes": None},
        {"type": "websocket.receive", "bytes": b"\xff" * 40},
        {"type": "websocket.disconnect", "code": 1006},
        {"type": "websocket.disconnect", "code": None, "reason": "gone"},
    ],
    "lifespan": [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}],
}
_CODED = [
    {"type": "http.request", "body": gzip.compress(b"abc", mtime=0), "more_body": True},
    {
        "type": "http.request",
        "body": bytearray(gzip.compress(b"d", mtime=0) * 2),
        "more_body": False,
    },
    {"type": "http.request", "body": gzip.compress(b"", mtime=0), "more_body": True},
    {"type": Kind.REQUEST, "body": b"", "more_body": True},
    {"type": "http.request"},
    {"type": "http.disconnect"},
]
_LEAVES: Mapping[str, list[Any]] = {
    "http": [None, {"type": "http.disconnect"}],
    "websocket": [None, {"type": "websocket.disconnect", "code": 1005}],
}
_SAYS = {"http": HTTP, "websocket": WEBSOCKET, "lifespan": LIFESPAN}
_BEGINS = {
    "http": st.sampled_from(
        [
            ("start", "body"),
            ("receive", "start"),
            ("receive", "page", "chunk"),
            ("page", "chunk"),
            ("page", "chunk", "chunk"),
            ("page", "chunk", "sum"),
            ("page", "hint", "chunk"),
            ("page",),
            ("start",),
            (),
        ]
    ),
    "websocket": st.sampled_from([("receive", "accept"), ("receive",), ()]),
}
# What is worth encoding
_PAGE = st.builds(
    Said,
    _message("http.response.start", {"trailers": _FLAG, "x-extra": st.just(1)}, status=200),
    pairs=st.lists(
        st.sampled_from(
            [
                (b"Content-Type", b"text/html; charset=utf-8"),
                (b"content-length", b"100"),
                (b"content-digest", b"sha-256=:AAAA:"),
                (b"etag", b'"strong"'),
                (b"Vary", b"Accept, Origin"),
                (b"set-cookie", b"a=1; Path=/"),
            ]
        ),
        max_size=2,
    ),
    kind=KINDS,
)
_CHUNK = _said(
    _message(
        st.sampled_from(["http.response.body", Kind.BODY]),
        {"x-extra": st.just(1)},
        body=st.sampled_from([b"<p>" * 40, bytearray(b"y" * 600), memoryview(b"z" * 200)[::2]]),
        more_body=_FLAG,
    )
)
_SUM = st.builds(
    Said,
    _message("http.response.trailers"),
    pairs=st.just([(b"x-sum", b"7"), (b"Content-Digest", b"sha-256=:AAAA:")]),
    kind=KINDS,
)
_FIRST = {
    "page": _PAGE,
    "hint": _HINT,
    "sum": _SUM,
    "chunk": _CHUNK,
    "start": START,
    "body": BODY,
    "accept": ACCEPT,
}


_METHODS = st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "get", "\x1bBREW"])


@st.composite
def scopes(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A scope without its headers, with or without what the specification leaves optional."""
    scope: dict[str, Any] = {"type": Kind.HTTP if kind == "http" and draw(_FLAG) else kind}
    scope["asgi"] = draw(st.sampled_from([ASGI, ASGI, {"version": "3.0"}, {"spec_version": "2.0"}]))
    if kind in {"http", "websocket"}:
        scope |= {"path": "/users/7", "query_string": b"page=2&token=abc"}
        if kind == "http":
            scope |= {"method": draw(_METHODS), "http_version": "1.1"}
        optional = {
            "client": st.sampled_from([None, ("127.0.0.1", 5), ["::1", "80"], ("", "0")]),
            "server": st.sampled_from([None, ["/run/app.sock", None]]),
            "root_path": st.just("/api"),
            "raw_path": st.none(),
            "extensions": st.sampled_from([EXTENSIONS, DENIAL]),
            "state": st.just({"pool": object()}),
            "framework.object": st.just(object()),
        }
        scope |= draw(st.fixed_dictionaries({}, optional=optional))
    return scope


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """An app and the server it runs on."""
    kind = draw(st.sampled_from([*["http"] * 5, "websocket", "websocket", "lifespan", "x"]))
    says = st.one_of(_SAYS.get(kind, UNKNOWN), _SAYS.get(kind, UNKNOWN), UNKNOWN)
    steps = [
        Step("receive") if name == "receive" else Step("send", draw(_FIRST[name]))
        for name in draw(_BEGINS.get(kind, st.just(())))
    ]
    for _ in range(draw(st.integers(0, 4))):
        does = draw(_DOES)
        steps.append(
            Step(
                does,
                said=draw(says) if "send" in does else None,
                other=draw(says) if does == "two sends" else None,
                error=draw(_ERRORS) if "raise" in does else RuntimeError,
                guarded=draw(_FLAG),
            )
        )
    return Program(steps, draw(st.lists(says, max_size=1)), draw(_servings(kind)))


@st.composite
def _servings(draw: st.DrawFn, kind: str) -> Serving:
    scope = draw(scopes(kind))
    pairs = None
    if kind in {"http", "websocket"}:
        preflight = scope.get("method") == "OPTIONS" and draw(_FLAG)
        pairs = draw(_PREFLIGHT if preflight else _ASKED | _BROWSER | _BROWSER)
    coded = kind == "http" and (b"content-encoding", b"gzip") in (pairs or ())
    messages = _CODED if coded else _INBOX.get(kind, [{"type": "x.in"}, {}])
    return Serving(
        scope=scope,
        pairs=pairs,
        kind=draw(KINDS),
        inbox=draw(st.lists(st.sampled_from(messages), max_size=4)),
        repeats=draw(st.sampled_from(_LEAVES.get(kind, [None]))),
        slow=draw(st.integers(0, 2)),
        errors=draw(st.dictionaries(st.integers(1, 4), _SEND_ERRORS, max_size=1)),
        late=draw(st.sampled_from([None, RuntimeError, OSError])),
        cancel_at=draw(st.sampled_from([0, 0, 0, 1, 3])),
    )


_DOES = st.sampled_from(
    [
        "receive",
        "send",
        "send",
        "send",
        "send",
        "raise",
        "raise from",
        "receive beside send",
        "two sends",
        "cancel receive",
    ]
)
# ``None`` is a send that hangs
_SEND_ERRORS: st.SearchStrategy[Callable[[], BaseException]] = st.sampled_from(
    [OSError, ConnectionResetError, RuntimeError, TypeError, None]
)
