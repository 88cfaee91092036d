"""Secrets in bodies, by media type."""

from __future__ import annotations

import gzip
import json

import pytest

from asgi_mw.redaction import DEFAULT, Redaction

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
PARTS = b"multipart/form-data; boundary=b"
MASKED = {
    "json": (JSON, b'{"a":1,"pwd":[1,{"x":2}]}', b'{"a":1,"pwd":"[redacted]"}'),
    "json-number": (JSON, b'{"pwd": -1.5e3, "a": 2}', b'{"pwd": "[redacted]", "a": 2}'),
    "json-plain": (
        JSON,
        b'{"usage":{"token":5},"tokens":5,"session":{"id":7},"pin":1,"auth":["a"],"pass":true}',
        b'{"usage":{"token":5},"tokens":5,"session":{"id":7},"pin":1,"auth":["a"],"pass":true}',
    ),
    "json-tokens": (JSON, b'{"tokens": ["a"], "b": 1}', b'{"tokens": "[redacted]", "b": 1}'),
    "json-token-object": (JSON, b'{"token": {"a": "b"}}', b'{"token": "[redacted]"}'),
    "json-named": (
        JSON,
        b'[{"name": "password", "type": "x", "value": "x"}, {"name": "q", "value": "y"}]',
        b'[{"name": "password", "type": "x", "value": "[redacted]"}, {"name": "q", "value": "y"}]',
    ),
    "json-named-behind": (
        JSON,
        b'{"Value": "x", "more": {"value": "y"}, "Key": "api_key"}',
        b'{"Value": "[redacted]", "more": {"value": "y"}, "Key": "api_key"}',
    ),
    "json-named-over-object": (
        JSON,
        b'{"field": "password", "more": {"name": "q"}, "value": {"a": ["x"]}, "b": 1}',
        b'{"field": "password", "more": {"name": "q"}, "value": "[redacted]", "b": 1}',
    ),
    "json-named-elsewhere": (
        JSON,
        b'[{"name": "password"}, {"value": "y"}, {"id": "Secret of the sea", "value": "z"}]',
        b'[{"name": "password"}, {"value": "y"}, {"id": "Secret of the sea", "value": "z"}]',
    ),
    "json-literals": (JSON, b'{"token":null,"auth":true}', b'{"token":null,"auth":true}'),
    "json-duplicates": (JSON, b'{"pin":"1","pin":"2"}', b'{"pin":"[redacted]","pin":"[redacted]"}'),
    "json-escaped-name": (JSON, rb'{"pass\u0077ord":"x"}', rb'{"pass\u0077ord":"[redacted]"}'),
    "json-cut": (JSON, b'{"pin":"12', b'{"pin":"[redacted]"'),
    "json-cut-after-name": (JSON, b'{"pin":', b'{"pin":'),
    "json-bom": (JSON, b'\xef\xbb\xbf{"pin":"1"}', b'\xef\xbb\xbf{"pin":"[redacted]"}'),
    "json-within": (JSON, rb'["{\"pin\":\"1\"}"]', b'["{\\"pin\\":\\"[redacted]\\"}"]'),
    "json-escape-before-name": (JSON, rb'["a\npin=12"]', rb'["a\npin=[redacted]"]'),
    "json-url": (JSON, b'{"next":"/a?token=x&b=1"}', b'{"next":"/a?token=[redacted]&b=1"}'),
    "json-stray-quote": (
        JSON,
        b'{"a": "x"y", "pin": "1234", "c": 1}',
        b'{"a": "x"y", "pin": "[redacted]", "c": 1}',
    ),
    "json-value-with-quote": (JSON, b'{"pin": "12"34"}', b'{"pin": "[redacted]"'),
    "json-single-quotes": (JSON, b"{'pin': '1', 'a': 2}", b"{'pin': '[redacted]', 'a': 2}"),
    "json-bare-value": (JSON, b'{"pwd": 12 34, "a": 1}', b'{"pwd": "[redacted]", "a": 1}'),
    "ndjson": (
        b"application/x-ndjson",
        b'{"pin":"1"}\n{"a":2}\n',
        b'{"pin":"[redacted]"}\n{"a":2}\n',
    ),
    "json-seq": (b"application/json-seq", b'\x1e{"pin":"1"}\n', b'\x1e{"pin":"[redacted]"}\n'),
    "json-suffix": (b"application/problem+json", b'{"pin":"1"}', b'{"pin":"[redacted]"}'),
    "form": (FORM, b"pin=1&a=%20&api%5Fkey=x", b"pin=[redacted]&a=%20&api%5Fkey=[redacted]"),
    "form-is-json": (FORM, b'{"pin":"1"}', b'{"pin":"[redacted]"}'),
    "multipart": (
        PARTS,
        (
            b'--b\r\nContent-Disposition: form-data; name="pin"\r\n\r\n1\r\n2\r\n--b\r\n'
            b"content-disposition: form-data; name=a\r\n\r\n3\r\n--b--\r\n"
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="pin"\r\n\r\n[redacted]\r\n--b\r\n'
            b"content-disposition: form-data; name=a\r\n\r\n3\r\n--b--\r\n"
        ),
    ),
    "multipart-file": (
        PARTS,
        (
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n'
            b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--b--"
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n'
            b"Content-Type: image/png\r\n\r\n[4 bytes]\r\n--b--"
        ),
    ),
    "multipart-file-again": (
        PARTS,
        (
            b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n'
            b"Content-Type: image/png\r\n\r\n[65391 bytes]"
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n'
            b"Content-Type: image/png\r\n\r\n[65391 bytes]"
        ),
    ),
    "multipart-json": (
        PARTS,
        (
            b'--b\nContent-Disposition: form-data; name="f"; filename="a"\n'
            b'Content-Type: application/json\n\n{"pin":"1"}\n--b--'
        ),
        (
            b'--b\nContent-Disposition: form-data; name="f"; filename="a"\n'
            b'Content-Type: application/json\n\n{"pin":"[redacted]"}\n--b--'
        ),
    ),
    "multipart-two-names": (
        PARTS,
        b'--b\r\nContent-Disposition: form-data; name="a"; name="pin"\r\n\r\n12\r\n--b--',
        b'--b\r\nContent-Disposition: form-data; name="a"; name="pin"\r\n\r\n[redacted]\r\n--b--',
    ),
    "multipart-extended-name": (
        PARTS,
        b"--b\r\nContent-Disposition: form-data; name*=utf-8''p%69n\r\n\r\n12\r\n--b--",
        b"--b\r\nContent-Disposition: form-data; name*=utf-8''p%69n\r\n\r\n[redacted]\r\n--b--",
    ),
    "multipart-base64": (
        PARTS,
        (
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\ncGluPTEyMzQ=\r\n--b--"
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n[12 bytes]\r\n--b--"
        ),
    ),
    "multipart-outside": (
        PARTS,
        b"secret\r\n--b\r\n\r\na\r\n--b--\r\nsecret",
        b"[redacted]\r\n--b\r\n\r\na\r\n--b--[redacted]",
    ),
    "multipart-no-header": (PARTS, b"--b\r\nsecret", b"--b[redacted]"),
    "multipart-sniffed": (
        b"multipart/form-data",
        b'--xx\r\nContent-Disposition: form-data; name="pin"\r\n\r\n12\r\n--xx--',
        b'--xx\r\nContent-Disposition: form-data; name="pin"\r\n\r\n[redacted]\r\n--xx--',
    ),
    "events": (
        b"text/event-stream; charset=utf-8",
        b'data: {"pin":"1"}\n\ndata: pin=1\n\ndata: pwd: a b\nid: 7\n\n',
        b'data: {"pin":"[redacted]"}\n\ndata: pin=[redacted]\n\ndata: pwd: [redacted]\nid: 7\n\n',
    ),
    "text": (b"text/plain", b"pin=12\n\xff", b"pin=[redacted]\n\xff"),
    "text-is-json": (b"text/plain", b'{"pin":"12"}', b'{"pin":"[redacted]"}'),
    "xml": (b"application/soap+xml", b"<pin>1</pin>", b"<pin>[redacted]</pin>"),
    "javascript": (b"application/javascript", b'var token = "x";', b'var token = "[redacted]";'),
    "no-type-json": (b"", b' {"pin":"12"}', b' {"pin":"[redacted]"}'),
    "no-type-form": (b"", b"a=1&pin=12", b"a=1&pin=[redacted]"),
    "no-type-text": (b"", b"Bearer abc now", b"Bearer [redacted] now"),
    "empty": (b"image/png", b"", b""),
}


