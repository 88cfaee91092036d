"""Turn names of OpenTelemetry into those of Prometheus.

https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_INVALID = re.compile(r"[^a-zA-Z0-9_:]+")
_INVALID_IN_LABEL = re.compile(r"[^a-zA-Z0-9_]+")
_ANNOTATION = re.compile(r"\{[^}]*\}")
# UCUM, and the word that Prometheus uses
_UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tebibytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Hz": "hertz",
    "Cel": "celsius",
    "%": "percent",
}
_PER = {
    "s": "second",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "mo": "month",
    "y": "year",
}


def metric_name(name: str) -> str:
    """The name of a metric, without its unit.

    >>> metric_name("http.server.request.duration")
    'http_server_request_duration'
    """
    return _legal(_INVALID.sub("_", name))


def label_name(key: str) -> str:
    """The name of a label, from the key of an attribute.

    >>> label_name("http.request.header.x-id"), label_name("2nd")
    ('http_request_header_x_id', '_2nd')
    """
    return _legal(_INVALID_IN_LABEL.sub("_", key))


def unit_name(unit: str, *, gauge: bool = False) -> str:
    """The unit in words; empty where there is none, or only a remark in braces.

    >>> unit_name("s"), unit_name("By"), unit_name("{request}"), unit_name("By/s")
    ('seconds', 'bytes', '', 'bytes_per_second')
    >>> unit_name("1", gauge=True)
    'ratio'
    """
    plain = _ANNOTATION.sub("", unit)
    if plain == "1":
        return "ratio" if gauge else ""
    top, _, below = plain.partition("/")
    words = _UNITS.get(top, _INVALID.sub("_", top).strip("_"))
    if below:
        per = _PER.get(below) or _UNITS.get(below, _INVALID.sub("_", below).strip("_"))
        per = per.removesuffix("s")
        words = f"{words}_per_{per}".lstrip("_")
    return words


def label_value(value: object) -> str:
    """The value of a label: what is no text is written as in JSON.

    >>> label_value("GET"), label_value(200), label_value(True), label_value(("a", "b"))
    ('GET', '200', 'true', '["a","b"]')
    """
    if isinstance(value, str):
        # A lone surrogate, of bytes that were no UTF-8, would break the page for ever
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(f'"{label_value(one)}"' for one in value) + "]"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def labels_of(attributes: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The labels of these attributes; where two have one name, both values, in their order.

    >>> labels_of([("a.b", 1), ("c", "x"), ("a_b", 2)])
    {'a_b': '1;2', 'c': 'x'}
    """
    labels: dict[str, str] = {}
    for key, value in attributes:
        name, text = label_name(key), label_value(value)
        labels[name] = f"{labels[name]};{text}" if name in labels else text
    return labels


def _legal(name: str) -> str:
    return f"_{name}" if name[:1].isdigit() or not name else name
