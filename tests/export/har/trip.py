"""Exchanges written as a HAR, and read from it again."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from asgi_mw.export import read_har, write_har
from asgi_mw.redaction import DEFAULT, Redaction
from tests.export.har.schema import check

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.export import Taken

RAW = Redaction(bodies="raw")


def written(*exchanges: Exchange, redact: Redaction = DEFAULT) -> dict[str, Any]:
    """The HAR of *exchanges*, which is a valid one."""
    file = io.StringIO()
    write_har(exchanges, file, redact=redact)
    har: dict[str, Any] = json.loads(file.getvalue())
    check(har)
    return har


def entries(*exchanges: Exchange, redact: Redaction = DEFAULT) -> list[dict[str, Any]]:
    """Its entries."""
    found: list[dict[str, Any]] = written(*exchanges, redact=redact)["log"]["entries"]
    return found


def read(har: Any, *, redact: Redaction = DEFAULT, taken: Taken | None = None) -> list[Exchange]:
    """The exchanges in *har*, JSON or its text."""
    data = har if isinstance(har, bytes) else json.dumps(har).encode()
    return list(read_har(io.BytesIO(data), source="har:test", redact=redact, taken=taken))


def of_entries(*found: Any, **options: Any) -> list[Exchange]:
    """The exchanges of entries."""
    return read({"log": {"entries": list(found)}}, **options)


def again(*exchanges: Exchange, redact: Redaction = DEFAULT) -> list[Exchange]:
    """*exchanges*, written and read."""
    return read(written(*exchanges, redact=redact), redact=redact)
