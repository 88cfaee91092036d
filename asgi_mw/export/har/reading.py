"""Read a HAR entry by entry, as exchanges with their secrets masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.export.har.exchange import exchange_of
from asgi_mw.export.har.values import EntryError
from asgi_mw.export.json_stream import members
from asgi_mw.export.taken import Taken
from asgi_mw.recorder.masking import masked_exchange
from asgi_mw.redaction import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from asgi_mw.events import Exchange
    from asgi_mw.redaction import Redaction


def read_har(
    file: IO[bytes],
    *,
    source: str = "har",
    redact: Redaction = DEFAULT,
    taken: Taken | None = None,
) -> Iterator[Exchange]:
    """The exchanges of a HAR, whether ours or a browser's, in the order of the file.

    Only one entry is in memory at a time.  Secrets are masked as the recorder masks them.  The
    same entry always has the same id, which sorts by when it began.

    Args:
        file: UTF-8, opened to read bytes.
        source: What ``worker.host`` says, as ``"har:shop.har"``.
        redact: What masks secrets.
        taken: Counts the exchanges, and what the file has that no exchange can hold.

    Raises:
        DocumentError: The file is no HAR; the entries before the fault were read.

    >>> import io
    >>> entry = b'{"startedDateTime": "2026-05-04T10:00:00Z", "request": {"url": "http://a/b"}}'
    >>> [one.path for one in read_har(io.BytesIO(b'{"log": {"entries": [' + entry + b"]}}"))]
    ['/b']
    """
    taken = Taken() if taken is None else taken
    for entry in members(file, ("log", "entries")):
        try:
            exchange = exchange_of(entry, source, taken.note)
        except EntryError as error:
            taken.leave_out(str(error))
            continue
        except RecursionError:
            taken.leave_out("it is nested too deep")
            continue
        taken.count += 1
        yield masked_exchange(exchange, redact)
