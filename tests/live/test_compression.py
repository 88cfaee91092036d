"""What the layers send over real servers is read by clients that know nothing of them."""

from __future__ import annotations

import subprocess
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from tests.live.compression_app import EVENTS, FILE, text
from tests.live.servers import ask, get, running
from tests.middleware.compression.decoding import Decoder, decoded
from tests.system import PATIENCE, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live.servers import Answer

CODINGS = ("gzip", "br", "zstd")
GZIP = b"Accept-Encoding: gzip"
NOTHING = b"Accept-Encoding: identity;q=1, *;q=0"
WHOLE = FILE.read_bytes()
ASKS = (GZIP, b"Accept-Encoding: zstd, br;q=0.5")
# These send files themselves (``http.response.pathsend``), which are left alone therefore
SENDS_FILES = ("granian",)
# RFC 9110 9.3.2 lets HEAD leave out what is known only once the body is made
OF_THE_BODY = (b"content-length", b"content-encoding")
# Of the server, or of the connection
NOT_OURS = (b"date", b"server", b"transfer-encoding", b"connection")


@pytest.fixture(scope="module")
def port(server: str) -> Iterator[int]:
    """Serve the app."""
    with running(server, "tests.live.compression_app:app") as port:
        yield port


def said(answer: Answer) -> list[tuple[bytes, bytes]]:
    """What the app and the layer say in the headers."""
    return sorted(pair for pair in answer.headers if pair[0] not in NOT_OURS)


def varies(answer: Answer) -> list[bytes]:
    """The lines of ``Vary``, in lower case."""
    return [value.lower() for value in answer.all(b"vary")]


# Decoders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["compression", "padded"])
@pytest.mark.parametrize("coding", CODINGS)
def test_curl_reads_every_coding(port: int, coding: str, layer: str, tmp_path: Path) -> None:
    """Small, middling and large bodies, at once and in pieces; padding is skipped."""
    paths = {
        "body/100": "",  # too small
        "body/11000": coding,
        "body/1000000": coding,
        "stream/11000": coding,
        "stream/1000000": coding,
        "image": "",
    }
    line = [command("curl"), "-sS", "--compressed", "-H", f"Accept-Encoding: {coding}"]
    line += ["-w", "%{http_code} %header{content-encoding}\n"]
    for number, path in enumerate(paths):
        line += [f"http://127.0.0.1:{port}/{layer}/{path}", "-o", str(tmp_path / str(number))]

    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=PATIENCE)

    assert [f"200 {name}" for name in paths.values()] == done.stdout.splitlines()
    for number, path in enumerate(paths):
        size = 11_000 if path == "image" else int(path.partition("/")[2])
        assert text(size) == (tmp_path / str(number)).read_bytes()


def test_curl_as_it_asks_by_itself_gets_the_best(port: int) -> None:
    """It offers ``deflate, gzip, br, zstd``, all of them liked equally."""
    url = f"http://127.0.0.1:{port}/compression/body/11000"
    line = [command("curl"), "-sS", "--compressed", "-w", "%header{content-encoding}", url]

    done = subprocess.run(line, capture_output=True, check=True, timeout=PATIENCE)

    assert text(11_000) + b"zstd" == done.stdout


@pytest.mark.parametrize("layer", ["gzip", "padded"])
def test_gunzip_reads_what_came_over_the_wire(port: int, layer: str) -> None:
    """A comment in the header is a part of the format (RFC 1952)."""
    [answer] = ask(port, get(f"/{layer}/stream/11000", GZIP))

    done = subprocess.run(["gunzip"], input=answer.body, capture_output=True, check=True)

    assert text(11_000) == done.stdout


@pytest.mark.parametrize("layer", ["compression", "padded"])
@pytest.mark.parametrize("coding", CODINGS)
def test_each_event_is_decoded_before_the_next_is_sent(port: int, coding: str, layer: str) -> None:
    """No clock: the app sends an event when the client has told it that it has the last one."""
    decoder = Decoder(coding.encode())
    with (
        closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as stream,
        closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as other,
    ):
        stream.request("GET", f"/{layer}/events", headers={"accept-encoding": coding})
        response = stream.getresponse()
        for number in range(len(EVENTS)):
            expected = b"".join(EVENTS[: number + 1])
            while len(decoder.plain) < len(expected):
                piece = response.read1(65_536)
                assert piece != b""
                decoder.feed(piece)
            assert expected == decoder.plain
            other.request("POST", f"/{layer}/events/ack")
            other.getresponse().read()
        decoder.feed(response.read())

    assert b"".join(EVENTS) == decoder.plain
    assert decoder.ended
    assert response.getheader("content-encoding") == coding


