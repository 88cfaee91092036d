"""Send exchanges to a collector as OTLP logs, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.amounts import plural
from asgi_mw.errors import AsgiMwError
from asgi_mw.export.otlp.batches import BODY_LIMIT, batches
from asgi_mw.export.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.events import Exchange
    from asgi_mw.redaction import Redaction


class DeliveryError(AsgiMwError):
    """The collector did not take a batch.

    Attributes:
        sent: How many exchanges it had taken before.
    """

    def __init__(self, why: str, sent: int) -> None:
        self.sent = sent
        super().__init__(why, sent)

    def __str__(self) -> str:
        """Say why, and how many exchanges were sent before."""
        came = f"; {plural(self.sent, 'exchange')} had been sent before" if self.sent else ""
        return f"{self.args[0]}{came}"


def send_otlp(
    exchanges: Iterable[Exchange],
    url: str,
    *,
    redact: Redaction | None = None,
    body_limit: int = BODY_LIMIT,
) -> Written:
    """Send a log record for each of *exchanges*, as :func:`write_otlp` writes them.

    One batch is sent after the other.  A batch that fails for the moment is tried again, for ten
    seconds or ``OTEL_EXPORTER_OTLP_TIMEOUT``.  ``OTEL_EXPORTER_OTLP_HEADERS``, ``_COMPRESSION``,
    ``_CERTIFICATE``, ``_CLIENT_CERTIFICATE`` and ``_CLIENT_KEY`` are read, too.

    Args:
        exchanges: Each is read after the previous one was taken.
        url: The collector, as ``"http://collector:4318"``.
        redact: What masks bodies; ``None`` leaves them out.
        body_limit: Bytes of each body.

    Raises:
        ConfigError: *url* is no URL of a collector, or *redact* would not mask bodies.
        MissingExtraError: ``opentelemetry-proto`` is not installed.
        DeliveryError: The collector is not there, or refuses a batch.
    """
    from asgi_mw.export.otlp.collector import Collector  # noqa: PLC0415  # what speaks HTTP is slow to import

    collector = Collector(url)
    written = Written()
    for batch in batches(exchanges, written, redact=redact, body_limit=body_limit):
        try:
            rejected, why = collector.send(batch.request, patient=written.count > 0)
        except OSError as error:
            raise DeliveryError(str(error), written.count) from error
        written.count += batch.records - rejected
        for _ in range(rejected):
            written.leave_out(f"the collector rejected it{f' ({why})' if why else ''}")
    return written
