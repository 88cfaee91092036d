"""What like requests share is on no other: each span is as if its request were alone."""

from __future__ import annotations

from collections import Counter
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from asgi_mw import set_route
from asgi_mw.middleware.tracing.start import Alike
from asgi_mw.telemetry.methods import Methods
from tests.middleware.tracing.conftest import Sdk

if TYPE_CHECKING:
    from contextvars import Context

    from asgi_mw.types import Message, Receive, Scope, Send


class Asked(NamedTuple):
    """What a client asks for, and what it is answered."""

    kind: str
    method: str
    scheme: str | None
    version: str | None
    headers: tuple[tuple[bytes, bytes], ...]
    client: tuple[str, int] | None
    query: bytes
    route: str | None
    status: int


_HEADERS = st.sampled_from(
    [
        (b"host", b"a.example"),
        (b"Host", b"b.example:8443"),
        (b"host", b"a b"),
        (b"user-agent", b"a.example"),
        (b"User-Agent", b"curl"),
        (b"user-agent", b"x" * 600),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-host", b"c.example"),
        (b"x-forwarded-for", b"203.0.113.7"),
        (b"x-a", b"1"),
    ]
)
_ASKED = st.builds(
    Asked,
    st.sampled_from(["http", "websocket"]),
    st.sampled_from(["GET", "POST", "PURGE", "get"]),
    st.sampled_from(["http", "https", "ws", "gopher", None]),
    st.sampled_from(["1.1", "2", "9", None]),
    st.lists(_HEADERS, max_size=4).map(tuple),
    st.sampled_from([("127.0.0.1", 5), ("192.0.2.9", 5), None]),
    st.sampled_from([b"", b"q=1", b"sig=a"]),
    st.sampled_from([None, "/a", "/b/{id}"]),
    st.sampled_from([200, 404, 500]),
)


class Pause:
    """Gives the turn to another request."""

    def __await__(self) -> Any:
        yield


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the scope says."""
    asked = scope["asked"]
    if asked.route is not None:
        set_route(scope, asked.route)
    await Pause()
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await Pause()
        await send({"type": "websocket.close"})
    else:
        await send({"type": "http.response.start", "status": asked.status, "headers": []})
        await Pause()
        await send({"type": "http.response.body"})


async def _receive() -> Message:
    raise AssertionError


async def _send(message: Message) -> None:
    pass


def spans_of(requests: list[tuple[str, Asked]], turns: list[int]) -> dict[str, Any]:
    """Serve *requests* by turns in one layer: the facts of each span, and all points."""
    sdk = Sdk(ALWAYS_ON)
    layered = sdk.tracing(app, trusted_proxies=["127.0.0.1"], capture_request_headers=["x-a"])
    running: list[tuple[Context, Any]] = []
    for path, asked in requests:
        scope = {
            "type": asked.kind,
            "method": asked.method,
            "http_version": asked.version,
            "scheme": asked.scheme,
            "path": path,
            "raw_path": path.encode(),
            "query_string": asked.query,
            "headers": list(asked.headers),
            "client": asked.client,
            "asked": asked,
        }
        running.append((copy_context(), layered(scope, _receive, _send)))
    while running:
        context, call = running[(turns.pop() if turns else 0) % len(running)]
        try:
            context.run(call.send, None)
        except StopIteration:
            running.remove((context, call))
    facts: dict[str, Any] = {}
    for span in sdk.spans:
        attributes: dict[str, Any] = dict(span.attributes or {})
        facts[attributes["url.path"]] = (span.name, attributes, span.status.status_code)
    for name in ("http.server.request.duration", "asgi_mw.websocket.duration"):
        facts[name] = Counter(
            {frozenset(point.attributes.items()): point.count for point in sdk.points(name)}
        )
    return facts


@given(
    st.lists(_ASKED, min_size=2, max_size=6),
    st.lists(st.integers(min_value=0, max_value=5), max_size=20),
)
def test_spans_and_points_are_those_of_each_request_alone(
    asked: list[Asked], turns: list[int]
) -> None:
    """Whatever methods, routes, schemes, versions and hosts take turns in one layer."""
    requests = [(f"/{number}", one) for number, one in enumerate(asked)]

    together = spans_of(requests, turns)

    alone: dict[str, Any] = {}
    for request in requests:
        for key, facts in spans_of([request], []).items():
            alone[key] = facts + alone.get(key, Counter()) if isinstance(facts, Counter) else facts
    assert alone == together


def test_what_is_kept_of_hosts_is_bounded_in_number() -> None:
    """Clients choose them."""
    alike = Alike(Methods(), bytes.decode)
    for number in range(2000):
        alike["GET", "http", "1.1", b"%d" % number, None]

    assert len(alike) <= 512
