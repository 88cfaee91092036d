"""Secrets in free text."""

from __future__ import annotations

import pytest

from asgi_mw.redaction import DEFAULT
from asgi_mw.redaction.names import compile_names
from asgi_mw.redaction.spans import masked
from asgi_mw.redaction.text import text_spans

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

MASKED = {
    "jwt": (f"/verify/{JWT}/done", "/verify/[redacted]/done"),
    "jwt-glued": (f"x_{JWT}", "[redacted]"),
    "jwt-without-signature": ("got eyJhIjox.eyJi", "got [redacted]"),
    "bearer": ("sent Bearer abc.def, then", "sent Bearer [redacted], then"),
    "basic": ("basic dXNlcjpwdw==", "basic [redacted]"),
    "challenge": ('Bearer realm="x"', 'Bearer realm="x"'),
    "userinfo": ("postgres://me:p@ss@db/x", "postgres://[redacted]@db/x"),
    "equals": ("password=abc id=3", "password=[redacted] id=3"),
    "query": ("/a?x=1&api_key=k&y=2", "/a?x=1&api_key=[redacted]&y=2"),
    "encoded-name": ("/a?api%5Fkey=k", "/a?api%5Fkey=[redacted]"),
    "colon": ("bad token: abc123def for you", "bad token: [redacted] for you"),
    "password-line": ("password: hunter2", "password: [redacted]"),
    "token-line": ("token: abc123def", "token: [redacted]"),
    "token-with-scheme": ("Token: Bearer abc", "Token: [redacted]"),
    "token-without-blank": ("token:abc", "token:[redacted]"),
    "pin-line": ("PIN: 1234", "PIN: [redacted]"),
    "session-in-quotes": ("Session: 'a b'", "Session: '[redacted]'"),
    "session-set": ("session = a", "session = [redacted]"),
    "yaml-block": (
        "password: |\n  s3cr3t\n\n    more\nuser: me",
        "password: |\n  [redacted]\nuser: me",
    ),
    "yaml-block-in-list": (
        "- token: >-  # why\r\n    a\r\n  x: 1",
        "- token: >-  # why\r\n    [redacted]\r\n  x: 1",
    ),
    "yaml-block-empty": ("password: |\nuser: me", "password: |\nuser: me"),
    "heading": ("<h1>Session: opening</h1>", "<h1>Session: opening</h1>"),
    "prose": ("Session: keynote by Ann", "Session: keynote by Ann"),
    "annotation": ("def f(token: str, n: int)", "def f(token: str, n: int)"),
    "exception-by-path": (
        "myapp.auth.InvalidToken: expired",
        "myapp.auth.InvalidToken: expired",
    ),
    "json": ('{"password": "a\\"b", "x": 1}', '{"password": "[redacted]", "x": 1}'),
    "repr": ("{'password': 'a b', 'x': 1}", "{'password': '[redacted]', 'x': 1}"),
    "repr-bytes": ("{b'token': b'a b'}", "{b'token': b'[redacted]'}"),
    "json-in-json": (r'"{\"pin\":\"1\",\"x\":2}"', r'"{\"pin\":\"[redacted]\",\"x\":2}"'),
    "asgi-pairs": (
        "[(b'x-api-key', b'a'), (b'a', b'b')]",
        "[(b'x-api-key', b'[redacted]'), (b'a', b'b')]",
    ),
    "header-and-json": ('{"cookie": {"a": "b"}, "c": 1}', '{"cookie": "[redacted]", "c": 1}'),
    "container": ("credentials={'a': ['b)}']} x", "credentials=[redacted] x"),
    "unclosed": ("token={'a': 'b", "token=[redacted]"),
    "unclosed-quote": ("password='a b\nc", "password='[redacted]\nc"),
    "quote-of-the-source": (
        'dsn = "host=db password=" + quote(x)\n  File "a.py", line 1\n    f("x")',
        'dsn = "host=db password="[redacted]\n  File "a.py", line 1\n    f("x")',
    ),
    "call-of-the-source": (
        'token = jwt.decode(\n  File "a.py", line 1\n    f("x")',
        'token = [redacted]\n  File "a.py", line 1\n    f("x")',
    ),
    "header-in-open-quote": ('"Cookie: a=b\n  File "a.py"', '"Cookie: [redacted]\n  File "a.py"'),
    "escaped-quotes-over-lines": ('token=\\"a b\nc\\"', 'token=\\"[redacted]\\"'),
    "escaped-open-quote": ('token=\\"a b\nc', 'token=\\"[redacted]\nc'),
    "closed-early": ('"password": "a"bcd", "x"', '"password": "[redacted]", "x"'),
    "header": ("Authorization: Bearer a b", "Authorization: Bearer [redacted]"),
    "header-in-quotes": ("curl -H 'Cookie: a=b; c=d' /x", "curl -H 'Cookie: [redacted]' /x"),
    "cookie-line": ("Cookie: a=b; c=d\r\nHost: h", "Cookie: [redacted]\r\nHost: h"),
    "whole-line": ("  password: correct horse\nx: 1", "  password: [redacted]\nx: 1"),
    "quoted": ("ValueError: bad password 'a b'", "ValueError: bad password '[redacted]'"),
    "call": ("f(secret=SecretStr('a b'), x=1)", "f(secret=[redacted], x=1)"),
    "encoded": ("?next=%2Fx%3Ftoken%3Dabc&b=1", "?next=%2Fx%3Ftoken%3D[redacted]&b=1"),
    "two-words": ("API key: abc", "API key: [redacted]"),
    "null": ("password=None, token=null", "password=None, token=null"),
    "exception": ("InvalidTokenError: expired", "InvalidTokenError: expired"),
    "element": ("<a><Password>x</Password></a>", "<a><Password>[redacted]</Password></a>"),
    "cdata": ("<ns:pin><![CDATA[1]]></ns:pin>", "<ns:pin>[redacted]</ns:pin>"),
    "empty-element": ("<pin/><a>1</a>", "<pin/><a>1</a>"),
    "attribute": ('<user pin="12" id="3">', '<user pin="[redacted]" id="3">'),
    "field": (
        '<input value="abc" name="csrf_token"><input name="q" value="1">',
        '<input value="[redacted]" name="csrf_token"><input name="q" value="1">',
    ),
    "named-attribute": (
        '<add key="password" value="x y"/><add key="q" value="1"/>',
        '<add key="password" value="[redacted]"/><add key="q" value="1"/>',
    ),
    "named-element": (
        "<entry><key>password</key><value>x</value></entry><key>q</key><value>1</value>",
        "<entry><key>password</key><value>[redacted]</value></entry><key>q</key><value>1</value>",
    ),
    "private-key": (
        "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY-----",
    ),
    "private-key-cut": ("-----BEGIN PRIVATE KEY-----\nab", "-----BEGIN PRIVATE KEY-----[redacted]"),
    "harmless": ("GET /users/42?page=2 10:30:00", "GET /users/42?page=2 10:30:00"),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("text", "expected"), MASKED.values(), ids=MASKED.keys())
