"""Values of an entry of a HAR, which anybody may have written: of the right type, or a default."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

_EPOCH = datetime.fromtimestamp(0, UTC)
_MOST_MS = 2**52
_BIGGEST = 2**62


class EntryError(ValueError):
    """An entry cannot be read as an exchange; the message says why."""


def member(holder: Any, name: str, kind: type) -> Any:
    """The member *name* of *holder*, if it is of that *kind*; otherwise an empty one.

    >>> member({"a": 1}, "a", dict), member({"a": "x"}, "a", str), member(None, "a", list)
    ({}, 'x', [])
    """
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, kind) else kind()


def integer(value: Any, otherwise: int = -1) -> int:
    """*value*, if it is a whole number, and not below zero.

    >>> integer(3.0), integer(-1), integer("3", 0), integer(1e400, 0)
    (3, -1, 0, 0)
    """
    if isinstance(value, float) and isfinite(value) and value == int(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _BIGGEST:
        return value
    return otherwise


def ns(value: Any) -> int:
    """Milliseconds in ns; 0 if *value* is no number, or -1, which means that it does not apply.

    >>> ns(1.5), ns(-1), ns(None), ns(True)
    (1500000, 0, 0, 0)
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < _MOST_MS:
        return round(value * 1e6)
    return 0


def moment(value: Any) -> int:
    """A moment of ISO 8601, in ns since the epoch.

    Raises:
        EntryError: It is no such moment, or before 1970.

    >>> moment("2009-07-24T19:20:30.45+01:00")
    1248459630450000000
    """
    try:
        then = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise EntryError(f"startedDateTime is no moment of ISO 8601: {value!r:.60}") from None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    past = (then - _EPOCH) // timedelta(microseconds=1)
    if past < 0:
        raise EntryError(f"startedDateTime is before 1970: {value!r:.60}")
    return past * 1000


def octets(text: str) -> bytes:
    r"""The bytes of a text of a body.

    >>> octets("é")
    b'\xc3\xa9'
    """
    return text.encode("utf-8", "surrogatepass")


def decoded(text: str) -> bytes | None:
    r"""The bytes of base64; ``None`` if it is none.

    >>> decoded("/w=="), decoded("?")
    (b'\xff', None)
    """
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


def pairs(holder: Any, *, exact: bool) -> list[tuple[bytes, bytes]]:
    r"""The headers of a request or a response, as ASGI has them.

    Args:
        holder: What has ``headers``.
        exact: They are as we wrote them: each character is an octet.

    >>> pairs({"headers": [{"name": "Set-Cookie", "value": "a\nb"}]}, exact=False)
    [(b'set-cookie', b'a'), (b'set-cookie', b'b')]
    """
    found = []
    for one in member(holder, "headers", list):
        name, value = member(one, "name", str), member(one, "value", str)
        if exact:
            found.append((latin(name), latin(value)))
        elif not name.startswith(":"):  # the pseudo-headers of HTTP/2
            # Browsers join headers of the same name by line breaks
            found += [(latin(name.lower()), latin(line)) for line in value.split("\n")]
    return found


def latin(text: str) -> bytes:
    """*text* as octets: each character is one, unless one of them cannot be."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
