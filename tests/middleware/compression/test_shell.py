"""The layer reads all lines of a request, and costs nothing to those who do not make it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asgi_mw import compression
from asgi_mw.testing import request
from tests.system import PATIENCE

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send


def test_the_rooms_of_the_layer_are_imported_when_it_is_made() -> None:
    """``import asgi_mw`` leaves the codings and the coder alone."""
    script = (
        "import asgi_mw, sys\n"
        "rooms = ('asgi_mw.codings', 'asgi_mw.middleware.compression.policy',"
        " 'asgi_mw.middleware.decompression.policy')\n"
        "print([room for room in rooms if room in sys.modules])\n"
        "asgi_mw.gzip(print), asgi_mw.decompression(print)\n"
        "print([room for room in rooms if room not in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE
    )

    assert done.stdout.split() == ["[]", "[]"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("lines", "coding"),
    [
        ([b"deflate", b"gzip"], b"gzip"),
        ([b"gzip;q=0", b"br"], b"br"),
        ([b"gzip", b"", b"br;q=0.5"], b"gzip"),
        ([b"gzip", b"gzip;q=0"], None),
        ([b"gzip"] * 100, b"gzip"),
        ([b"gzip"] * 5000, None),
    ],
    ids=["second", "refused", "empty", "contrary", "many", "too many"],
)
async def test_several_lines_are_one_list(lines: list[bytes], coding: bytes | None) -> None:
    """RFC 9110 5.3; of more than 1,024 bytes nothing is read."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": bytes(1000)})

    headers = [(b"accept-encoding", line) for line in lines]
    result = await request(compression(app), headers=headers)

    assert coding == result.header("content-encoding")
