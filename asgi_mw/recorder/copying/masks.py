"""What was masked in a recording: each mask is named by what stands before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.spans import MASK_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

_MASKED = re.compile(re.escape(MASK_BYTES))
# What stands before a mask and names it: ``pin=``, ``"pin": "``; how many bytes are searched
_NAME = re.compile(rb"""([\w.-]+)(?:=|%3D|["']?\s*[:=]\s*["'])\Z""", re.IGNORECASE)
_LONGEST_NAME = 80


def is_masked(data: bytes) -> bool:
    """Whether something in *data* was masked."""
    return MASK_BYTES in data


def filled(data: bytes, otherwise: str, value: Callable[[str], bytes | None]) -> bytes:
    """*data* with each mask replaced by what *value* gives for its name; for ``None`` it stays.

    Args:
        data: What was recorded.
        otherwise: The name of a mask with no name before it.
        value: Gives what replaces the mask of a name.

    >>> filled(b'{"pin": "[redacted]"}', "body", lambda name: f"<{name}>".encode())
    b'{"pin": "<pin>"}'
    """

    def place(mask: re.Match[bytes]) -> bytes:
        start = max(mask.start() - _LONGEST_NAME, 0)
        found = _NAME.search(data, start, mask.start())
        name = found[1].decode() if found else re.sub(r"[^\w.-]", "", otherwise)
        filling = value(name)
        return mask[0] if filling is None else filling

    return _MASKED.sub(place, data)
