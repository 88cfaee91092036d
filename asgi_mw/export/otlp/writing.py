"""Write exchanges as OTLP logs in JSON, as the collector's ``otlpjsonfile`` receiver reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.export.otlp.batches import BODY_LIMIT, batches
from asgi_mw.export.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

    from asgi_mw.events import Exchange
    from asgi_mw.redaction import Redaction


def write_otlp(
    exchanges: Iterable[Exchange],
    file: IO[str],
    *,
    redact: Redaction | None = None,
    body_limit: int = BODY_LIMIT,
) -> Written:
    """Write a log record for each of *exchanges*; each line of *file* has a batch of them.

    A record has the trace and span id of its exchange, and the attributes that the conventions
    for HTTP give a span.  It has ``http.request.body.content`` and ``http.response.body.content``
    only if *redact* is given.  The variables ``OTEL_SERVICE_NAME`` and
    ``OTEL_RESOURCE_ATTRIBUTES`` name the service.

    Args:
        exchanges: Each is read after the previous one was written.
        file: Takes text, in ASCII.
        redact: What masks bodies; ``None`` leaves them out.
        body_limit: Bytes of each body; a longer one is cut, and an attribute says so.

    Raises:
        ConfigError: *redact* would not mask bodies.

    >>> import io, json
    >>> from asgi_mw import Exchange
    >>> from asgi_mw.events import Worker
    >>> one = Exchange("0" * 32, Worker("box", 1), "http", {"path": "/a"}, 0, outcome="complete")
    >>> file = io.StringIO()
    >>> write_otlp([one], file).count
    1
    >>> [resource] = json.loads(file.getvalue())["resourceLogs"]
    >>> resource["scopeLogs"][0]["logRecords"][0]["eventName"]
    'asgi_mw.exchange'
    """
    written = Written()
    for batch in batches(exchanges, written, redact=redact, body_limit=body_limit):
        file.write(batch.request + "\n")
        written.count += batch.records
    return written
