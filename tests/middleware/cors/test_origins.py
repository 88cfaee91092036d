"""Origins are compared byte for byte, patterns by whole labels, and nothing else gets in."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.middleware.cors import Policy
from asgi_mw.middleware.cors.origins import (
    MOST_ORIGIN,
    Origin,
    lines,
    matching,
    split,
    wildcards,
)
from asgi_mw.middleware.cors.patterns import Pattern, parse
from asgi_mw.middleware.cors.policy import compile_policy

LISTED = [
    "https://example.org",
    "http://example.com:8080",
    "https://*.example.net",
    "https://*.deep.example.dev:8443",
    "https://ports.example.org:*",
    "https://*.both.example.org:*",
    "http://127.0.0.1:*",
    "http://[::1]:*",
    "http://[2001:db8::1]:9000",
    "https://xn--bcher-kva.example",
    "https://final.example.",
    "http://localhost:3000",
    "http://under_score.example",
]
ALLOWED = [
    "https://example.org",
    "http://example.com:8080",
    "https://a.example.net",
    "https://a.b.c.example.net",
    "https://a-b.example.net",
    "https://a_b.example.net",
    "https://1.example.net",
    "https://xn--bcher-kva.example.net",
    f"https://{'a' * 63}.example.net",
    "https://a.deep.example.dev:8443",
    "https://ports.example.org",
    "https://ports.example.org:1",
    "https://ports.example.org:8443",
    "https://ports.example.org:65535",
    "https://a.both.example.org",
    "https://a.b.both.example.org:444",
    "http://127.0.0.1",
    "http://127.0.0.1:5173",
    "http://[::1]",
    "http://[::1]:5173",
    "http://[2001:db8::1]:9000",
    "https://xn--bcher-kva.example",
    "https://final.example.",
    "http://localhost:3000",
    "http://under_score.example",
]
DENIED = [
    # another scheme, host or port
    "http://example.org",
    "https://example.org:8080",
    "https://example.org:443",
    "http://example.com",
    "http://example.com:80",
    "http://example.com:80800",
    "https://localhost:3000",
    "http://localhost",
    "http://localhost:30000",
    "wss://example.org",
    # the case, the end, the form
    "https://EXAMPLE.org",
    "HTTPS://example.org",
    "https://example.org/",
    "https://example.org.",
    "https://final.example",
    "https://example.org ",
    " https://example.org",
    "https://bücher.example",
    "example.org",
    "//example.org",
    "https:example.org",
    "https:///example.org",
    "https://",
    "",
    "*",
    "null",
    "NULL",
    "Null",
    "https://example.org,https://example.org",
    "https://example.org https://example.org",
    # not the apex, not half a label
    "https://example.net",
    "https://.example.net",
    "https://..example.net",
    "https://a..example.net",
    "https://aexample.net",
    "https://-example.net.evil.example",
    "https://a.example.net.",
    "https://a.example.net:8443",
    "https://a.example.net:443",
    "http://a.example.net",
    "https://A.example.net",
    "https://*.example.net",
    f"https://{'a' * 64}.example.net",
    f"https://{'a' * 4096}.example.net",
    f"https://{'a.' * 2048}example.net",
    "https://deep.example.dev:8443",
    "https://a.deep.example.dev",
    "https://a.deep.example.dev:84430",
    "https://both.example.org",
    # what an unanchored or unescaped pattern lets in
    "https://example.org.evil.example",
    "https://evil.example/example.org",
    "https://evilexample.org",
    "https://exampleXorg",
    "https://a.exampleXnet",
    "https://aXexample.net",
    "https://exampleXnet",
    "https://evil.example/.example.net",
    "https://evil.example#.example.net",
    "https://evil.example?.example.net",
    "https://evil.example\\.example.net",
    "https://user@a.example.net",
    "https://user:secret@a.example.net",
    "https://a.example.net@evil.example",
    "https://evil.example:80.example.net",
    "https://evil.example:443@a.example.net",
    "https://evil.example%2f.example.net",
    "https://evil.example\t.example.net",
    "https://evil.example\x00.example.net",
    "https://evil.example\r\n.example.net",
    "https://évil.example.net",
    "https://evil\x85.example.net",
    "https://evil&.example.net",
    "https://evil;.example.net",
    "https://evil(.example.net",
    "https://evil'.example.net",
    "https://evil`.example.net",
    "https://evil{.example.net",
    "https://evil|.example.net",
    "https://[::1].example.net",
    # ports
    "https://ports.example.org:",
    "https://ports.example.org:0",
    "https://ports.example.org:01",
    "https://ports.example.org:65536",
    "https://ports.example.org:123456",
    "https://ports.example.org:-1",
    "https://ports.example.org:*",
    "https://ports.example.org:80a",
    "https://ports.example.org:٣",
    "https://ports.example.org:80:80",
    "https://ports.example.org:80/",
    "https://ports.example.org8443",
    "https://a.ports.example.org:8443",
    # addresses
    "http://127.0.0.1.",
    "http://127.0.0.1.evil.example",
    "http://127.1",
    "http://[::1",
    "http://::1",
    "http://[::1]:",
    "http://[::1]evil",
    "http://[::1].evil.example",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::1%lo]",
    "http://[]",
]


def allows(entries: list[str], origin: str) -> bool:
    """Whether a policy with these *entries* allows *origin*."""
    problems = Problems("cors")
    compiled = compile_policy(Policy(allow_origins=entries), problems, Faults("cors"))
    problems.check()
    value = origin.encode("utf-8", "surrogatepass")
    return value in compiled.exact or any(test(value) for test in compiled.matchers)


@pytest.mark.parametrize("origin", ALLOWED)
def test_what_is_listed_gets_in(origin: str) -> None:
    """Exactly, or by a pattern."""
    assert allows(LISTED, origin)


@pytest.mark.parametrize("origin", DENIED, ids=lambda origin: ascii(origin)[:60])
def test_nothing_else_gets_in(origin: str) -> None:
    """By the same list."""
    assert not allows(LISTED, origin)


@pytest.mark.parametrize(
    ("entries", "origin"),
    [
        (["https://foo.com", "https://bar.com"], "https://barfoo.com"),
        (["https://foo.com", "https://bar.com"], "https://foobar.com"),
        (["https://*.foo.com", "https://*.bar.com"], "https://barfoo.com"),
        (["https://*.foo.com", "https://*.bar.com"], "https://bar.foo.com.bar"),
        (["https://*.foo.com:*", "https://bar.com:*"], "https://barfoo.com"),
        (["https://*.foo.com:*", "https://bar.com:*"], "https://foo.bar.com:1"),
        (["https://a.foo.com", "https://*.b.foo.com"], "https://c.foo.com"),
    ],
)
def test_entries_do_not_add_up(entries: list[str], origin: str) -> None:
    """GHSA-vhxv-fg4m-p2w8: two patterns together let in what neither of them does."""
    assert not allows(entries, origin)


HOSTS = st.one_of(
    st.lists(st.text("ab-_1", min_size=1, max_size=4), min_size=1, max_size=4).map(".".join),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address.compressed}]"),
    st.text("ab.:-_[]%@/\\?#*é \x00", max_size=12),
)
PORTS = st.one_of(
    st.just(""), st.integers(-1, 70_000).map(":{}".format), st.text(":01a", max_size=4)
)
SCHEMES = st.sampled_from(["https", "http", "ftp", "HTTP", "", "a+b", "1a", "htt ps"])
ORIGINS = st.one_of(
    st.tuples(SCHEMES, st.sampled_from(["://", "://", "://", ":", "//"]), HOSTS, PORTS).map(
        "".join
    ),
    st.text(max_size=30),
)


def independent(origin: str) -> tuple[str, str, str] | None:
    """Another reading of a serialised origin, by the standard library's parser of URLs."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://[a-z0-9_.:\[\]-]+", origin) or len(origin) > 267:
        return None
    try:
        url = urlsplit(origin)
        port = url.port
    except ValueError:
        return None
    if url.hostname is None or url.netloc.endswith(":") or port == 0:
        return None
    host = url.hostname
    if "[" in url.netloc:
        if re.fullmatch(r"[0-9a-f:.]*", host) is None:
            return None
        ipaddress.IPv6Address(host)
        host = f"[{host}]"
    elif not all(0 < len(label) < 64 for label in host.removesuffix(".").split(".")):
        return None
    shown = "" if port is None else f":{port}"
    return (url.scheme, host, shown) if origin == f"{url.scheme}://{host}{shown}" else None


