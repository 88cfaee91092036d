"""What is remembered of strangers is bounded in bytes."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from asgi_mw.caches import remembered
from asgi_mw.client import client_finder
from asgi_mw.errors import Problems
from asgi_mw.middleware.access_log.policy import _agent_of
from asgi_mw.middleware.compression.content_types import matcher
from asgi_mw.middleware.tracing.queries import QueryMask
from asgi_mw.middleware.tracing.start import Alike, agents
from asgi_mw.redaction import DEFAULT, Redaction
from asgi_mw.telemetry.attributes import Wanted
from asgi_mw.telemetry.methods import Methods
from asgi_mw.telemetry.network import server_of

if TYPE_CHECKING:
    from collections.abc import Callable


def test_what_is_short_is_asked_once_and_what_is_long_each_time() -> None:
    """The result is the same."""
    asked = []

    @remembered(2, longest=3)
    def length(key: str) -> int:
        asked.append(key)
        return len(key)

    assert [1, 1, 4, 4] == [length(key) for key in ("a", "a", "abcd", "abcd")]
    assert ["a", "abcd", "abcd"] == asked


_proxies = client_finder(["10.0.0.0/8"], Problems("test"))
_query = QueryMask(Redaction())
_wanted = Wanted(lambda _: False)
_alike = Alike(Methods(), bytes.decode)
ROOMS: dict[str, Callable[[bytes], object]] = {
    "host": server_of,
    "agent of a span": agents(Redaction()),
    "agent of the log": _agent_of(Redaction()),
    "address": lambda key: _proxies({"client": (key.decode(), 1)}, []),
    "content type": matcher(["text/*"], "content_types", Problems("test")),
    "media type": lambda key: DEFAULT.body([b"a"], content_type=key),
    "query": lambda key: _query[key],
    "beginning of a span": lambda key: _alike["GET", "http", "1.1", key, key],
    "method of a span": lambda key: _alike[key.decode(), "http", "1.1", None, None],
    "header name": lambda key: _wanted.scan([(key, b"a")]),
    "text": lambda key: DEFAULT.text(key.decode()),
    "pair": lambda key: DEFAULT.headers([(b"x", key)]),
    "name": lambda key: DEFAULT.secret(key.decode()),
}


@pytest.mark.parametrize("ask", ROOMS.values(), ids=ROOMS.keys())
def test_long_keys_are_not_kept(ask: Callable[[bytes], object]) -> None:
    """A hundred of 60 kB leave next to nothing behind."""
    ask(b"x")
    tracemalloc.start()
    try:
        for number in range(100):
            ask(b"%d" % number + b"x" * 60_000)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000
