"""Files of a form: a recording has only the size of each, and as many zero bytes replace it."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BOUNDARY = re.compile(
    rb"""multipart/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))""", re.IGNORECASE
)
# A larger form is not filled up: its zero bytes would need that much memory
_LARGEST = 16 * 1024 * 1024
# The text that replaces the content of a file: it follows the headers of its part
_FILE = re.compile(rb"(?<=\r\n\r\n)\[([0-9]{1,12}) bytes\](?=\r\n|\Z)")


def boundary_of(content_type: bytes) -> bytes:
    """The boundary between the parts of a form; empty if it is no form, or has no boundary.

    >>> boundary_of(b'multipart/form-data; boundary="a b"'), boundary_of(b"text/plain")
    (b'a b', b'')
    """
    found = _BOUNDARY.match(content_type)
    return b"" if found is None else found[1] or found[2]


def with_files(pieces: Sequence[bytes], size: int, boundary: bytes = b"") -> list[bytes]:
    r"""The *pieces* of a body with zero bytes in the place of its files.

    No zero bytes are put in if they would make the body longer than *size* bytes; nor in the place
    of a file whose size is written across two pieces.  If the body was cut within a file, and
    *boundary* is given, its rest is zero bytes as well, and the form ends at the boundary.

    >>> with_files([b"a: b\r\n", b"\r\n[3 bytes]\r\n"], 13)
    [b'a: b\r\n', b'\r\n\x00\x00\x00\r\n']
    """
    whole, made = b"".join(pieces), list(pieces)
    if b" bytes]" not in whole:
        return made
    files = list(_FILE.finditer(whole))
    if len(whole) + sum(int(one[1]) - len(one[0]) for one in files) > size:
        return made
    lengths = [int(one[1]) for one in files]
    closing = b""
    if boundary and files and files[-1].end() == len(whole) and size <= _LARGEST:
        end = b"\r\n--" + boundary + b"--\r\n"
        rest = size - len(whole) - len(end)
        rest -= sum(length - len(one[0]) for one, length in zip(files, lengths, strict=True))
        if rest >= 0:
            lengths[-1] += rest
            closing = end
    ends = list(accumulate(map(len, pieces)))
    for one, length in zip(reversed(files), reversed(lengths), strict=True):
        place = next(number for number, end in enumerate(ends) if one.start() < end)
        begin = ends[place] - len(pieces[place])
        if one.end() <= ends[place]:
            piece = made[place]
            made[place] = b"".join(
                [piece[: one.start() - begin], bytes(length), closing, piece[one.end() - begin :]]
            )
        closing = b""
    return made
