"""The events of a stream that an app sent: Server-Sent Events."""

from __future__ import annotations

import re

# https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
_BETWEEN = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_FIELD = re.compile(rb"(?:\A|[\r\n])data(?::[ ]?([^\r\n]*))?")


def events_in(stream: bytes) -> list[bytes]:
    """The events of a stream."""
    return [one for one in _BETWEEN.split(stream) if one.strip()]


def data_of(event: bytes) -> bytes:
    r"""The data of one Server-Sent Event.

    >>> data_of(b"event: price\ndata: [1,\ndata: 2]")
    b'[1,\n2]'
    """
    return b"\n".join(_FIELD.findall(event))
