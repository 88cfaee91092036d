"""Addresses and ports as servers give them and as clients write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.telemetry.network import scheme_of, server_of, socket_of


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (b"example.com", ("example.com", None)),
        (b"EXAMPLE.com:443", ("EXAMPLE.com", 443)),
        (b"192.0.2.1:80", ("192.0.2.1", 80)),
        (b"[::1]", ("::1", None)),
        (b"[::1]:8000", ("::1", 8000)),
        (b"a:", ("a", None)),
        (b"a:0", ("a", None)),
        (b"a:65536", ("a", None)),
        (b"a:1x", (None, None)),
        (b"::1", (None, None)),
        (b"a b", (None, None)),
        (b"a/b", (None, None)),
        (b"\xff", (None, None)),
        (b"", (None, None)),
        (b"a" * 256, (None, None)),
    ],
)
def test_a_host(host: bytes, expected: tuple[str | None, int | None]) -> None:
    """Name and port apart; what is malformed is nothing."""
    assert server_of(host) == expected


@given(st.binary(max_size=40))
def test_a_host_of_any_bytes(host: bytes) -> None:
    """It is printable ASCII, or nothing."""
    address, port = server_of(host)

    assert address is None or (address.isascii() and address.isprintable() and address in str(host))
    assert port is None or 0 < port < 65536


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("192.0.2.1", 5), ("192.0.2.1", 5)),
        (["192.0.2.1", "5"], ("192.0.2.1", 5)),
        (("192.0.2.1", "x"), ("192.0.2.1", None)),
        (("192.0.2.1", None), ("192.0.2.1", None)),
        (("192.0.2.1",), ("192.0.2.1", None)),
        (("::1", 5, 0, 0), ("::1", 5)),
        (("", "0"), (None, None)),
        ((None, None), (None, None)),
        ((), (None, None)),
        (None, (None, None)),
    ],
    ids=repr,
)
def test_the_other_end_of_the_socket(client: Any, expected: Any) -> None:
    """A port may be a ``str``, and a Unix socket has neither."""
    assert socket_of({"type": "http", "client": client}) == expected


@pytest.mark.parametrize(
    ("scope", "scheme"),
    [
        ({"type": "http", "scheme": "https"}, "https"),
        ({"type": "http"}, "http"),
        ({"type": "websocket"}, "ws"),
        ({"type": "http", "scheme": ""}, "http"),
        ({"type": "http", "scheme": "made-up"}, "_OTHER"),
        ({"type": "http", "scheme": 5}, "_OTHER"),
    ],
    ids=repr,
)
def test_a_scheme_is_one_of_a_few(scope: Any, scheme: str) -> None:
    """Since metrics are told apart by it."""
    assert scheme_of(scope) == scheme