@pytest.mark.parametrize(("kind", "body", "expected"), MASKED.values(), ids=MASKED.keys())
def test_secrets_in_a_body_are_masked(kind: bytes, body: bytes, expected: bytes) -> None:
    """By name where the format has names, by shape everywhere."""
    result = DEFAULT.body([body], content_type=kind)
    assert (expected,) == result.pieces
    assert (body == expected) or result.names


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"image/png", b"pin=1"),
        (b"application/octet-stream", b'{"pin":"1"}'),
        (b"", b"\x89PNG\x01"),
        (b"", b"caf\xe9 au lait"),
        (JSON, b'{"a":\xff}'),
        (JSON, '{"pin":"1"}'.encode("utf-16")),
        (b"text/plain; charset=utf-16", b"pin"),
        (b"text/plain; charset=utf-7", b"+AHAAaQBu-"),
        (b"multipart/form-data; boundary=x", b"--y\r\n\r\na"),
        (b"multipart/form-data", b"pin"),
    ],
)
def test_what_cannot_be_searched_is_not_kept(kind: bytes, body: bytes) -> None:
    """Size and digest are the caller's to keep."""
    result = DEFAULT.body([body], content_type=kind)
    assert result.pieces is None
    assert result.reason


def test_borders_between_pieces_stay() -> None:
    """A secret is masked in the piece where it begins; its rest is dropped."""
    pieces = [b'{"a":1,"pi', b'n":"12', b"", b"34", b'56","b":2', b"}"]
    result = DEFAULT.body(pieces, content_type=JSON)
    assert result.pieces == (b'{"a":1,"pi', b'n":"[redacted]"', b"", b"", b',"b":2', b"}")
    assert result.names == ("pin",)


