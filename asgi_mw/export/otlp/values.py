"""Values as the JSON of OTLP has them, which every receiver can read, whatever was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = str | bool | int | float
# Characters of a text: of a longer one, only the beginning is kept
LONGEST = 8_192
_BIGGEST = 2**63


def text(value: str) -> str:
    r"""*value* without lone surrogates, for which receivers refuse a whole request.

    >>> text("/\udc80")
    '/\\udc80'
    """
    return value.encode("utf-8", "backslashreplace").decode()


def attributes(given: Mapping[str, Value | None]) -> list[dict[str, Any]]:
    """Attributes: those that are ``None``, or a number too large, are left out.

    >>> attributes({"http.response.status_code": 200, "http.route": None, "ok": True})
    [{'key': 'http.response.status_code', 'value': {'intValue': '200'}}, \
{'key': 'ok', 'value': {'boolValue': True}}]
    """
    found = ((name, _any(value)) for name, value in given.items() if value is not None)
    return [{"key": name, "value": value} for name, value in found if value is not None]


def moment(ns: int) -> str:
    """A moment, in ns since the epoch: numbers of 64 bits are texts in the JSON of Protobuf.

    >>> moment(1_750_000_000_000_000_000), moment(-1)
    ('1750000000000000000', '0')
    """
    return str(min(max(ns, 0), _BIGGEST - 1))


def _any(value: Value) -> dict[str, Any] | None:
    if isinstance(value, str):
        return {"stringValue": text(value)}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"intValue": str(value)} if -_BIGGEST <= value < _BIGGEST else None
