"""Files of a form: a recording has how long each was, and as many zero bytes stand for it."""

from __future__ import annotations

import re

# What stands where the content of a file was: behind the headers of its part
_FILE = re.compile(rb"(?<=\r\n\r\n)\[([0-9]{1,12}) bytes\](?=\r\n|\Z)")


def with_files(body: bytes, size: int) -> bytes:
    r"""*body* with zero bytes in the place of its files, if that makes it at most *size* long.

    >>> with_files(b"a: b\r\n\r\n[3 bytes]\r\n", 13)
    b'a: b\r\n\r\n\x00\x00\x00\r\n'
    """
    if b" bytes]" not in body:
        return body
    more = sum(int(found[1]) - len(found[0]) for found in _FILE.finditer(body))
    if len(body) + more > size:
        return body
    return _FILE.sub(lambda found: bytes(int(found[1])), body)