def test_secrets_in_text_are_masked(text: str, expected: str) -> None:
    """The rest of the text stays as it is, and a second look finds nothing new."""
    assert expected == DEFAULT.text(text)
    assert expected == DEFAULT.text(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id eyJhbGci", "id [redacted]"),
        ("at db://me:secr", "at db://[redacted]"),
        ("Basic dXN", "Basic [redacted]"),
        ("token: abcd", "token: [redacted]"),
    ],
    ids=["jwt", "userinfo", "basic", "token"],
)
def test_what_may_be_half_a_secret_counts_where_text_is_cut(text: str, expected: str) -> None:
    """Where the text is whole, it is none."""
    secret = compile_names()
    assert expected == masked(text, text_spans(text, secret, cut=True))
    assert text == masked(text, text_spans(text, secret))


HOSTILE = [
    *["a", "eyJ", "eyJ.", "://", "://a@", "a:", "a=", "a ", ": ", "a b c ", "key: ", "password="],
    *[
        "password=a ",
        "token=a&",
        "token:{",
        "token=(",
        "token='",
        'token=\\"',
        "token",
        "token '",
        "%3D",
        "a%3D",
        '"',
        "\\",
    ],
    *["<", "<a", "<pin>", "</", "bearer ", "basic a", "cookie: x", '"cookie: x', " \t", "\r\n"],
    *[
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "<input name=token value=",
        "%3D",
        "[redacted]",
    ],
]


@pytest.mark.slow
@pytest.mark.parametrize("pattern", HOSTILE)
def test_hostile_text_costs_linear_time(pattern: str) -> None:
    """Quadratic time would be hours for this mebibyte."""
    DEFAULT.text(pattern * (2**20 // len(pattern)))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("['django.contrib.auth', 'django.contrib.sites']", ["auth"]),
        ("['django.middleware.csrf.CsrfViewMiddleware', 'x.y']", ["CsrfViewMiddleware"]),
        ("shop.settings.SECRET_KEY = abc", ["SECRET_KEY"]),
        ("api.key=abc", ["api.key"]),
    ],
)
def test_what_is_masked_is_not_called_by_the_name_of_a_module(text: str, names: list[str]) -> None:
    """As in the settings on Django's page for a crash, where each is masked for the one before."""
    spans = text_spans(text, compile_names())

    assert names == [span.name for span in spans]
