"""What the standard variables say of exports (https://opentelemetry.io/docs/specs/otel/protocol/exporter/)."""

from __future__ import annotations

import os
from math import isfinite
from urllib.parse import unquote

_TIMEOUT = 10.0


def resource_of() -> dict[str, str]:
    """The attributes of the service: ``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_SERVICE_NAME``."""
    given = {"service.name": "unknown_service"} | pairs(os.environ.get("OTEL_RESOURCE_ATTRIBUTES"))
    name = os.environ.get("OTEL_SERVICE_NAME", "").strip()
    return given | ({"service.name": name} if name else {})


def headers_of() -> dict[str, str]:
    """The headers of each request."""
    return pairs(said_of("HEADERS"))


def timeout_of() -> float:
    """Seconds for one request with all its tries."""
    try:
        seconds = float(said_of("TIMEOUT"))
    except ValueError:
        return _TIMEOUT
    return seconds if isfinite(seconds) and seconds > 0 else _TIMEOUT


def said_of(what: str) -> str:
    """The value of the variable for logs, or, if it is empty, of that for all signals."""
    names = (f"OTEL_EXPORTER_OTLP_LOGS_{what}", f"OTEL_EXPORTER_OTLP_{what}")
    return next(filter(None, (os.environ.get(name, "").strip() for name in names)), "")


def pairs(said: str | None) -> dict[str, str]:
    """Names and values, which are percent-encoded as in W3C Baggage.

    >>> pairs("authorization=Bearer%20x, a = b,c")
    {'authorization': 'Bearer x', 'a': 'b'}
    """
    found = (one.partition("=") for one in (said or "").split(",") if "=" in one)
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in found}
