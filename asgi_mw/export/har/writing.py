"""Write exchanges as a HAR, one entry after the other: never all of them in memory."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from asgi_mw.export.har.entry import entry_of, is_http
from asgi_mw.export.written import Written
from asgi_mw.recorder.masking import with_masked_payloads
from asgi_mw.recorder.objects import ascii_json
from asgi_mw.redaction import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

    from asgi_mw.events import Exchange
    from asgi_mw.redaction import Redaction

_SAID = {
    "redacted": "Secrets are masked, as [redacted], as the recording masked them.",
    "raw": "Headers are masked as the recording masked them; bodies are as it has them.",
    "none": "Secrets are masked, as [redacted], as the recording masked them; no body is kept.",
}


def write_har(
    exchanges: Iterable[Exchange], file: IO[str], *, redact: Redaction = DEFAULT
) -> Written:
    """Write *exchanges* to *file* as a HAR 1.2, in the order in which they come.

    Readers want the oldest first.  HTTP requests and WebSockets have an entry, with
    ``_webSocketMessages``, and ``_eventSourceMessages`` of an event stream, as Chrome has them.
    Payloads are masked once more, as they may have been recorded raw.

    Args:
        exchanges: Each is read after the previous one was written.
        file: Takes text, in ASCII.
        redact: What masks payloads; ``Redaction(bodies="raw")`` leaves them as they were recorded.

    Returns:
        How many entries there are, and how many exchanges had none.

    >>> import io, json
    >>> from asgi_mw import Exchange
    >>> from asgi_mw.events import Worker
    >>> one = Exchange("0" * 32, Worker("box", 1), "http", {"path": "/a"}, 0, outcome="complete")
    >>> file = io.StringIO()
    >>> write_har([one], file).count
    1
    >>> json.loads(file.getvalue())["log"]["entries"][0]["request"]["url"]
    'http://localhost/a'
    """
    written = Written()
    creator = ascii_json({"name": "asgi-mw", "version": version("asgi-mw")})
    file.write(f'{{"log": {{"version": "1.2", "creator": {creator}, "pages": [], "entries": [')
    for exchange in exchanges:
        if not is_http(exchange):
            written.leave_out(f"{exchange.type}, which is no HTTP")
            continue
        entry = entry_of(with_masked_payloads(exchange, redact))
        file.write(f"{',' if written.count else ''}\n{ascii_json(entry)}")
        written.count += 1
    said = " ".join([_SAID[redact.bodies], *written.lines()])
    file.write(f'\n], "comment": {ascii_json(said)}}}}}\n')
    return written
