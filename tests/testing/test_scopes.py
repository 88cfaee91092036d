"""Facts about the scopes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis.strategies import text

from asgi_mw.testing import http_scope, lifespan_scope, websocket_scope


def test_an_http_scope_is_that_of_uvicorn() -> None:
    """Every key that uvicorn gives is there, and no other."""
    assert http_scope() == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "GET",
        "root_path": "",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1:8000"),
            (b"accept", b"*/*"),
            (b"user-agent", b"asgi-mw-testing"),
        ],
        "state": {},
    }


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query_string"),
    [
        ("/a%20b?x=%2F&y", "/a b", b"/a%20b", b"x=%2F&y"),
        ("/é", "/é", b"/%C3%A9", b""),
        ("/a?b?c", "/a", b"/a", b"b?c"),
        ("*", "*", b"*", b""),
        ("", "", b"", b""),
    ],
)
def test_a_target_becomes_path_raw_path_and_query(
    target: str, path: str, raw_path: bytes, query_string: bytes
) -> None:
    """The path is decoded, the raw path and the query are as on the request line."""
    scope = http_scope(target=target)

    assert (path, raw_path, query_string) == (
        scope["path"],
        scope["raw_path"],
        scope["query_string"],
    )


@pytest.mark.parametrize(
    "scope", [http_scope(), websocket_scope(), lifespan_scope()], ids=lambda scope: scope["type"]
)
def test_any_key_can_be_absent(scope: dict[str, Any]) -> None:
    """The specification lets most keys be missing; a broken server may omit any."""
    builder = {"http": http_scope, "websocket": websocket_scope, "lifespan": lifespan_scope}

    for key in scope:
        made: dict[str, Any] = builder[scope["type"]](omit=[key])
        assert scope.keys() - {key} == made.keys()


@pytest.mark.parametrize("builder", [http_scope, websocket_scope, lifespan_scope])
def test_a_server_may_name_no_spec_version(builder: Any) -> None:
    """As daphne does."""
    assert builder(spec_version=None)["asgi"] == {"version": "3.0"}


def test_any_key_can_be_given() -> None:
    """Known keys are replaced, unknown ones added."""
    scope = websocket_scope(client=None, tls={"x": 1})

    assert (scope["client"], scope["tls"]) == (None, {"x": 1})


def test_scopes_share_nothing() -> None:
    """An app that changes one scope does not change the next."""
    first, second = websocket_scope(), websocket_scope()

    assert not {id(v) for v in first.values() if isinstance(v, dict | list)} & {
        id(v) for v in second.values() if isinstance(v, dict | list)
    }


@given(path=text(), query=text())
def test_any_text_makes_a_legal_target(path: str, query: str) -> None:
    """The raw path and the query are ASCII and decode to what was meant."""
    scope = http_scope(target=f"{quote(path)}?{quote(query)}")

    assert scope["path"] == path
    assert unquote(scope["raw_path"].decode("ascii")) == path
    assert unquote(scope["query_string"].decode("ascii")) == query
