"""Secrets in the snapshot of a scope."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.redaction import DEFAULT

queries = st.lists(
    st.sampled_from([*"ap1=&;%/:@.é ", "pin", "in", "3D", "eyJ", "token"]), max_size=8
).map("".join)


def test_every_part_of_a_scope_is_masked_and_the_rest_kept() -> None:
    """Path, query, headers, subprotocols and what others left are all searched."""
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/reset/token=abc",
        "raw_path": b"/reset/token%3Dabc",
        "query_string": b"password=x&page=1",
        "headers": [(b"cookie", b"a=b"), [b"host", b"h"]],
        "subprotocols": ["bearer", "abc"],
        "client": ("127.0.0.1", 5000),
        "server": None,
        "session": {"user": 1},
        "state": {"db": {"dsn": "pg://u:p@h/x", b"pin": 1, "auth": None}, 3: ["Bearer x"]},
    }
    shown, names = DEFAULT.scope(scope)
    assert shown == {
        "type": "websocket",
        "path": "/reset/token=[redacted]",
        "raw_path": b"/reset/token=[redacted]",
        "query_string": b"password=[redacted]&page=1",
        "headers": [(b"cookie", b"a=[redacted]"), [b"host", b"h"]],
        "subprotocols": ["bearer", "[redacted]"],
        "client": ("127.0.0.1", 5000),
        "server": None,
        "session": "[redacted]",
        "state": {
            "db": {"dsn": "pg://[redacted]@h/x", b"pin": "[redacted]", "auth": None},
            3: ["Bearer [redacted]"],
        },
    }
    assert {"token", "password", "cookie", "subprotocol", "session", "userinfo"} <= {*names}


def test_wrong_types_are_kept() -> None:
    """A server may break the specification; the snapshot shows how."""
    scope = {"headers": None, "query_string": None, "raw_path": None, "subprotocols": [1]}
    assert DEFAULT.scope(scope) == (scope, ())


def test_a_percent_encoded_path_without_secrets_is_kept() -> None:
    """Not a byte of it changes."""
    scope = {"raw_path": b"/caf%C3%A9%2f%zz", "path": "/café"}
    assert DEFAULT.scope(scope) == (scope, ())


def test_the_body_in_the_event_of_a_lambda_is_masked_whole() -> None:
    """It has a copy of the request's, which nobody can search in base64."""
    event = {"body": "eyJwaW4iOiAxfQ==", "isBase64Encoded": True, "rawPath": "/a"}
    shown, names = DEFAULT.scope({"aws.event": event})
    assert shown == {"aws.event": {**event, "body": "[redacted]"}}
    assert names == ("aws.event_body",)
    assert event["body"] == "eyJwaW4iOiAxfQ=="


def test_depth_and_number_of_values_are_bounded() -> None:
    """A value that holds itself twice has an end."""
    knot: list[Any] = []
    knot += knot, knot
    shown, names = DEFAULT.scope({"state": knot})
    assert "depth" in names and "size" in names
    assert isinstance(shown["state"], list)


@given(query=queries)
def test_a_query_is_masked_alike_as_bytes_and_as_text(query: str) -> None:
    """Bytes that are plainly clean are not read, text always is."""
    octets, names = DEFAULT.scope({"query_string": query.encode("latin-1")})
    text, same = DEFAULT.scope({"query_string": query})
    assert (octets["query_string"].decode("latin-1"), names) == (text["query_string"], same)