@given(ORIGINS)
@example("https://a:080")
@example("https://[::ffff:1.2.3.4]")
@example("https://[::1]a:80")
@example("https://a.:80")
@example("https://.")
def test_an_origin_is_read_as_an_independent_parser_reads_it(origin: str) -> None:
    """What the other one takes apart we take apart alike, brackets aside that hold no address."""
    ours = split(origin.encode("utf-8", "surrogatepass"))
    try:
        theirs = independent(origin)
    except ValueError:
        return
    if "[" in origin and ours is None:
        return  # never equal to a table's key, whichever of the two is stricter
    expected = theirs and Origin(f"{theirs[0]}://".encode(), theirs[1].encode(), theirs[2].encode())
    assert ours == expected


LABELS = st.lists(st.sampled_from(["a", "b", "foo", "bar", "x-y"]), min_size=1, max_size=4)


@given(
    st.lists(st.tuples(LABELS, st.sampled_from(["", "*", "81"]), st.booleans()), max_size=5),
    LABELS,
    st.sampled_from(["", ":81", ":82"]),
)
def test_patterns_match_as_they_are_explained(
    entries: list[tuple[list[str], str, bool]], labels: list[str], port: str
) -> None:
    """Label by label, one entry after the other, without any table."""
    patterns = [
        Pattern("https", ".".join(suffix), wanted, below) for suffix, wanted, below in entries
    ]
    expected = any(
        (
            labels[-len(suffix) :] == suffix and len(labels) > len(suffix)
            if below
            else labels == suffix
        )
        and (wanted == "*" or (f":{wanted}" if wanted else "") == port)
        and (below or wanted == "*")  # exact origins are in another table
        for suffix, wanted, below in entries
    )
    test = wildcards(patterns)
    origin = f"https://{'.'.join(labels)}{port}".encode()

    assert (test is not None and test(origin)) is expected


