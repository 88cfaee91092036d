"""An entry is written as a browser writes an origin; any other one is refused, with the mend."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.middleware.cors.origins import matching, split
from asgi_mw.middleware.cors.patterns import Pattern, Refused, parse

TAKEN = {
    "https://example.org": Pattern("https", "example.org", "", subdomains=False),
    "http://example.org:8080": Pattern("http", "example.org", "8080", subdomains=False),
    "http://example.org:443": Pattern("http", "example.org", "443", subdomains=False),
    "https://example.org:80": Pattern("https", "example.org", "80", subdomains=False),
    "https://*.example.org": Pattern("https", "example.org", "", subdomains=True),
    "https://*.a.example.co.uk:81": Pattern("https", "a.example.co.uk", "81", subdomains=True),
    "https://example.org:*": Pattern("https", "example.org", "*", subdomains=False),
    "http://localhost": Pattern("http", "localhost", "", subdomains=False),
    "http://*.localhost:*": Pattern("http", "localhost", "*", subdomains=True),
    "http://intranet": Pattern("http", "intranet", "", subdomains=False),
    "http://127.0.0.1:8000": Pattern("http", "127.0.0.1", "8000", subdomains=False),
    "https://[2001:db8::1]": Pattern("https", "[2001:db8::1]", "", subdomains=False),
    "http://[::1]:*": Pattern("http", "[::1]", "*", subdomains=False),
    "https://xn--bcher-kva.example": Pattern(
        "https", "xn--bcher-kva.example", "", subdomains=False
    ),
    "https://example.org.": Pattern("https", "example.org.", "", subdomains=False),
    "https://a_b.example": Pattern("https", "a_b.example", "", subdomains=False),
    "chrome-extension://A1B2": Pattern("chrome-extension", "A1B2", "", subdomains=False),
    "capacitor://localhost": Pattern("capacitor", "localhost", "", subdomains=False),
    "chrome-extension://abcdefghijklmnop": Pattern(
        "chrome-extension", "abcdefghijklmnop", "", subdomains=False
    ),
}
REFUSED = {
    "": ("is no origin", "write scheme and host, as https://example.org"),
    "example.org": ("is no origin", "write scheme and host, as https://example.org"),
    "https:example.org": ("is no origin", "write scheme and host, as https://example.org"),
    "https://": ("is no origin", "write scheme and host, as https://example.org"),
    "https:///a": ("is no origin", "write scheme and host, as https://example.org"),
    "é://a": ("is no origin", "write scheme and host, as https://example.org"),
    **dict.fromkeys(
        [
            "https://a.example,https://b.example",
            "https://a.example https://b.example",
            "https://a.example; https://B.example/",
        ],
        ("holds several origins", "write a list: ['https://a.example', 'https://b.example']"),
    ),
    "https://example.org/": ("an origin has no / at its end", "write https://example.org"),
    "https://example.org/a": ("an origin has no path", "write https://example.org"),
    "https://example.org?a=1": ("an origin has no query", "write https://example.org"),
    "https://example.org#a": ("an origin has no fragment", "write https://example.org"),
    "https://example.org\\a": ("an origin has no path", "write https://example.org"),
    "https://me@example.org": ("an origin has no user name", "write https://example.org"),
    "https://Example.org": ("browsers send origins in lower case", "write https://example.org"),
    "HTTPS://example.org": ("browsers send origins in lower case", "write https://example.org"),
    "https://bücher.example": (
        "browsers send international names in punycode",
        "write https://xn--bcher-kva.example",
    ),
    "https://xn--f": ("xn--f is no punycode", "write what the browser shows as the origin"),
    "https://example.org:443": (
        "browsers leave the default port out",
        "write https://example.org",
    ),
    "http://example.org:80": ("browsers leave the default port out", "write http://example.org"),
    "http://[::1]:80": ("browsers leave the default port out", "write http://[::1]"),
    "https://*.example.org:443": (
        "browsers leave the default port out",
        "write https://*.example.org",
    ),
    "https://example.org:": ("there is no port behind the colon", "write https://example.org"),
    **dict.fromkeys(
        [
            "https://example.org:0",
            "https://example.org:081",
            "https://example.org:65536",
            "https://example.org:1234567890",
            "https://example.org:-1",
            "https://example.org:a",
            "https://example.org:**",
            "https://example.org:81:82",
        ],
        (
            "its port is no number from 1 to 65535",
            "write it as https://example.org:8443",
        ),
    ),
    **dict.fromkeys(
        [
            "https://*example.org",
            "https://example*.org",
            "https://example.*",
            "https://*.*.org",
            "https://*shop.netlify.app",
            "https://*-a..example.org",
        ],
        (
            "a * can only stand for whole labels at the front or for the port",
            "write https://*.example.org for subdomains, https://example.org:* for any port",
        ),
    ),
    **{
        text: ("a * can only stand for whole labels at the front or for the port", mend)
        for text, mend in {
            "https://*": "write ['*'] alone for everybody, or name the hosts",
            "https://*:*": "write ['*'] alone for everybody, or name the hosts",
            "https://**.example.org:81": (
                "write https://*.example.org:81, which stands for one or more labels"
            ),
            "https://*.*.example.org": (
                "write https://*.example.org, which stands for one or more labels"
            ),
            "https://a.*.example.org:*": (
                r"write allow_origin_regex=r'https://a\.[a-z0-9-]+\.example\.org(?::[0-9]+)?'"
            ),
            "https://pr-*.shop.example.org:81": (
                r"write allow_origin_regex=r'https://pr-[a-z0-9-]+\.shop\.example\.org:81'"
            ),
            "https://*--shop.netlify.app": (
                r"write allow_origin_regex=r'https://[a-z0-9-]+--shop\.netlify\.app', "
                "if nobody else can have such a name below netlify.app"
            ),
        }.items()
    },
    "*://example.org": ("a * cannot stand for a scheme", "write http:// or https://"),
    "ftp://example.org": (
        "its scheme is neither http nor https",
        "write https://, or set dangerously_allow_schemes=('ftp',)",
    ),
    "ws://example.org:81": (
        "the Origin of a handshake is that of the page, http or https",
        "write http://example.org:81",
    ),
    "wss://example.org": (
        "the Origin of a handshake is that of the page, http or https",
        "write https://example.org",
    ),
    "file://a": (
        "browsers send null for pages of this scheme, Electron file://",
        (
            "for Electron write file:// and set dangerously_allow_schemes=('file',), "
            "for browsers see dangerously_allow_null_origin"
        ),
    ),
    "capacitor://*.localhost": (
        "of this scheme only exact origins are allowed",
        "write each origin out",
    ),
    "capacitor://localhost:*": (
        "of this scheme only exact origins are allowed",
        "write each origin out",
    ),
    **dict.fromkeys(
        [" https://example.org", "https://example.org\n", "https://exa mple.org", "https://a\x00.b"],
        ("has spaces or control characters in it", "take them out"),
    ),
    **dict.fromkeys(
        ["https://.example.org", "https://a..b", "https://example.org..", "https://."],
        ("its host has an empty label", "write scheme and host, as https://example.org"),
    ),
    **dict.fromkeys(
        ["https://a,b", "https://a%2eb", "https://$a", "https://a;b"],
        ("its host has characters that no host has", "write scheme and host, as https://example.org"),
    ),
    **dict.fromkeys(
        [f"https://{'a' * 64}.org", f"https://{'a.' * 126}org", f"https://*.{'a.' * 124}orgs"],
        (
            "its host is longer than a host can be",
            "a label has at most 63 characters, a host 253",
        ),
    ),
    **dict.fromkeys(
        ["http://1", "http://127.1", "http://256.0.0.1", "http://a.1", "http://0x7f.0.0.1",
         "http://a.0x7f", "http://01.2.3.4", "http://127.0.0.1.", "http://[a]"],
        ("its host is no IP address", "write it as http://127.0.0.1:8000"),
    ),
    **dict.fromkeys(
        ["http://[::1", "http://[::1]a", "http://[::1]."],
        ("its brackets hold no IPv6 address", "write it as http://[::1]:8000"),
    ),
    "http://[::0001]": ("browsers send the shortest form of an address", "write http://[::1]"),
    "http://[::0001]:80": ("browsers send the shortest form of an address", "write http://[::1]"),
    "http://[::ffff:1.2.3.4]:81": ("is an IPv4 address in IPv6", "write http://1.2.3.4:81"),
    "http://[fe80::1%eth0]": ("an origin has no zone", "write http://[fe80::1]"),
    "http://*.127.0.0.1:81": ("an address has no subdomains", "write http://127.0.0.1:81"),
    # What is wrong in several ways is mended in all of them
    "https://Shop.example/": ("an origin has no / at its end", "write https://shop.example"),
    "https://example.org:443/": ("an origin has no / at its end", "write https://example.org"),
    "https://example.org/@a": ("an origin has no path", "write https://example.org"),
    "https://u:p@Shop.example:443/": ("an origin has no user name", "write https://shop.example"),
    "https://bücher.example/": (
        "an origin has no / at its end",
        "write https://xn--bcher-kva.example",
    ),
    "https://BÜCHER.example:443": (
        "browsers send international names in punycode",
        "write https://xn--bcher-kva.example",
    ),
    "http://[::0001]:80/": ("an origin has no / at its end", "write http://[::1]"),
    "WS://Shop.example": (
        "the Origin of a handshake is that of the page, http or https",
        "write http://shop.example",
    ),
    "Chrome-Extension://AbC/": (
        "an origin has no / at its end",
        "write chrome-extension://AbC",
    ),
    "OTHER-extension://abc": (
        "its scheme is neither http nor https",
        "write https://, or set dangerously_allow_schemes=('other-extension',)",
    ),
    "file:///x": (
        "browsers send null for pages of this scheme, Electron file://",
        (
            "for Electron write file:// and set dangerously_allow_schemes=('file',), "
            "for browsers see dangerously_allow_null_origin"
        ),
    ),
    "https://example..ORG": (
        "browsers send origins in lower case",
        "write scheme and host, as https://example.org",
    ),
    "https://a℀/": (
        "an origin has no / at its end",
        "write scheme and host, as https://example.org",
    ),
    **{
        f"{scheme}://*.{suffix}{port}": (
            reason.format(suffix),
            (
                f"write {scheme}://*.yours.{suffix}{port}, or set "
                "dangerously_allow_public_suffixes=True if all of them are yours"
            ),
        )
        for reason, suffixes in {
            "anybody may register a name under {}, a public suffix": [
                "com", "co.uk", "github.io", "com.",
            ],
            "{} is a whole top-level domain: in each network its names are somebody else's": [
                "internal", "local", "test", "internal.",
            ],
        }.items()
        for suffix in suffixes
        for scheme, port in [("https", ""), ("http", ":*")]
    },
}  # fmt: skip
SCHEMES = frozenset({"capacitor", "chrome-extension"})


@pytest.mark.parametrize(("text", "pattern"), TAKEN.items(), ids=TAKEN)
def test_an_origin_is_taken_apart(text: str, pattern: Pattern) -> None:
    """Scheme, host, port, and whether it stands for what is below the host."""
    assert parse(text, SCHEMES, public_suffixes=False) == pattern


@pytest.mark.parametrize(
    ("text", "reason", "mend"),
    [(text, *why) for text, why in REFUSED.items()],
    ids=[ascii(text)[:60] for text in REFUSED],
)
def test_anything_else_is_refused(text: str, reason: str, mend: str) -> None:
    """With the reason, and with what was meant where that can be told."""
    with pytest.raises(Refused) as caught:
        parse(text, SCHEMES, public_suffixes=False)

    assert (caught.value.reason, caught.value.mend) == (reason, mend)


@pytest.mark.parametrize("suffix", ["com", "co.uk", "github.io", "internal"])
def test_public_suffixes_can_be_allowed(suffix: str) -> None:
    """By an option with a name that says what it is."""
    pattern = parse(f"https://*.{suffix}", (), public_suffixes=True)

    assert pattern == Pattern("https", suffix, "", subdomains=True)


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("http://localhost:3000", True),
        ("http://localhost.", True),
        ("http://app.localhost", True),
        ("http://*.localhost:*", True),
        ("http://127.0.0.1", True),
        ("http://127.9.9.9:81", True),
        ("http://[::1]:81", True),
        ("http://notlocalhost", False),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
        ("http://[2001:db8::1]", False),
        ("http://127.0.0.1.example", False),
    ],
)
def test_what_can_only_be_this_machine(text: str, loopback: bool) -> None:  # noqa: FBT001  # a table
    """Plain http is safe there."""
    assert parse(text, (), public_suffixes=False).loopback is loopback


@given(
    st.text(max_size=40)
    | st.from_regex(r"https?://(\*\.)?[a-z0-9.-]{1,20}(:[0-9*]{1,5})?", fullmatch=True)
)
def test_whatever_is_written_is_taken_or_refused(text: str) -> None:
    """And an exact origin that is taken is one that can come."""
    try:
        pattern = parse(text, (), public_suffixes=True)
    except Refused:
        return
    if not pattern.subdomains and pattern.port != "*":
        assert split(text.encode("ascii")) is not None


HOSTS = (
    "Shop.example bücher.example BÜCHER.example ﬁ.test. a℀ a..b https local com co.uk localhost "
    "127.1 1.2.3.4 [::0001] [::ffff:1.2.3.4] [fe80::1%25a]"
)
PARTS = st.tuples(
    st.sampled_from(["https", "http", "HTTPS", "ws", "wss", "app", "APP", "ftp", "file", "*"]),
    st.sampled_from(["", "", "", "user@", "a:b@", "*.", "*."]),
    st.sampled_from([*HOSTS.split(" "), "", "a" * 64, "é" * 60]) | st.text(max_size=6),
    st.sampled_from(["", "", ":", ":80", ":443", ":*", ":081", ":8080", ":65536"]),
    st.sampled_from(["", "", "/", "/a?b#c", "?", "#x", "\\", "/@b", ",https://b.example", " "]),
).map(lambda parts: f"{parts[0]}://{''.join(parts[1:])}")


@given(PARTS, st.booleans())
def test_an_origin_that_a_mend_proposes_is_accepted(text: str, wide: bool) -> None:  # noqa: FBT001  # a property
    """Nobody is sent from one refusal to the next."""
    try:
        parse(text, {"app"}, public_suffixes=wide)
    except Refused as refused:
        proposed = re.search(r"^write ([^\s,=]+://[^\s,]+)", refused.mend)
        if proposed is not None:
            parse(proposed[1], {"app"}, public_suffixes=wide)


@given(
    st.from_regex(
        r"https://([a-z*-]{1,6}\.){0,3}[a-z*-]{1,9}\.(org|com|app)(:81|:\*)?", fullmatch=True
    )
)
def test_a_regex_that_a_mend_proposes_matches_what_was_meant(text: str) -> None:
    """One label for each ``*``, and no dot."""
    try:
        parse(text, (), public_suffixes=False)
    except Refused as refused:
        if regex := re.search(r"^write allow_origin_regex=r'(.*)'", refused.mend):
            allows = matching(re.compile(regex[1]))
            meant = re.sub(r"\*+", "a", text.replace(":*", ":81"))
            assert allows(meant.encode("ascii"))
            assert not allows(re.sub(r"\*+", "a.b", text.replace(":*", ":81")).encode("ascii"))
            assert not allows(meant.replace("://", "://evil.example.", 1).encode("ascii"))


@pytest.mark.parametrize("text", ["file:///", "FILE://", "file://a", "file://a:1", "file://*.a"])
def test_electron_has_one_origin(text: str) -> None:
    """``file://``, and by choice alone."""
    taken = parse("file://", {"file"}, public_suffixes=False)
    with pytest.raises(Refused, match="of this scheme there is one origin") as caught:
        parse(text, {"file"}, public_suffixes=False)

    assert Pattern("file", "", "", subdomains=False) == taken
    assert "write file://" == caught.value.mend
