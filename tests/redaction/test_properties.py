"""No secret passes, whatever the format, the pieces, the coding and the cut; the rest survives."""

from __future__ import annotations

import gzip
import json
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import brotli  # type: ignore[import-untyped]  # it has no stubs
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.redaction import DEFAULT
from tests.tried import tried

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.redaction import MaskedBody

CANARY = "cAnArY0123456789"
PARTS = [CANARY[start : start + 6].encode() for start in range(len(CANARY) - 5)]
SECRET_NAMES = ["password", "X-Api-Key", "clientSecret", "user[pin]", "sessionId", "access_token"]
PLAIN_NAMES = ["id", "max_tokens", "user name", "größe", "key", "token_type"]

values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12)
)
secrets = st.one_of(
    st.builds("{}{}{}".format, st.text(max_size=4), st.just(CANARY), st.text(max_size=4)),
    st.lists(st.just(CANARY), min_size=1, max_size=3),
    st.dictionaries(st.text(max_size=3), st.just(CANARY), min_size=1, max_size=3),
)
documents = st.recursive(
    values,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(PLAIN_NAMES), inner, max_size=4),
        st.dictionaries(st.sampled_from(SECRET_NAMES), secrets, min_size=1, max_size=2),
    ),
    max_leaves=12,
)
plain_documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text('abc "\\\né', max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(PLAIN_NAMES), inner, max_size=4),
    ),
    max_leaves=12,
)
codings: st.SearchStrategy[tuple[bytes, Callable[[bytes], bytes]]] = st.sampled_from(
    [
        (b"", bytes),
        (b"identity", bytes),
        (b"gzip", gzip.compress),
        (b"deflate", zlib.compress),
        (b"br", brotli.compress),
        (b"deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
    ]
)


def in_pieces(data: st.DataObject, body: bytes) -> list[bytes]:
    borders = data.draw(st.lists(st.integers(0, len(body)), max_size=4).map(sorted))
    return [body[start:end] for start, end in pairwise([0, *borders, len(body)])]


def check(data: st.DataObject, body: bytes, content_type: bytes) -> None:
    """Code, cut and split *body*; check that its pieces are those of the masked whole."""
    coding, code = data.draw(codings)
    coded = code(body)
    kept = data.draw(st.one_of(st.just(len(coded)), st.integers(0, len(coded))))
    pieces = in_pieces(data, coded[:kept])

    def mask(pieces: list[bytes]) -> MaskedBody:
        return DEFAULT.body(
            pieces, content_type=content_type, content_encoding=coding, cut=kept < len(coded)
        )

    result, whole = mask(pieces), mask([b"".join(pieces)])
    if result.pieces is None:  # cut before it could be told what it is
        return
    assert whole.pieces is not None
    assert len(pieces) == len(result.pieces)
    joined = b"".join(result.pieces)
    assert b"".join(whole.pieces) == joined
    assert not [part for part in PARTS if part in joined]


def without_secrets(document: Any) -> Any:
    if isinstance(document, list):
        return [without_secrets(item) for item in document]
    if isinstance(document, dict):
        return {
            name: "[redacted]" if name in SECRET_NAMES else without_secrets(value)
            for name, value in document.items()
        }
    return document


@tried(400)
@given(
    document=documents, ascii_only=st.booleans(), indent=st.sampled_from([None, 2]), data=st.data()
)
def test_no_cut_split_or_coding_of_json_shows_a_secret(
    *, document: Any, ascii_only: bool, indent: int | None, data: st.DataObject
) -> None:
    """Under a secret name nothing is shown, whatever the value is."""
    body = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    kind = data.draw(st.sampled_from([b"application/json", b"application/x-ndjson", b"text/plain"]))
    check(data, body.encode("utf-8", "replace"), kind)


@tried(300)
@given(document=plain_documents, secret=secrets)
def test_json_stays_json_and_keeps_what_is_not_secret(document: Any, secret: Any) -> None:
    """Only the values of secret names change."""
    body = json.dumps([document, {"password": secret, "after": document}], ensure_ascii=False)
    result = DEFAULT.body([body.encode()], content_type=b"application/json")
    assert result.pieces is not None
    expected = [document, {"password": "[redacted]", "after": document}]
    assert expected == json.loads(b"".join(result.pieces))
    assert result.names == ("password",)


@tried(300)
@given(
    pairs=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(SECRET_NAMES), st.just(CANARY)),
            st.tuples(st.sampled_from(PLAIN_NAMES), st.text(max_size=9)),
            st.tuples(st.sampled_from(PLAIN_NAMES), st.just(f"https://a:{CANARY}@h/?pin={CANARY}")),
        ),
        max_size=6,
    ),
    data=st.data(),
)
def test_no_cut_split_or_coding_of_a_form_shows_a_secret(
    pairs: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Fields are masked by name, and URLs within other fields."""
    check(data, urlencode(pairs).encode(), b"application/x-www-form-urlencoded")


@tried(300)
@given(
    parts=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(SECRET_NAMES), st.just(CANARY)),
            st.tuples(st.sampled_from(["id", "note"]), st.text("abc\r\n-", max_size=9)),
            st.tuples(st.just("note"), st.just(json.dumps({"token": CANARY}))),
            st.tuples(st.just('f"; filename="x.bin'), st.just(f"\0{CANARY}")),
        ),
        max_size=5,
    ),
    data=st.data(),
)
def test_no_cut_split_or_coding_of_multipart_shows_a_secret(
    parts: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Parts are masked by name, searched by type, or give way to their size."""
    body = "".join(
        f'--b0\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts
    )
    check(
        data,
        b"--b0\r\n\r\n\r\n" + f"{body}--b0--\r\n".encode(),
        b"multipart/form-data; boundary=b0",
    )


@tried(200)
@given(document=documents, data=st.data())
def test_no_cut_split_or_coding_of_an_event_stream_shows_a_secret(
    document: Any, data: st.DataObject
) -> None:
    """The data of an event is JSON, on one line or several."""
    lines = json.dumps(document, indent=data.draw(st.sampled_from([None, 1]))).splitlines()
    event = "event: x\n" + "".join(f"data: {line}\n" for line in lines) + "\n"
    check(data, (event * 2).encode(), b"text/event-stream")


KINDS = [
    b"",
    b"application/json",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=b",
    b"multipart/form-data",
    b"text/event-stream",
    b"text/html",
    b"application/xml",
    b"\xff/\0",
]
fragments = st.sampled_from(
    [
        *(rb'{ } [ ] " \ : , = & ; % + ( < > / eyJ . :// @ -- 1 token pin'.split()),
        *(b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"\xc3"),
        b"password=",
        b'"password":',
        b"--b\r\n",
        b"--b--",
        b'Content-Disposition: form-data; name="pin"\r\n\r\n',
        b"data: ",
        b"Bearer ",
        b"-----BEGIN PRIVATE KEY-----",
        b"<input name=token value=",
        b"<pin>",
        b"\\u0",
        b" ",
    ]
)
hostile = st.one_of(st.binary(max_size=60), st.lists(fragments, max_size=20).map(b"".join))


@tried(800)
@given(
    body=hostile,
    kind=st.sampled_from(KINDS),
    coding=st.sampled_from([b"", b"gzip", b"deflate", b"br", b"zstd", b"zip", b"a,b,c,d", b"\xff"]),
    cut=st.booleans(),
    data=st.data(),
)
def test_any_bytes_are_taken(
    *, body: bytes, kind: bytes, coding: bytes, cut: bool, data: st.DataObject
) -> None:
    """A body is masked or left out with a reason; nothing is raised."""
    pieces = in_pieces(data, body)
    result = DEFAULT.body(pieces, content_type=kind, content_encoding=coding, cut=cut)
    assert (result.pieces is None) == bool(result.reason)
    assert result.pieces is None or len(result.pieces) == len(pieces)


@tried(400)
@given(body=hostile)
def test_any_text_query_and_header_are_taken(body: bytes) -> None:
    """Bytes stay bytes and text stays text; masking twice masks nothing new."""
    text = body.decode("utf-8", "surrogateescape")
    assert isinstance(DEFAULT.text(text), str)
    once, _ = DEFAULT.query(body)
    assert isinstance(once, bytes)
    for name in (
        b"cookie",
        b"set-cookie",
        b"authorization",
        b"referer",
        b"x",
        b"sec-websocket-protocol",
    ):
        [(_, value)], _ = DEFAULT.headers([(name, body)])
        assert isinstance(value, bytes)
    DEFAULT.scope({"path": text, "raw_path": body, "query_string": body, "headers": [[body]]})


@tried(200)
@given(document=documents)
def test_masking_json_twice_changes_nothing(document: Any) -> None:
    """A mask is no secret."""
    body = json.dumps(document).encode()
    once = DEFAULT.body([body], content_type=b"application/json").pieces
    assert once is not None
    assert once == DEFAULT.body(once, content_type=b"application/json").pieces
