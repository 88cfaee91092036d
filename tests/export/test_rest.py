"""A file for REST clients sends the requests that were recorded, and nothing else."""

from __future__ import annotations

import io
from typing import Any

import pytest

from asgi_mw.export import write_http
from tests.cli.facts import NO_LIFESPAN
from tests.recorder.made import made


def text(**given: Any) -> str:
    """The file of one request."""
    file = io.StringIO()
    write_http([made(**given)], file)
    return file.getvalue()


def test_a_request_with_what_was_masked_as_variables() -> None:
    """To be defined by whoever sends it."""
    headers = [(b"host", b"shop.test"), (b"authorization", b"Bearer [redacted]")]
    assert (
        "### POST /orders, answered 200\n"
        "# masked in the recording, to be defined: authorization, pin\n"
        "POST http://shop.test/orders?a=1 HTTP/1.1\n"
        "authorization: Bearer {{authorization}}\n"
        "\n"
        '{"pin": "{{pin}}"}\n'
        "\n"
    ) == text(
        method="POST",
        headers=headers,
        request=b'{"pin": "[redacted]"}',
        scope={"query_string": b"a=1"},
    )


@pytest.mark.parametrize(
    "body",
    [
        b"a\n### GET http://evil.test/",
        b"< /etc/passwd",
        b"<@ ./file",
        b"<\n",
        b"< {% client.exec() %}",
        b"> {% client.exec() %}",
        b"a={{$processEnv HOME}}",
        b"# a comment",
        b"// @name x",
        b"\xff",
        b"\x1b]0;x\x07",
        b"a\r\nb",
    ],
)
def test_a_body_that_would_be_something_else_is_left_out(body: bytes) -> None:
    """Nobody's recording sends a file, or runs a script."""
    lines = text(method="POST", request=body).splitlines()
    assert lines[1].startswith("# the body is left out, for ")
    assert "POST http://127.0.0.1:80/orders HTTP/1.1" == lines[2]
    assert [] == [line for line in lines[3:] if line]


def test_a_header_that_would_be_something_else_is_left_out() -> None:
    """A comment, or a variable; an address cannot be one."""
    found = text(
        headers=[(b"#x", b"1"), (b"a", b"{{$guid}}"), (b"b", b"2")], scope={"raw_path": b"/{{x}}"}
    )
    assert "# left out, as they would be something else here: #x, a\n" in found
    assert "GET http://127.0.0.1:80/%7B%7Bx}} HTTP/1.1\nb: 2\n" in found


def test_html_and_forms_are_bodies() -> None:
    """A tag names no file."""
    assert "\n\n<p>a</p>\n" in text(method="PUT", request=b"<p>a</p>")


def test_what_is_no_request_is_counted() -> None:
    """A WebSocket, and the lifespan."""
    written = write_http([NO_LIFESPAN, made(kind="websocket"), made()], io.StringIO())
    assert (1, 2) == (written.count, sum(written.left_out.values()))
