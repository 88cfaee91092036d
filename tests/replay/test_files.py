"""As many zero bytes as a file had stand for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.replay.files import with_files

HEAD = b"content-type: image/png\r\n\r\n"
END = b"\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("pieces", "size", "expected"),
    [
        ([HEAD + b"[3 bytes]\r\n--"], 34, [HEAD + bytes(3) + b"\r\n--"]),
        ([HEAD, b"[3 bytes]"], 30, [HEAD, bytes(3)]),
        (
            [HEAD, b"[3 bytes]\r\n" + HEAD + b"[2 bytes]"],
            61,
            [HEAD, bytes(3) + b"\r\n" + HEAD + bytes(2)],
        ),
        ([HEAD + b"[3 bytes]"], 29, [HEAD + b"[3 bytes]"]),
        ([HEAD + b"[9999999999 bytes]"], 100, [HEAD + b"[9999999999 bytes]"]),
        ([HEAD + b"[3 by", b"tes]"], 99, [HEAD + b"[3 by", b"tes]"]),
        ([b"x: [3 bytes]"], 99, [b"x: [3 bytes]"]),
        ([], 0, []),
    ],
    ids=["one", "pieces", "two", "size", "huge", "cut", "elsewhere", "none"],
)
def test_where_a_file_was(pieces: list[bytes], size: int, expected: list[bytes]) -> None:
    """Behind the headers of its part, and if it fits into what was received."""
    assert expected == with_files(pieces, size)


@pytest.mark.parametrize(
    ("pieces", "size", "expected"),
    [
        ([HEAD + b"[3 bytes]"], 40, [HEAD + bytes(4) + END]),
        ([HEAD + b"[3 bytes]", b""], 39, [HEAD + bytes(3) + END, b""]),
        (
            [HEAD + b"[1 bytes]\r\n", HEAD + b"[3 bytes]"],
            72,
            [HEAD + b"\0\r\n", HEAD + bytes(6) + END],
        ),
        ([HEAD + b"[3 bytes]"], 38, [HEAD + bytes(3)]),
        ([HEAD + b"[3 bytes]\r\n--b--\r\n"], 40, [HEAD + bytes(3) + END]),
        ([HEAD + b"[3 bytes]"], 10**12, [HEAD + bytes(3)]),
    ],
    ids=["one", "pieces", "two", "size", "whole", "huge"],
)
def test_a_form_that_was_cut_in_a_file_ends(
    pieces: list[bytes], size: int, expected: list[bytes]
) -> None:
    """As long as it was, so that it can be read."""
    assert expected == with_files(pieces, size, b"b")


@given(st.lists(st.binary() | st.sampled_from([HEAD, b"[3 bytes]", b"\r\n", b" bytes]"])))
def test_any_body_keeps_its_pieces(pieces: list[bytes]) -> None:
    """And is no longer than it was."""
    size = sum(map(len, pieces))
    made = with_files(pieces, size, b"b")
    assert len(pieces) == len(made)
    assert sum(map(len, made)) <= size
