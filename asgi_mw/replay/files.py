"""Files of a form: a recording has how long each was, and as many zero bytes stand for it."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What stands where the content of a file was: behind the headers of its part
_FILE = re.compile(rb"(?<=\r\n\r\n)\[([0-9]{1,12}) bytes\](?=\r\n|\Z)")


def with_files(pieces: Sequence[bytes], size: int) -> list[bytes]:
    r"""The *pieces* of a body with zero bytes in the place of its files.

    Nothing is put there if that would make it more than *size* bytes long, or if what stands
    there is in two pieces.

    >>> with_files([b"a: b\r\n", b"\r\n[3 bytes]\r\n"], 13)
    [b'a: b\r\n', b'\r\n\x00\x00\x00\r\n']
    """
    whole, made = b"".join(pieces), list(pieces)
    if b" bytes]" not in whole:
        return made
    files = list(_FILE.finditer(whole))
    if len(whole) + sum(int(one[1]) - len(one[0]) for one in files) > size:
        return made
    ends = list(accumulate(map(len, pieces)))
    for one in reversed(files):
        place = next(number for number, end in enumerate(ends) if one.start() < end)
        begin = ends[place] - len(pieces[place])
        if one.end() <= ends[place]:
            piece = made[place]
            made[place] = b"".join(
                [piece[: one.start() - begin], bytes(int(one[1])), piece[one.end() - begin :]]
            )
    return made
