"""The scope and the request body of an entry."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.export.har.request import Payload, request_body, scope_of
from asgi_mw.export.har.values import EntryError


def entry(url: str = "https://shop.test/a%20b?q=%C3%A9&x=\u20ac", **request: Any) -> dict[str, Any]:
    """An entry as of a browser."""
    return {"request": {"method": "GET", "url": url, **request}}


def notes(given: dict[str, Any]) -> tuple[Payload, list[str]]:
    """The body, and what could not be had of it."""
    found: list[str] = []
    return request_body(given, found.append), found


def test_a_url_is_taken_apart_as_a_server_does() -> None:
    """A host that no header says is one all the same."""
    headers = [{"name": ":authority", "value": "shop.test"}, {"name": "Accept", "value": "*/*"}]
    assert {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "2",
        "scheme": "https",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"q=%C3%A9&x=%E2%82%AC",
        "root_path": "",
        "headers": [(b"host", b"shop.test"), (b"accept", b"*/*")],
        "client": None,
        "server": ["::1", 443],
        "method": "GET",
    } == scope_of(
        entry(httpVersion="h2", headers=headers) | {"serverIPAddress": "[::1]"}, is_socket=False
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("HTTP/1.1", "1.1"),
        ("http/2.0", "2"),
        ("HTTP/2", "2"),
        ("h3", "3"),
        ("h3-29", "3"),
        ("HTTP/1.0", "1.0"),
        ("", "1.1"),
        ("unknown", "1.1"),
    ],
)
def test_each_tool_has_its_own_word_for_a_version(version: str, expected: str) -> None:
    """ASGI has ``1.0``, ``1.1``, ``2`` and ``3``."""
    assert expected == scope_of(entry(httpVersion=version), is_socket=False)["http_version"]


@pytest.mark.parametrize(
    "url",
    ["", "data:text/plain,x", "chrome-extension://a/b", "https://", "http://[::1/a", "http://a:b/"],
)
def test_what_is_no_url_of_http_is_refused(url: str) -> None:
    """There is no scope for it."""
    with pytest.raises(EntryError, match="URL"):
        scope_of(entry(url), is_socket=False)


def test_a_socket_offers_subprotocols() -> None:
    """And has the scheme of a WebSocket, which some tools do not write."""
    headers = [{"name": "Sec-WebSocket-Protocol", "value": "a, b"}]
    scope = scope_of(entry("http://a/ws", headers=headers), is_socket=True)
    assert ("ws", ["a", "b"], False) == (
        scope["scheme"],
        scope["subprotocols"],
        "method" in scope,
    )


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        ({"text": "\xe9"}, Payload(b"\xc3\xa9", 2)),
        ({"text": "/w==", "_encoding": "base64"}, Payload(b"\xff", 1)),
        ({"text": "/w==", "encoding": "base64"}, Payload(b"\xff", 1)),
        ({"params": [{"name": "a", "value": "b c"}]}, Payload(b"a=b+c", 5)),
        ({"text": "\ud800"}, Payload(b"\xed\xa0\x80", 3)),
    ],
    ids=["text", "base64", "base64 of a later proposal", "fields", "a lone surrogate"],
)
def test_a_body_is_text_or_base64_or_fields(posted: dict[str, Any], expected: Payload) -> None:
    """As many bytes as there are, where none are said to be missing."""
    assert (expected, []) == notes(entry(postData=posted))


def test_what_cannot_be_had_of_a_body_is_noted() -> None:
    """Its size is known all the same."""
    broken = entry(postData={"text": "?", "encoding": "base64"}, bodySize=9)
    fields = {"mimeType": "multipart/form-data; boundary=a", "params": [{"name": "a"}]}
    assert (Payload(b"", 9, cut=True), ["request bodies that are no base64"]) == notes(broken)
    assert (
        Payload(b"", 0),
        ["multipart forms of which the file has only the fields"],
    ) == notes(entry(postData=fields))


def test_a_body_without_its_coding_is_marked() -> None:
    """So that nobody decodes it once more."""
    headers = [{"name": "Content-Encoding", "value": "gzip"}]
    given = entry(headers=headers, postData={"text": "abc"}, bodySize=2)
    assert (Payload(b"abc", 2, decoded=True), []) == notes(given)
    assert {"body": b"abc", "decoded": True} == notes(given)[0].message
