"""Hypothesis strategy for connections that are legal from end to end, by the tables of states."""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from asgi_mw.spec import kinds, orders
from asgi_mw.spec.scopes import as_version
from asgi_mw.spec.tables import EXTENSIONS, RECEIVED, SENT
from asgi_mw.testing import HEADER_KINDS, http_scope, lifespan_scope, websocket_scope
from tests.spec.corpus.traffic import Step, Traffic

if TYPE_CHECKING:
    from asgi_mw.spec.kinds import Kind
    from asgi_mw.spec.order import Order

_ORDERS = {
    "http": (orders.HTTP_SENT, orders.HTTP_RECEIVED),
    "websocket": (orders.WEBSOCKET_SENT, orders.WEBSOCKET_RECEIVED),
    "lifespan": (orders.LIFESPAN_SENT, orders.LIFESPAN_RECEIVED),
}
# Where an app may return, or raise, and nobody can say anything
_RETURNS = {
    *(("http", "done"), ("http", "trailed"), ("websocket", "closed"), ("websocket", "denied")),
    *(("lifespan", "failed"), ("lifespan", "down")),
}
_RAISES = {
    *_RETURNS,
    *(("http", "waiting"), ("http", "debugged"), ("websocket", "connecting")),
    *(("websocket", "open"), ("websocket", "denying"), ("lifespan", "idle")),
    ("lifespan", "starting"),
}
_MORE = ("more_body", "more_trailers")
_ACCEPTED = {"open", "closed"}


class _Text(str):
    __slots__ = ()


class _Bytes(bytes):
    __slots__ = ()


class _Number(int):
    __slots__ = ()


_make: Any = Enum
_Kind = _make("_Kind", {name: name for name in (*RECEIVED, *SENT)}, type=str)
_PAIRS = st.lists(
    st.tuples(
        st.sampled_from([b"x-a", b"set-cookie", b"vary", _Bytes(b"x-b"), b"x!#$%&'*+-.^_`|~"]),
        st.sampled_from([b"", b"1", b"\xff a", _Bytes(b"2")]),
    ),
    max_size=4,
)
_HEADERS = st.builds(
    lambda pairs, kind: HEADER_KINDS[kind](pairs), _PAIRS, st.sampled_from(sorted(HEADER_KINDS))
)
_TEXT = st.text(max_size=9) | st.just(_Text("own"))
_BYTES = st.binary(max_size=9) | st.just(_Bytes(b"own"))
_VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    kinds.TEXT: _TEXT,
    kinds.TEXT_OR_NONE: _TEXT | st.none(),
    kinds.BYTES: _BYTES,
    kinds.BYTES_OR_NONE: _BYTES | st.none(),
    kinds.WHOLE: st.integers(0, 2**40) | st.just(_Number(7)),
    kinds.PAIRS: _HEADERS,
    kinds.OCTETS: st.lists(_BYTES, max_size=2) | st.lists(_BYTES, max_size=2).map(iter),
    kinds.KEYED: st.dictionaries(_TEXT, st.builds(object), max_size=2),
    kinds.FILE: st.just(0),
}
_OWN: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("http.response.start", "status"): st.sampled_from([200, 404, 599, HTTPStatus.OK]),
    ("websocket.http.response.start", "status"): st.sampled_from([401, HTTPStatus.FORBIDDEN]),
    ("http.response.pathsend", "path"): st.sampled_from(["/a", "C:\\a", _Text("//host/a")]),
    ("websocket.accept", "subprotocol"): st.sampled_from(["chat", None]),
    ("websocket.close", "code"): st.sampled_from([1000, 1001, 1012, 3000, 4999, _Number(1011)]),
    ("websocket.disconnect", "code"): st.integers(1000, 4999),
    ("http.response.start", "trailers"): st.sampled_from([True, True, False]),
}
_EXTRA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-9, 9) | _BYTES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=3,
)


@st.composite
def legal_traffic(draw: st.DrawFn) -> Traffic:
    """A connection on which nothing is wrong."""
    protocol = draw(st.sampled_from([*_ORDERS]))
    scope = draw(_scopes(protocol))
    walk = _Walk(draw, protocol, scope)
    for _ in range(draw(st.sampled_from([0, 3, 6, 9, 12]))):
        if not walk.on():
            break
    if protocol == "websocket" and walk.received == "new" and not walk.steps:
        walk.on()
    while not walk.may_end() and walk.on():
        pass
    return Traffic(scope, walk.steps, walk.end())


