"""The client is the first address from the right that is no trusted proxy."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.client import client_finder, origin_finder, peer
from asgi_mw.errors import Problems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.client import Origin
    from asgi_mw.types import Scope

PROXIES = ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]


def find(
    trusted: Iterable[str], host: Any, *forwarded: str, name: bytes = b"x-forwarded-for"
) -> str | None:
    """Who the client is, by the peer and the lines of the header."""
    problems = Problems("access_log")
    finder = client_finder(trusted, problems)
    problems.check()
    scope: Scope = {"type": "http", "client": None if host is None else (host, 50000)}
    return finder(scope, [(name, line.encode("latin-1")) for line in forwarded])


@pytest.mark.parametrize(
    ("client", "host"),
    [
        (("192.0.2.9", 1), "192.0.2.9"),
        (["192.0.2.9", "1"], "192.0.2.9"),
        (("::1", 1, 0, 0), "::1"),
        (None, None),
        ((), None),
        ([], None),
        (("", "0"), None),
        (("/run/app.sock", None), "/run/app.sock"),
    ],
    ids=repr,
)
def test_the_peer_as_servers_give_it(client: Any, host: str | None) -> None:
    """A tuple, a list, nothing, or an empty name for a Unix socket."""
    assert peer({"type": "http", "client": client}) == host


def test_a_scope_without_client_has_no_peer() -> None:
    """The key may be missing."""
    assert peer({"type": "http"}) is None


@pytest.mark.parametrize(
    ("host", "forwarded", "client"),
    [
        ("203.0.113.5", ["6.6.6.6"], "203.0.113.5"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.7, 10.0.0.9, 192.0.2.1"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.7", "10.0.0.9"], "203.0.113.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["6.6.6.6, unknown, 10.0.0.9"], "10.0.0.9"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7,"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7:8080"], "203.0.113.7"),
        ("10.0.0.1", ["[2001:db9::1]:443"], "2001:db9::1"),
        ("10.0.0.1", ["[2001:db9::1]"], "2001:db9::1"),
        ("10.0.0.1", ["2001:DB9::0:1"], "2001:db9::1"),
        ("10.0.0.1", ["6.6.6.6, [2001:db8::1]:443"], "6.6.6.6"),
        ("10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("2001:db8::7", ["203.0.113.7"], "203.0.113.7"),
        ("192.0.2.1", ["\t203.0.113.7 "], "203.0.113.7"),
        ("192.0.2.2", ["203.0.113.7"], "192.0.2.2"),
        ("10.0.0.1", ["010.0.0.1"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7\x1b[2J"], "10.0.0.1"),
        ("10.0.0.1", ["localhost"], "10.0.0.1"),
        ("10.0.0.1", ["2130706433"], "10.0.0.1"),
        ("10.0.0.1", ["a" * 100], "10.0.0.1"),
        (None, ["6.6.6.6"], None),
        ("", ["6.6.6.6"], None),
        ("testclient", ["6.6.6.6"], "testclient"),
    ],
    ids=[
        "untrusted peer", "no header", "one hop", "a forged left end", "a chain of proxies",
        "a chain over several lines", "proxies only", "garbage within", "garbage only", "empty",
        "an empty last hop", "a port", "brackets and a port", "brackets", "another spelling",
        "a trusted IPv6 hop", "IPv4 in IPv6", "a peer that is IPv4 in IPv6", "an IPv6 proxy",
        "white space", "the next address", "octal", "an escape", "a name", "an integer", "too long",
        "unix, not trusted", "unix of other servers", "no address",
    ],
)  # fmt: skip
def test_who_the_client_is(host: str | None, forwarded: list[str], client: str | None) -> None:
    """What stands to the left of it, or is no address, was written by the client itself."""
    assert find(PROXIES, host, *forwarded) == client


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25]:443", "fe80::1"),
        ("fe80::1%<script>", "10.0.0.1"),
        ("fe80::1%a b", "10.0.0.1"),
        ("fe80::1%\x1b[2J", "10.0.0.1"),
        ("fe80::1%a%b", "10.0.0.1"),
        ("fe80::1%", "10.0.0.1"),
        ("203.0.113.7%eth0", "10.0.0.1"),
    ],
)
def test_a_zone_is_no_part_of_who_the_client_is(forwarded: str, client: str) -> None:
    """It names an interface of another machine; any text is no zone."""
    assert find(PROXIES, "10.0.0.1", forwarded) == client


def test_a_proxy_may_have_a_zone() -> None:
    """As the socket of this machine tells it."""
    assert find(["fe80::/64"], "fe80::7%eth0", "203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize("host", [None, ""])
def test_a_proxy_behind_a_unix_socket(host: str | None) -> None:
    """It has no address, so it is trusted by name."""
    assert find(["unix"], host, "6.6.6.6, 203.0.113.7") == "203.0.113.7"
    assert find(["unix"], host) is None
    assert find(["unix"], "10.0.0.1", "203.0.113.7") == "10.0.0.1"


def test_nobody_is_trusted_by_default() -> None:
    """The header says nothing then."""
    assert find([], "10.0.0.1", "203.0.113.7") == "10.0.0.1"


def test_the_name_of_the_header_has_no_case() -> None:
    """Some servers keep that of the client."""
    assert find(PROXIES, "10.0.0.1", "203.0.113.7", name=b"X-Forwarded-For") == "203.0.113.7"


@pytest.mark.parametrize(
    "line",
    ["10.0.0.2, " * 100_000 + "10.0.0.2", "," * 1_000_000, "1" * 1_000_000, " " * 1_000_000],
    ids=["proxies", "commas", "digits", "spaces"],
)
def test_a_megabyte_is_read_from_its_right_end(line: str) -> None:
    """A bounded part of it; the forged left end is never reached."""
    assert find(PROXIES, "10.0.0.1", "6.6.6.6, " + line) in {"10.0.0.1", "10.0.0.2"}
    assert find(PROXIES, "10.0.0.1", line + ", 203.0.113.7") == "203.0.113.7"


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=20), max_size=4))
def test_any_header_gives_an_address_or_the_peer(lines: list[str]) -> None:
    """A parser of what strangers send never raises."""
    found = find(PROXIES, "10.0.0.1", *lines)

    assert found is not None
    assert str(ip_address(found)) == found


@given(st.ip_addresses(), st.lists(st.ip_addresses(network="10.0.0.0/8"), max_size=5))
def test_proxies_in_front_do_not_hide_the_client(client: Any, proxies: list[Any]) -> None:
    """However many there are."""
    mapped = getattr(client, "ipv4_mapped", None) or client
    if str(mapped) == "192.0.2.1" or str(mapped).startswith(("10.", "2001:db8:")):
        return
    chain = ", ".join(map(str, ["6.6.6.6", client, *proxies]))

    assert find(PROXIES, "10.0.0.1", chain) == str(mapped)


@pytest.mark.parametrize(
    ("trusted", "value"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        (b"10.0.0.0/8", b"10.0.0.0/8"),
        (["10.0.0.1/8"], "10.0.0.1/8"),
        (["proxy.local"], "proxy.local"),
        (["*"], "*"),
        ([""], ""),
        ([5], 5),
        ([None], None),
        (5, 5),
        (None, None),
    ],
    ids=repr,
)
def test_what_is_no_list_of_networks_is_a_problem(trusted: Any, value: object) -> None:
    """Told when the layer is made, with the value."""
    problems = Problems("access_log")
    client_finder(trusted, problems)

    assert [(problem.option, problem.value) for problem in problems.found] == [
        ("trusted_proxies", value)
    ]


def test_every_wrong_network_is_told() -> None:
    """All of them together."""
    problems = Problems("access_log")
    client_finder(["a", "10.0.0.0/8", "b"], problems)

    assert [problem.value for problem in problems.found] == ["a", "b"]


def origin(host: str, *headers: tuple[str, str]) -> Origin | None:
    """Where a request came from, behind :data:`PROXIES`."""
    problems = Problems("tracing")
    finder = origin_finder(PROXIES, problems)
    problems.check()
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return None if finder is None else finder({"type": "http", "client": (host, 1)}, pairs)


FOR, PROTO, HOST = "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"


@pytest.mark.parametrize(
    ("host", "headers", "expected"),
    [
        ("10.0.0.1", [], ("10.0.0.1", None, None)),
        ("10.0.0.1", [(PROTO, "https"), (HOST, "a:1")], ("10.0.0.1", "https", "a:1")),
        ("6.6.6.6", [(FOR, "7.7.7.7"), (PROTO, "https"), (HOST, "a")], ("6.6.6.6", None, None)),
        (
            "10.0.0.1",
            [(FOR, "203.0.113.7, 10.0.0.2"), (PROTO, "https, http"), (HOST, "a, b")],
            ("203.0.113.7", "https", "a"),
        ),
        (
            "10.0.0.1",
            [(FOR, "6.6.6.6, 203.0.113.7"), (PROTO, "https, http"), (HOST, "evil, a")],
            ("203.0.113.7", "http", "a"),
        ),
        ("10.0.0.1", [(PROTO, "http"), (PROTO, "https")], ("10.0.0.1", "https", None)),
        ("10.0.0.1", [(FOR, "7.7.7.7, 10.0.0.2"), (PROTO, "https")], ("7.7.7.7", "https", None)),
        ("10.0.0.1", [(PROTO, "HTTPS"), (HOST, "")], ("10.0.0.1", "https", None)),
        ("10.0.0.1", [(PROTO, "javascript")], ("10.0.0.1", None, None)),
        ("10.0.0.1", [("forwarded", "for=7.7.7.7;proto=https")], ("10.0.0.1", None, None)),
    ],
    ids=[
        "nothing said", "said by the peer", "an untrusted peer", "each proxy added one",
        "a forged left end", "several lines", "set by the last one alone", "case and emptiness",
        "no scheme", "the header that is not read",
    ],
)  # fmt: skip
def test_where_a_request_came_from(
    host: str, headers: list[tuple[str, str]], expected: tuple[str | None, ...]
) -> None:
    """The proxy that saw the client knows its scheme and host."""
    assert origin(host, *headers) == expected


def test_without_trusted_proxies_there_is_nothing_to_ask() -> None:
    """So that nothing is read."""
    assert origin_finder([], Problems("tracing")) is None


@given(st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_any_header_gives_a_scheme_that_is_known_or_none(proto: str, hops: str) -> None:
    """What strangers send never raises."""
    found = origin("10.0.0.1", (FOR, hops), (PROTO, proto), (HOST, proto))

    assert found is not None
    assert found.scheme in {"http", "https", "ws", "wss", None}