def test_a_coded_body_is_kept_decoded() -> None:
    """Its pieces hold what each brought."""
    body = gzip.compress(b'{"pin":"1234"}')
    result = DEFAULT.body([body[:5], body[5:]], content_type=JSON, content_encoding=b"gzip")
    assert result.pieces == (b"", b'{"pin":"[redacted]"}')
    assert result.decoded and not result.cut


def test_a_coded_body_is_decoded_up_to_the_limit() -> None:
    """A secret that the limit cuts is masked."""
    body = gzip.compress(b'{"pin":"1234"}')
    policy = Redaction(decoded_limit=10)
    result = policy.body([body], content_type=JSON, content_encoding=b"gzip")
    assert result.pieces == (b'{"pin":"[redacted]"',)
    assert result.cut


def test_a_value_counts_where_its_name_may_be_cut_off() -> None:
    """Where the body is whole, nothing names it."""
    body = b'{"value": "x", "na'
    assert DEFAULT.body([body], content_type=JSON, cut=True).pieces == (
        b'{"value": "[redacted]", "na',
    )
    assert DEFAULT.body([body], content_type=JSON).pieces == (body,)


def test_depth_is_no_matter() -> None:
    """A hundred thousand brackets need no stack."""
    body = b'{"a":[' * 100_000 + b'{"pwd":' + b"[" * 100_000 + b'"1234"'
    result = DEFAULT.body([body], content_type=JSON)
    assert result.pieces is not None
    assert result.pieces[0].endswith(b'{"pwd":"[redacted]"')


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b'{"type":"auth","token":"abc"}', (b'{"type":"auth","token":"[redacted]"}',)),
        (b'42["login",{"pin":"1"}]', (b'42["login",{"pin":"[redacted]"}]',)),
        (b"Bearer abc", (b"Bearer [redacted]",)),
        (b"hello", (b"hello",)),
        (b"", (b"",)),
        (b"\0\x01pin", None),
        (b"\xff\xfe", None),
    ],
    ids=["json", "socket-io", "bearer", "plain", "empty", "binary", "not-utf-8"],
)
def test_a_websocket_message_is_masked(message: bytes, expected: tuple[bytes] | None) -> None:
    """It says nothing of its type: JSON is told by its looks."""
    assert expected == DEFAULT.message(message).pieces


def test_characters_beyond_ascii_survive() -> None:
    """In names, values and beside masks."""
    body = json.dumps(
        {"größe": "日本 \U0001f600", "x": "é pin=1 é", "pin": "é"}, ensure_ascii=False
    )
    result = DEFAULT.body([body.encode()], content_type=JSON)
    assert result.pieces is not None
    expected = {"größe": "日本 \U0001f600", "x": "é pin=[redacted] é", "pin": "[redacted]"}
    assert expected == json.loads(result.pieces[0])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [JSON, FORM, PARTS, b"text/event-stream", b""])
@pytest.mark.parametrize(
    "pattern",
    [
        *[
            '"',
            "\\",
            '{"pin":',
            '{"pin":"',
            '"pin":"x" ',
            "[",
            "{",
            ",",
            '"a":',
            "1 ",
            "&",
            ";",
            "=",
        ],
        *[
            ";a=",
            "a;token",
            "%",
            "%3D",
            "+",
            "--b\r\n",
            "--b \t",
            "--b\r\n\r\n",
            "\n",
            "\r",
            "data:",
        ],
        *[
            "data: {\n",
            "\n\n",
            'Content-Disposition: form-data; name="a"\r\n',
            "name*=''",
            '; name="',
            '{"value":',
            '{"name":"pin","value":',
            '"value":"x","name":"pin",',
            '{"tokens":["a"',
            "password: |\n  ",
            "<key>pin</key><value>",
            "Session: a",
        ],
    ],
)
def test_hostile_bodies_cost_linear_time(kind: bytes, pattern: str) -> None:
    """Quadratic time would be minutes for this quarter of a mebibyte."""
    start = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' if kind == PARTS else b""
    DEFAULT.body([start + pattern.encode() * (2**18 // len(pattern))], content_type=kind, cut=True)
