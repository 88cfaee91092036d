"""What was meant by an entry is written as a browser serialises it."""

from __future__ import annotations

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.middleware.cors.serialised import punycode, serialised


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://Example.ORG/A?b#c", "https://example.org"),
        ("https://example.org\\a", "https://example.org"),
        ("https://example.org?a=/@b", "https://example.org"),
        ("https://user:se@cret@example.org:8443/", "https://example.org:8443"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:80", "http://example.org"),
        ("http://example.org:443", "http://example.org:443"),
        ("http://example.org:", "http://example.org"),
        ("wss://Example.org:443/live", "https://example.org"),
        ("ws://Example.org:81", "http://example.org:81"),
        ("https://*.Example.org:*", "https://*.example.org:*"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("http://[::0001]:80/", "http://[::1]"),
        ("http://[2001:DB8::1]:81", "http://[2001:db8::1]:81"),
        ("http://[::ffff:1.2.3.4]:81", "http://1.2.3.4:81"),
        ("http://[fe80::1%25eth0]", "http://[fe80::1]"),
        ("http://*.1.2.3.4:81", "http://1.2.3.4:81"),
        ("App://Host/x", "app://Host"),
    ],
)
def test_what_a_browser_would_send(url: str, origin: str) -> None:
    """For a URL, or for what has stars in it."""
    assert serialised(url) == origin


@given(st.text(max_size=40) | st.text("ahtps:/[]@%*.1é", max_size=20))
def test_any_text_has_an_answer(url: str) -> None:
    """It is checked by whoever asks, as any other entry is."""
    assert isinstance(serialised(url), str)


@pytest.mark.parametrize(
    "host",
    ["bücher.example", "straße.example", "例え.テスト", "BÜCHER.example", "a.é", "ﬁ.é.example"],
)
def test_punycode_is_that_of_browsers(host: str) -> None:
    """As UTS 46 says, without the transition: ``ß`` stays what it is."""
    assert punycode(host) == idna.encode(host, uts46=True).decode()
