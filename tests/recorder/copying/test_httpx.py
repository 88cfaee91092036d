"""A program that makes the request again with httpx."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary

from asgi_mw.recorder.copying.httpx import httpx
from tests.recorder.made import made


def test_the_program_is_read_from_top_to_bottom() -> None:
    """Address, headers and body each have a line."""
    headers = [(b"host", b"shop.test"), (b"accept", b"*/*")]
    one = made(method="PUT", headers=headers, request=b"\xff", scope={"query_string": b"a=1"})
    assert httpx(one).splitlines() == [
        "import httpx",
        "",
        "request = httpx.Request(",
        "    'PUT',",
        "    'http://shop.test/orders?a=1',",
        "    headers=[",
        "        (b'accept', b'*/*'),",
        "    ],",
        "    content=b'\\xff',",
        ")",
        "with httpx.Client(timeout=30) as client:",
        "    response = client.send(request)",
        "print(response.status_code, response.headers)",
        "print(response.text)",
    ]


@pytest.mark.parametrize(
    ("path", "exact"),
    [(b"/a/b?c", False), (b"/a//b", True), (b"/a/../b", True), (b"//a", True), (b"*", True)],
)
def test_targets_that_httpx_writes_otherwise_are_given_as_they_are(
    path: bytes,
    exact: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """In the extension that is for that."""
    assert exact is ("extensions=" in httpx(made(scope={"raw_path": path})))


@given(binary(max_size=40), binary(max_size=40))
def test_it_is_python_whatever_is_in_it(value: bytes, body: bytes) -> None:
    """In ASCII, with every octet of the body."""
    program = httpx(made(headers=[(b"x-a", value)], request=body, path=f"/{value!r}"))
    found: Any = ast.parse(program).body[1]
    content = {one.arg: one.value for one in found.value.keywords}.get("content")

    assert program.isascii()
    assert (body or None) == (content and ast.literal_eval(content))
