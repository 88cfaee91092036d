"""Secrets in headers."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.redaction import DEFAULT, Redaction

MASKED = {
    "bearer": (b"authorization", b"Bearer abc", b"Bearer [redacted]"),
    "digest": (b"Proxy-Authorization", b'Digest username="u"', b"Digest [redacted]"),
    "no-scheme": (b"authorization", b"abc", b"[redacted]"),
    "unknown-scheme": (b"authorization", b"secret1 secret2", b"[redacted]"),
    "cookie": (b"cookie", b"a=b; c = d;e", b"a=[redacted]; c =[redacted];[redacted]"),
    "cookie-empty": (b"cookie", b"a=; b=1", b"a=; b=[redacted]"),
    "set-cookie": (
        b"set-cookie",
        b"a=b=c; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly; x=y",
        b"a=[redacted]; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly; [redacted]",
    ),
    "set-cookie-folded": (b"set-cookie", b"a=b; path=/, c=d", b"a=[redacted]; [redacted]"),
    "api-key": (b"X-API-Key", b"abc", b"[redacted]"),
    "amz": (b"x-amz-security-token", b"abc", b"[redacted]"),
    "referer": (b"referer", b"https://h/p?token=a&b=1#c", b"https://h/p?token=[redacted]&b=1#c"),
    "referer-nested": (
        b"referer",
        b"https://h/?next=https%3A%2F%2Fh%2F%3Ftoken%3Da&b=1",
        b"https://h/?next=[redacted]&b=1",
    ),
    "location": (b"location", b"/cb#access_token=a&x=1", b"/cb#access_token=[redacted]&x=1"),
    "link": (
        b"link",
        b'<https://h/?sig=a>; rel="next"',
        b'<https://h/?sig=[redacted]>; rel="next"',
    ),
    "refresh": (b"refresh", b"0; url=https://u:p@h/", b"0; url=https://[redacted]@h/"),
    "any-bearer": (b"x-forwarded-auth-info", b"Bearer abc", b"[redacted]"),
    "other-bearer": (b"x-original", b"Bearer abc", b"Bearer [redacted]"),
    "other-jwt": (b"x-user", b"eyJhIjox.eyJiIjoy.c", b"[redacted]"),
    "challenge": (b"www-authenticate", b'Bearer realm="a"', b'Bearer realm="a"'),
    "cors": (b"access-control-allow-credentials", b"true", b"true"),
    "subprotocol": (b"sec-websocket-protocol", b"chat, bearer, abc", b"chat, bearer,[redacted]"),
    "host": (b"host", b"localhost:8000", b"localhost:8000"),
    "latin-1": (b"x-name", b"caf\xe9", b"caf\xe9"),
    "empty": (b"authorization", b"", b""),
}


@pytest.mark.parametrize(("name", "value", "expected"), MASKED.values(), ids=MASKED.keys())
def test_the_value_of_a_header_is_masked(name: bytes, value: bytes, expected: bytes) -> None:
    """Scheme, cookie names and attributes, and URLs stay readable."""
    pairs, names = DEFAULT.headers([(name, value)])
    assert [(name, expected)] == pairs
    assert (value != expected) == bool(names)


MALFORMED: dict[str, tuple[Any, Any]] = {
    "text": (("Authorization", "Bearer abc"), ("Authorization", "Bearer [redacted]")),
    "list": ([b"x-token", b"abc"], [b"x-token", b"[redacted]"]),
    "three": ((b"x-token", b"a", b"b"), (b"x-token", b"[redacted]", b"[redacted]")),
    "one": ((b"cookie",), (b"cookie",)),
    "none": (None, None),
    "empty": ((), ()),
    "line": (b"x-token: abc", b"x-token: [redacted]"),
    "no-value": ((b"cookie", None), (b"cookie", None)),
    "number": ((b"x-pin", 1234), (b"x-pin", "[redacted]")),
    "no-name": ((None, b"Bearer abc"), (None, b"Bearer [redacted]")),
}


@pytest.mark.parametrize(("pair", "expected"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_pair_keeps_its_form_and_loses_its_secret(pair: Any, expected: Any) -> None:
    """What breaks the specification is recorded as it is, too."""
    assert [expected] == DEFAULT.headers([pair])[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["graphql-transport-ws", "v12.stomp"], ["graphql-transport-ws", "v12.stomp"]),
        (["access_token", "abc"], ["access_token", "[redacted]"]),
        (["openai-insecure-api-key.sk-1"], ["openai-insecure-api-key.[redacted]"]),
        (["base64url.bearer.authorization.k8s.io.YQ"], ["base64url.bearer.[redacted]"]),
        (["eyJhIjox.eyJi.c"], ["[redacted]"]),
    ],
    ids=["plain", "after-a-name", "api-key", "kubernetes", "jwt"],
)
def test_tokens_among_subprotocols_are_masked(values: list[str], expected: list[str]) -> None:
    """Browsers can send a token with a WebSocket in no other header."""
    shown, names = DEFAULT.subprotocols(values)
    assert expected == shown
    assert (values != expected) == bool(names)


def test_added_and_shown_names_count_for_headers() -> None:
    """The options are about names, wherever they stand."""
    policy = Redaction(names=["x-tenant"], show=["x-csrf-token"])
    pairs, names = policy.headers([(b"X-Tenant", b"a"), (b"x-csrf-token", b"b")])
    assert pairs == [(b"X-Tenant", b"[redacted]"), (b"x-csrf-token", b"b")]
    assert names == ("x-tenant",)
