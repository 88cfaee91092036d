"""Ranges, validators and HEAD over Starlette's own files: never a splice, always the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from asgi_mw.middleware.compression import compression
from asgi_mw.testing import request
from tests.middleware.compression.decoding import decoded

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.testing import Result
    from asgi_mw.types import App

pytestmark = pytest.mark.anyio

TEXT = b"".join(b"line %d of a file that is worth compressing\n" % n for n in range(3000))
CODED = [None, b"gzip", b"br", b"zstd", b"gzip;q=0", b"identity;q=1, *;q=0"]
ACCEPTS = {b"gzip", b"br", b"zstd"}


@pytest.fixture
def files(tmp_path: Path) -> Any:
    """Starlette with a file in a response and in a static folder, behind the layer."""
    (tmp_path / "page.txt").write_bytes(TEXT)
    (tmp_path / "image.png").write_bytes(TEXT)

    async def page(_: Any) -> FileResponse:
        return FileResponse(tmp_path / "page.txt")

    routes = [Route("/page.txt", page), Mount("/static", StaticFiles(directory=tmp_path))]
    return compression(Starlette(routes=routes))


async def ask(
    app: App, target: str = "/page.txt", method: str = "GET", **headers: bytes | None
) -> Result:
    """Make one request; an underscore in a name stands for a dash."""
    pairs = [(n.replace("_", "-").encode(), v) for n, v in headers.items() if v is not None]
    # Since 2.4 of the specification Starlette sends without a task group
    return await request(app, method, target, headers=pairs, scope={"spec_version": "2.4"})


@pytest.mark.parametrize("accepted", CODED)
async def test_a_client_that_resumes_never_joins_coded_and_uncoded_bytes(
    files: Any, accepted: bytes | None
) -> None:
    """What it has, joined with what a range gives it, is the file; or it gets the whole."""
    first = await ask(files, accept_encoding=accepted)
    coding = first.header("content-encoding")
    tag, date = first.header("etag"), first.header("last-modified")
    assert tag is not None
    assert date is not None
    assert (coding is not None) == (accepted in ACCEPTS)
    assert tag.startswith(b'W/"')
    strong = tag.removeprefix(b"W/")
    # A strong tag was never seen on coded bytes: who holds it holds uncoded ones
    for validator, holds in [(tag, first.body), (date, first.body), (strong, TEXT)]:
        have = holds[:1000]
        again = await ask(files, accept_encoding=accepted, range=b"bytes=1000-", if_range=validator)
        if again.status == 206:
            assert again.header("content-encoding") is None
            assert TEXT == have + again.body
        else:
            assert again.status == 200
            assert TEXT == decoded(again.header("content-encoding"), again.body)


async def test_a_range_of_the_apps_own_tag_is_served(files: Any) -> None:
    """Uncoded, as the specification wants a strong tag to mean."""
    tag = (await ask(files)).header("etag")
    assert tag is not None

    part = await ask(
        files, accept_encoding=b"gzip", range=b"bytes=10-19", if_range=tag.removeprefix(b"W/")
    )

    assert (part.status, part.body) == (206, TEXT[10:20])
    assert (part.header("etag"), part.header("vary")) == (tag.removeprefix(b"W/"), None)
    assert part.header("accept-ranges") == b"bytes"


async def test_a_date_serves_the_range_where_no_coding_is_accepted(files: Any) -> None:
    """Such a client cannot hold coded bytes; browsers ask for media so."""
    date = (await ask(files)).header("last-modified")

    part = await ask(
        files, accept_encoding=b"identity;q=1, *;q=0", range=b"bytes=10-19", if_range=date
    )

    assert (part.status, part.body) == (206, TEXT[10:20])


async def test_a_range_without_a_condition_and_one_out_of_bounds_are_left_alone(files: Any) -> None:
    """206 and 416, as the app made them."""
    part = await ask(files, accept_encoding=b"gzip", range=b"bytes=10-2000")
    beyond = await ask(files, accept_encoding=b"gzip", range=b"bytes=999999999-")
    several = await ask(files, accept_encoding=b"gzip", range=b"bytes=0-999,2000-2999")

    assert (part.status, part.body) == (206, TEXT[10:2001])
    assert beyond.status == 416
    assert several.status == 206
    for one in (part, beyond, several):
        assert one.header("content-encoding") is None
        assert one.header("vary") is None


@pytest.mark.parametrize("accepted", [None, b"gzip", b"gzip;q=0"])
async def test_a_client_with_a_strong_tag_is_told_so_by_the_app(
    files: Any, accepted: bytes | None
) -> None:
    """It has something that the layer left alone, and so is what it is told of that."""
    page = await ask(files, "/static/page.txt", accept_encoding=accepted)
    tag = (page.header("etag") or b"").removeprefix(b"W/")

    result = await ask(files, "/static/page.txt", accept_encoding=accepted, if_none_match=tag)

    assert (result.status, result.body) == (304, b"")
    assert (result.header("etag"), result.all("vary")) == (tag, [])


@pytest.mark.parametrize("accepted", [None, b"gzip", b"gzip;q=0"])
@pytest.mark.parametrize("given", ["weak", "list", "any"])
async def test_a_client_that_has_the_page_is_told_so(
    files: Any, accepted: bytes | None, given: str
) -> None:
    """And the 304 says what the 200 says (RFC 9110 15.4.5)."""
    page = await ask(files, "/static/page.txt", accept_encoding=accepted)
    tag = page.header("etag")
    assert tag is not None
    tags = {
        "weak": tag,
        "list": b'W/"other", ' + tag,
        "any": b"*",
    }

    result = await ask(
        files, "/static/page.txt", accept_encoding=accepted, if_none_match=tags[given]
    )

    assert (result.status, result.body) == (304, b"")
    assert result.header("etag") == tag
    assert result.all("vary") == page.all("vary") == [b"Accept-Encoding"]
    assert result.header("content-encoding") is None


@pytest.mark.parametrize("path", ["/page.txt", "/static/page.txt", "/static/image.png"])
@pytest.mark.parametrize("accepted", CODED)
async def test_head_says_what_get_would(files: Any, path: str, accepted: bytes | None) -> None:
    """All but what is known only once a body is coded (RFC 9110 9.3.2)."""
    get = await ask(files, path, accept_encoding=accepted)
    head = await ask(files, path, "HEAD", accept_encoding=accepted)

    coded = get.header("content-encoding") is not None
    assert coded == (accepted in ACCEPTS and path.endswith(".txt"))
    assert (head.status, head.body) == (200, b"")
    assert [pair for pair in get.headers if pair[0] != b"content-encoding"] == head.headers
    assert (head.header("content-length") is None) == coded
    assert (head.header("accept-ranges") is None) == coded


async def test_a_file_that_the_server_sends_itself_is_left_alone(files: Any) -> None:
    """Nobody but the server ever has its bytes."""
    scope = {"spec_version": "2.4", "extensions": {"http.response.pathsend": {}}}
    for headers in ({}, {"accept-encoding": "gzip"}):
        result = await request(files, "GET", "/page.txt", headers=headers, scope=scope)

        start, path = result.sent
        assert path["type"] == "http.response.pathsend"
        assert {name for name, _ in start["headers"]} >= {b"content-length", b"accept-ranges"}
        assert not {name for name, _ in start["headers"]} & {b"content-encoding", b"vary"}
