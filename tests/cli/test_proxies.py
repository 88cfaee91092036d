"""Only a trusted proxy says who the client is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pytest

from asgi_mw.cli.proxies import ANYBODY, behind_proxies, trusted

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

HEADERS = [(b"x-forwarded-for", b"203.0.113.7"), (b"x-forwarded-proto", b"https")]


def seen(scope: dict[str, Any], *proxies: str) -> Scope:
    """The scope that the app gets."""
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    coroutine: Any = behind_proxies(app, proxies)(scope, None, None)  # type: ignore[arg-type]  # nobody calls them
    with pytest.raises(StopIteration):
        coroutine.send(None)
    [found] = scopes
    return found


@pytest.mark.parametrize(
    ("kind", "scheme", "peer", "proxies", "expected"),
    [
        ("http", "http", ("127.0.0.1", 5), ["127.0.0.1"], (("203.0.113.7", 0), "https")),
        ("websocket", "ws", ("127.0.0.1", 5), ["127.0.0.1"], (("203.0.113.7", 0), "wss")),
        ("http", "http", ("192.0.2.1", 5), ["127.0.0.1"], (("192.0.2.1", 5), "http")),
        ("http", "http", ("192.0.2.1", 5), ANYBODY, (("203.0.113.7", 0), "https")),
        ("http", "http", ("2001:db8::1", 5), ANYBODY, (("203.0.113.7", 0), "https")),
        ("http", "http", None, ["127.0.0.1"], (None, "http")),
        ("http", "http", None, ["127.0.0.1", "unix"], (("203.0.113.7", 0), "https")),
        ("http", "http", ("127.0.0.1", 5), [], (("127.0.0.1", 5), "http")),
    ],
)
def test_client_and_scheme(
    kind: str, scheme: str, peer: object, proxies: list[str], expected: object
) -> None:
    """By who connects; the server's scope stays as it is."""
    scope = {"type": kind, "scheme": scheme, "client": peer, "headers": HEADERS}
    before = {**scope}
    found = seen(scope, *proxies)
    assert expected == (found["client"], found["scheme"])
    assert before == scope


def test_a_proxy_that_says_nothing_changes_nothing() -> None:
    """The proxy itself is the client then."""
    scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 5), "headers": []}
    assert scope == seen(scope, "127.0.0.1")


def test_the_lifespan_passes() -> None:
    """It has no headers."""
    scope = {"type": "lifespan"}
    assert scope is seen(scope, "127.0.0.1")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("127.0.0.1,::1", ("127.0.0.1", "::1")),
        ("127.0.0.1, 10.0.0.0/8,", ("127.0.0.1", "10.0.0.0/8")),
        ("unix", ("unix",)),
        ("*", ANYBODY),
        ("", ()),
    ],
)
def test_whom_the_option_names(given: str, expected: tuple[str, ...]) -> None:
    """Nobody else, and nobody on a Unix socket that was not named."""
    assert expected == trusted(given)


def test_what_is_no_address_is_refused() -> None:
    """A name would never be trusted."""
    with pytest.raises(
        click.UsageError, match=r"--forwarded-allow-ips proxy: .* or 10\.0\.0\.0/8, unix"
    ):
        trusted("127.0.0.1,proxy")