@pytest.mark.parametrize(
    ("origin", "matches"),
    [
        ("https://a.example.org", True),
        ("https://a.example.org.evil.example", False),
        ("https://evil.example/.example.org", False),
        ("https://user@a.example.org", False),
        ("https://a.example.org\n", False),
        ("https://é.example.org", False),
        (f"https://{'a' * 4096}.example.org", False),
        (f"https://{'a.' * 123}.example.org", False),
        ("null", False),
    ],
    ids=lambda value: ascii(value)[:50],
)
def test_a_regex_matches_whole_origins(origin: str, matches: bool) -> None:  # noqa: FBT001  # a table
    """However careless it is: it is never run on what is no origin."""
    assert matching(re.compile(r"https://.*\.example\.org"))(origin.encode()) is matches
    assert matching(re.compile("null|https://.*"))(b"null") is False


def test_a_regex_is_not_run_on_what_is_longer_than_an_origin() -> None:
    """So that a slow one stays bounded: it is never asked."""

    class Unasked:
        def fullmatch(self, text: str) -> None:
            raise AssertionError(text)

    test = matching(Unasked())  # type: ignore[arg-type]  # a pattern cannot be inherited from

    assert test(b"https://" + b"a." * 130) is False
    assert test(b"https://" + b"a" * 4096) is False
    assert MOST_ORIGIN == 267


def test_all_lines_are_found_whatever_their_case() -> None:
    """And where a server gives pairs that are none."""
    pairs = [(b"origin", b"1"), (b"accept", b"x"), (b"Origin", b"2"), (b"ORIGIN", b"3")]

    assert lines(pairs, b"origin") == [b"1", b"2", b"3"]
    assert lines([*pairs, (b"a",)], b"origin") == [b"1", b"2", b"3"]  # type: ignore[list-item]  # wrong on purpose


def test_only_hosts_of_the_web_are_in_lower_case() -> None:
    """A browser's extension may have capitals in its origin."""
    assert split(b"safari-web-extension://A1B2") == Origin(b"safari-web-extension://", b"A1B2", b"")
    assert split(b"https://A1B2") is None
    assert split(b"http://A1B2") is None
    assert split(b"App://a") is None
    assert matching(re.compile("app://[A-Z]"))(b"app://A") is True


def test_without_a_star_there_is_nothing_to_ask() -> None:
    """Exact origins are found in a table."""
    assert wildcards([parse("https://example.org", (), public_suffixes=False)]) is None
