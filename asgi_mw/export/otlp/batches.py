"""Exchanges in batches, each a request of OTLP: never more than one of them in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.errors import Problems
from asgi_mw.export.otlp.record import KINDS, record_of
from asgi_mw.export.otlp.values import attributes
from asgi_mw.export.otlp.variables import resource_of
from asgi_mw.recorder.masking import with_masked_payloads
from asgi_mw.recorder.objects import ascii_json
from asgi_mw.telemetry.providers import NAME, SCHEMA_URL, version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgi_mw.events import Exchange, Worker
    from asgi_mw.export.otlp.values import Value
    from asgi_mw.export.written import Written
    from asgi_mw.redaction import Redaction

BODY_LIMIT = 16_384
"""The default limit of a body in bytes: as much as most backends take."""
# A collector reads lines of at most 1 MiB from a file, and takes requests of 4 MiB at least
_RECORDS, _CHARACTERS = 200, 512 * 1024


class Batch(NamedTuple):
    """An ``ExportLogsServiceRequest``, as JSON in one line, and how many records it has."""

    request: str
    records: int


def batches(
    exchanges: Iterable[Exchange],
    written: Written,
    *,
    redact: Redaction | None,
    body_limit: int,
) -> Iterator[Batch]:
    """Log records of *exchanges*, in their order, as many at once as a collector takes.

    Exchanges that are no HTTP are left out, and counted in *written*.

    Args:
        exchanges: Each is read after the previous one was taken.
        written: Counts what is left out.
        redact: Masks bodies; ``None`` leaves them out.
        body_limit: Bytes of each.

    Raises:
        ConfigError: Bodies would not be masked.
    """
    if redact is not None and redact.bodies == "raw":
        problems = Problems("write_otlp")
        reason = "many can read what a backend keeps"
        problems.add("redact", redact, reason, "mask bodies, or leave them out with redact=None")
        problems.check()
    limit = None if redact is None else body_limit
    resource = resource_of()
    held: dict[Worker, list[str]] = {}
    count = size = 0
    for exchange in exchanges:
        if exchange.type not in KINDS:
            written.leave_out(f"{exchange.type}, which is no HTTP")
            continue
        masked = exchange if redact is None else with_masked_payloads(exchange, redact)
        record = ascii_json(record_of(masked, limit))
        if count and (count >= _RECORDS or size + len(record) > _CHARACTERS):
            yield _batch(held, resource, count)
            held, count, size = {}, 0, 0
        held.setdefault(exchange.worker, []).append(record)
        count += 1
        size += len(record)
    if count:
        yield _batch(held, resource, count)


def _batch(held: dict[Worker, list[str]], resource: dict[str, str], count: int) -> Batch:
    scope = ascii_json({"name": NAME, "version": version()})
    said = []
    for worker, records in held.items():
        of = ascii_json(_resource(worker, resource))
        logs = f'"scope": {scope}, "logRecords": [{", ".join(records)}]'
        logs += f', "schemaUrl": "{SCHEMA_URL}"'
        said.append(f'{{"resource": {of}, "scopeLogs": [{{{logs}}}]}}')
    return Batch(f'{{"resourceLogs": [{", ".join(said)}]}}', count)


def _resource(worker: Worker, given: dict[str, str]) -> dict[str, Any]:
    """The source of the records: the worker, and the service that the variables name."""
    facts: dict[str, Value | None] = {"host.name": worker.host, "process.pid": worker.pid}
    return {"attributes": attributes({**facts, **given})}