# Caches and ranges ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/compression/file", "/compression/static/compression_app.py"])
@pytest.mark.parametrize("accept", [*ASKS, NOTHING, None])
def test_a_range_is_never_spliced_to_coded_bytes(
    port: int, server: str, path: str, accept: bytes | None
) -> None:
    """Whatever the client knows of what it has: our tag, the app's, a date, or another's."""
    accepts = [] if accept is None else [accept]
    [first] = ask(port, get(path, *accepts))
    [tag], [date] = first.all(b"etag"), first.all(b"last-modified")
    coding = next(iter(first.all(b"content-encoding")), None)
    assert WHOLE == decoded(coding, first.body)
    asks = accept in ASKS
    assert (asks and server not in SENDS_FILES) == (coding is not None)
    strong = tag.removeprefix(b"W/")
    # Validator, what its holder has of the body, and whether the rest of it may come
    table = {
        "our tag": (b"W/" + strong, first.body, False),
        "the app's tag": (strong, WHOLE, True),  # never seen on coded bytes
        "a date": (date, first.body, not asks),
        "a weak tag of another": (b'W/"x"', first.body, False),
        "a tag of another": (b'"x"', first.body, False),
        "an old date": (b"Mon, 01 Jan 2001 00:00:00 GMT", first.body, False),
    }
    lines = [
        get(path, *accepts, b"Range: bytes=1000-", b"If-Range: " + validator)
        for validator, _, _ in table.values()
    ]

    for (_, has, ranged), answer in zip(table.values(), ask(port, *lines), strict=True):
        assert (206 if ranged else 200) == answer.status
        if ranged:
            assert answer.all(b"content-encoding") == []
            assert WHOLE == has[:1000] + answer.body
        else:
            assert said(first) == said(answer)
            assert first.body == answer.body


def test_curl_resumes_a_download_or_says_that_it_cannot(port: int, tmp_path: Path) -> None:
    """And never joins two kinds of bytes, though it looks at no ETag itself."""
    url = f"http://127.0.0.1:{port}/compression/file"
    [first] = ask(port, get("/compression/file", GZIP))
    [tag], [date] = first.all(b"etag"), first.all(b"last-modified")
    strong = tag.removeprefix(b"W/")
    has = {b"W/" + strong: first.body, date: first.body, strong: WHOLE}

    resumed = []
    for number, (validator, body) in enumerate(has.items()):
        path = tmp_path / str(number)
        path.write_bytes(body[:500])
        line = [command("curl"), "-sS", "-C", "-", "-o", str(path), url]
        line += ["-H", GZIP.decode(), "-H", f"If-Range: {validator.decode()}"]
        done = subprocess.run(line, capture_output=True, check=False, timeout=PATIENCE)
        assert {0: WHOLE, 33: body[:500]}[done.returncode] == path.read_bytes()
        resumed.append(done.returncode == 0)

    assert [False, False, True] == resumed


@pytest.mark.parametrize("accept", [GZIP, NOTHING])
def test_a_client_that_has_the_page_is_told_so(port: int, accept: bytes) -> None:
    """On one connection: 304 has no body, and the next answer is where it belongs."""
    path = "/compression/static/compression_app.py"
    [first] = ask(port, get(path, accept))
    [tag], [date] = first.all(b"etag"), first.all(b"last-modified")
    strong = tag.removeprefix(b"W/")
    weak = b"W/" + strong
    conditions = [
        b"If-None-Match: " + weak,
        b'If-None-Match: "x", ' + weak,
        b"If-None-Match: *",
        b"If-Modified-Since: " + date,
    ]

    *unchanged, left_alone, changed = ask(
        port,
        *(get(path, accept, condition) for condition in conditions),
        get(path, accept, b"If-None-Match: " + strong),
        get(path, accept, b'If-None-Match: W/"x"'),
    )

    for answer in unchanged:
        assert (304, b"") == (answer.status, answer.body)
        assert ([weak], [b"accept-encoding"]) == (answer.all(b"etag"), varies(answer))
        assert answer.all(b"content-encoding") == []
    # Who has a strong tag has something that could not be coded
    assert (304, b"") == (left_alone.status, left_alone.body)
    assert ([strong], []) == (left_alone.all(b"etag"), varies(left_alone))
    assert (200, first.body) == (changed.status, changed.body)


@pytest.mark.parametrize("accept", [*CODINGS, "identity;q=1, *;q=0", None])
def test_head_says_what_get_says(port: int, server: str, accept: str | None) -> None:
    """All but what is known only when the body is coded; on one connection, so nothing is left."""
    paths = ["body/11000", "body/100", "stream/11000", "image"]
    if server not in SENDS_FILES:  # nobody can tell HEAD of a file from HEAD of a page
        paths += ["file", "static/stalling.py"]
    lines = [] if accept is None else [b"Accept-Encoding: " + accept.encode()]
    requests = [
        get(f"/compression/{path}", *lines, method=method)
        for path in paths
        for method in ("GET", "HEAD")
    ]

    answers = ask(port, *requests)

    for path, whole, head in zip(paths, answers[::2], answers[1::2], strict=True):
        coded = bool(whole.all(b"content-encoding"))
        assert coded == (accept in CODINGS and path not in {"body/100", "image"})
        assert (whole.status, b"") == (head.status, head.body)
        expected = [pair for pair in said(whole) if not coded or pair[0] not in OF_THE_BODY]
        assert expected == said(head)
        eligible = path not in {"body/100", "image"}
        assert ([b"accept-encoding"] if eligible else []) == varies(head)
