"""Hypothesis strategies for scopes, messages and whole connections: of any kind, and legal ones."""

from __future__ import annotations

import re
from collections import UserDict, deque
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from asgi_mw.spec.tables import EXTENSIONS, RECEIVED, SCOPES, SENT
from asgi_mw.testing import http_scope, lifespan_scope, websocket_scope
from tests.spec.corpus.traffic import Step, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY: dict[str, dict[str, Any]] = {name: {} for name in EXTENSIONS - {"tls"}}
_KINDS = ("http", "websocket", "lifespan")
_ENDS = {"lifespan.shutdown.complete", "lifespan.shutdown.failed"}
_TYPES = sorted({*RECEIVED, *SENT, "http.fullflush", "mqtt.publish", "", "http", "http."})
_MAKERS: dict[str, Callable[..., dict[str, Any]]] = {
    "http": http_scope,
    "websocket": websocket_scope,
    "lifespan": lifespan_scope,
}

# Looks into nobody's way, and is no value of a network
_ODD: list[Callable[[], Any]] = [
    object,
    bytearray,
    lambda: memoryview(b"hi"),
    lambda: iter(()),
    lambda: (one for one in [(b"a", b"1")]),
    lambda: map(str, [1]),
    lambda: {1, 2},
    lambda: frozenset({b"a"}),
    lambda: UserDict({"type": "http"}),
    lambda: deque([(b"a", b"1")]),
    lambda: HTTPStatus.OK,
    lambda: Decimal("1.5"),
    lambda: 1j,
    lambda: range(3),
    lambda: int,
    lambda: list[int],
    lambda: ValueError("odd"),
    lambda: re.match("(a)(b)", "ab"),
    lambda: len,
    lambda: Ellipsis,
    lambda: {1: 2, None: 3, b"b": 4},
    lambda: [(b"a",), (), (b"a", b"b", b"c"), ("a", b"b"), 5, None],
    {b"a": b"1"}.items,
    lambda: [(memoryview(b"a"), b"1")],
    lambda: UserDict({"version": "3.0", "spec_version": "2.3"}),
]
_PLAIN_ATOMS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([200, 204, 404, 1000, 1006, 4000, 2**63, -(2**64)]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a", "/", "1.1", "2.3", "Ä", "\ud800", "GET", "get", "https"]),
    st.sampled_from([b"", b"a", b"\xff\0", b"X-A", b":path", b"a\r\nb"]),
)
_PAIRS = st.lists(
    st.tuples(
        st.sampled_from([b"a", b"X-A", b":path", b"trailer", b"content-length", b"", b"x y"]),
        st.sampled_from([b"", b"1", b"2", b"a\nb", b"\xff"]),
    ),
    max_size=3,
)

# A recording masks payloads, takes lists of headers and links, and ends a lifespan as it shuts down
_PAYLOADS: dict[str, st.SearchStrategy[Any]] = {
    "body": st.sampled_from([b"", b"hi"]),
    "bytes": st.sampled_from([b"", b"hi", None]),
    "text": st.sampled_from(["", "hi", None]),
    "headers": _PAIRS,
    "links": st.lists(st.sampled_from([b"</a>", 5]), max_size=2),
}


def _nested(atoms: st.SearchStrategy[Any], keys: st.SearchStrategy[Any]) -> Any:
    return st.recursive(
        atoms | _PAIRS,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=2).map(tuple)
            | st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=6,
    )


PLAIN = _nested(_PLAIN_ATOMS, st.sampled_from(["a", "type", "tls"]))
"""What a recording can hold."""
ANY = _nested(
    st.one_of(
        _PLAIN_ATOMS,
        st.sampled_from([float("nan"), float("inf")]),
        st.sampled_from(_ODD).map(lambda make: make()),
    ),
    st.sampled_from(["a", "type", 1, None, b"b"]),
)
"""Whatever there is."""


@st.composite
def _scopes(draw: st.DrawFn, values: st.SearchStrategy[Any], *, whole: bool) -> Any:
    if not whole and draw(st.integers(0, 9)) == 0:
        return draw(values)
    kind = draw(st.sampled_from([*_KINDS, "http", "http", "mqtt"]))
    scope: dict[str, Any] = {"type": kind, "asgi": {"version": "3.0"}, "headers": []}
    if kind in _MAKERS:
        versions = st.sampled_from(["2.0", "2.3", "2.4", "2.5", None])
        scope = _MAKERS[kind](spec_version=draw(versions))
        scope["extensions"] = dict(_EVERY) if draw(st.booleans()) else {}
    # A recording has no other type, and always a list of headers
    fixed = {"type", "headers"} if whole else set()
    keys = sorted({*SCOPES.get(kind, {}), "asgi", "type", "headers", "x-own"} - fixed)
    scope |= draw(st.dictionaries(st.sampled_from(keys), values, max_size=3))
    if "headers" in scope and whole:
        scope["headers"] = draw(_PAIRS)
    for name in draw(st.lists(st.sampled_from(keys), max_size=1)):
        scope.pop(name, None)
    return scope


@st.composite
def _messages(draw: st.DrawFn, values: st.SearchStrategy[Any], *, whole: bool) -> Any:
    if not whole and draw(st.integers(0, 9)) == 0:
        return draw(values)
    kind = draw(st.sampled_from([one for one in _TYPES if not (whole and one in _ENDS)]))
    known = {**RECEIVED, **SENT}.get(kind)
    keys = sorted({*(known.keys if known else ()), "x-own"})
    optional = dict.fromkeys(keys, values) | {
        key: value for key, value in _PAYLOADS.items() if whole and key in keys
    }
    message = {"type": kind, **draw(st.fixed_dictionaries({}, optional=optional))}
    if "status" in keys and draw(st.booleans()):
        message["status"] = 200
    if not whole and draw(st.integers(0, 9)) == 0:
        message["type"] = draw(values)
    return message


def _traffic(values: st.SearchStrategy[Any], *, whole: bool) -> st.SearchStrategy[Traffic]:
    errors = st.none() | st.none() | st.sampled_from([OSError("gone"), ValueError("no")])
    step = st.builds(
        Step, st.sampled_from(["receive", "send"]), _messages(values, whole=whole), errors
    )
    usual = st.sampled_from(
        [
            Step("receive", {"type": "http.request"}),
            Step("receive", {"type": "http.disconnect"}),
            Step("send", {"type": "http.response.start", "status": 200, "headers": []}),
            Step("send", {"type": "http.response.body", "body": b"a", "more_body": True}),
            Step("send", {"type": "http.response.body", "body": b"b"}),
            Step("receive", {"type": "websocket.connect"}),
            Step("send", {"type": "websocket.accept"}),
            Step("receive", {"type": "websocket.receive", "text": "hi"}),
            Step("send", {"type": "websocket.send", "bytes": b"hi"}),
            Step("receive", {"type": "websocket.disconnect", "code": 1000}),
            Step("send", {"type": "websocket.close"}),
            Step("receive", {"type": "lifespan.startup"}),
            Step("send", {"type": "lifespan.startup.complete"}),
            Step("receive", {"type": "lifespan.shutdown"}),
        ]
    )
    return st.builds(
        Traffic,
        _scopes(values, whole=whole),
        st.lists(step | usual | usual, max_size=8),
        st.none() | st.sampled_from([ValueError("left"), OSError("left")]),
    )


ANY_TRAFFIC = _traffic(ANY, whole=False)
"""Any connection at all."""
PLAIN_TRAFFIC = _traffic(PLAIN, whole=True)
"""Any connection that a recording can hold as it is."""