@st.composite
def _scopes(draw: st.DrawFn, protocol: str) -> dict[str, Any]:
    if protocol == "lifespan":
        return lifespan_scope(omit=draw(st.sampled_from([(), ("state",)])))
    offered: dict[str, dict[str, Any]] = {name: {} for name in EXTENSIONS - {"tls"}}
    make = http_scope if protocol == "http" else websocket_scope
    options: dict[str, Any] = {} if protocol == "http" else {"subprotocols": ["chat"]}
    scope = make(
        spec_version=draw(st.sampled_from(["2.0", "2.1", "2.2", "2.3", "2.4", "2.5", None])),
        omit=draw(st.sampled_from([(), ("client",), ("raw_path", "root_path", "state")])),
        extensions=draw(st.sampled_from([offered, offered, {}, None])),
        **options,
    )
    scope["headers"] = draw(_HEADERS)
    return scope


class _Walk:
    """A way through the states of one connection, on which no rule lies."""

    def __init__(self, draw: st.DrawFn, protocol: str, scope: dict[str, Any]) -> None:
        self.steps: list[Step] = []
        self._draw, self._protocol = draw, protocol
        self._version = as_version(scope["asgi"].get("spec_version"))
        self._offered = scope.get("extensions") or {}
        orders = _ORDERS[protocol]
        self._sent, self.received = orders[0].first, orders[1].first
        self._trailers = self._gone = False

    def on(self) -> bool:
        """Go on, if there is any way."""
        ways = [("send", one) for one in self._ways(_ORDERS[self._protocol][0], self._sent)]
        state = self._sent if self._protocol == "lifespan" else self.received
        ways += [("receive", one) for one in self._ways(_ORDERS[self._protocol][1], state)]
        ways = [way for way in ways if self._may(*way)]
        if not ways:
            return False
        side, kind = self._draw(st.sampled_from(sorted(ways)))
        if side == "send":
            self._send(kind)
        else:
            self._receive(kind)
        return True

    def may_end(self) -> bool:
        """Whether an app may return, or raise."""
        here = self._protocol, self._sent
        return here in _RAISES or (self._gone and self._protocol != "lifespan")

    def end(self) -> Exception | None:
        """How it ends."""
        here = self._protocol, self._sent
        gone = self._gone and self._protocol != "lifespan"
        if not (here in _RETURNS or gone):
            return ValueError("refused")
        return self._draw(st.sampled_from([None, ValueError("late")]))

    def _ways(self, order: Order, state: str) -> list[str]:
        return [kind for (at, kind), step in order.steps.items() if at == state and not step.rule]

    def _may(self, side: str, kind: str) -> bool:
        named = kind.rstrip("+")
        if side == "send":
            wanted = SENT[named].extension
            return not wanted or wanted in self._offered
        if named == "websocket.receive":
            return self._sent in _ACCEPTED
        return True

    def _receive(self, kind: str) -> None:
        state = self._sent if self._protocol == "lifespan" else self.received
        after = _ORDERS[self._protocol][1].step(state, kind).state
        if self._protocol == "lifespan":
            self._sent = after
        else:
            self.received = after
        self._gone = self._gone or kind.endswith("disconnect")
        self.steps.append(Step("receive", self._message(kind, RECEIVED[kind.rstrip("+")].keys)))

    def _send(self, kind: str) -> None:
        message = self._message(kind, SENT[kind.rstrip("+")].keys)
        errors: list[Exception | None] = [*[None] * 8, OSError("gone"), ValueError("busy")]
        if self._gone:
            errors = [OSError("gone")] if self._version >= (2, 4) else [None, OSError("gone")]
        error = self._draw(st.sampled_from(errors))
        self.steps.append(Step("send", message, error))
        if isinstance(error, OSError):
            self._gone = True
        if error is not None:
            return
        after = _ORDERS[self._protocol][0].step(self._sent, kind).state
        if kind == "http.response.start":
            self._trailers = bool(message.get("trailers"))
        if after in {"ended", "filed"}:
            after = "trailing" if self._trailers else "done"
        self._sent = after

    def _message(self, kind: str, keys: dict[str, Any]) -> dict[str, Any]:
        named, draw = kind.rstrip("+"), self._draw
        message: dict[str, Any] = {"type": draw(st.sampled_from([named, named, _Kind(named)]))}
        for name, key in keys.items():
            if name in _MORE:
                if kind.endswith("+") or draw(st.booleans()):
                    message[name] = kind.endswith("+")
                continue
            if name == "trailers" and "http.response.trailers" not in self._offered:
                continue
            if (key.required or draw(st.booleans())) and self._version >= (key.since or (2, 0)):
                message[name] = draw(_OWN.get((named, name), _VALUES.get(key.kind, st.none())))
        if message.get("trailers"):
            message["headers"] = [(b"trailer", b"x-sum")]
        if named in {"websocket.send", "websocket.receive"}:
            one, other = draw(st.permutations([("text", _TEXT), ("bytes", _BYTES)]))
            message[one[0]] = draw(one[1])
            message[other[0]] = None
        if draw(st.integers(0, 4)) == 0:
            message["x-own"] = draw(_EXTRA)
        return message
