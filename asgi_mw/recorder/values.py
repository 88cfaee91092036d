"""Plain values as JSON, and back without loss.

JSON has no bytes.  These, and what else it does not have, are wrapped in objects with one key:

========================  ====================================================================
``{"$bytes": "..."}``     bytes, each as the character of the same number (latin-1)
``{"$pairs": [[n, v]]}``  a list of pairs of bytes, as headers are; each as above
``{"$blob": [at, size]}`` a payload, kept in the BLOB
``{"$text": "..."}``      text with lone surrogates: its bytes (UTF-8, surrogates passed)
``{"$int": "0x..."}``     an integer of over 64 bits, and at most 8192
``{"$float": "nan"}``     ``nan``, ``inf`` or ``-inf``
``{"$dict": [[k, v]]}``   an object with a key that begins with ``$`` or is none of JSON's
========================  ====================================================================

Sequences come back as lists, and pairs of bytes as tuples.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

from asgi_mw.json_numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView

_BIGGEST = 2**63
_DEEPEST = 64
_MOST_BITS = 8192


def _plain_json() -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def refuse(constant: str) -> NoReturn:
        message = f"{constant} is no JSON"
        raise ValueError(message)

    decoder = json.JSONDecoder(parse_constant=refuse)
    return encoder.encode, decoder.decode


def _fast_json() -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    try:
        import msgspec  # noqa: PLC0415  # an extra
    except ImportError:
        return _plain_json()
    encode = msgspec.json.Encoder().encode
    return lambda value: encode(value).decode(), msgspec.json.Decoder().decode


dumps, loads = _fast_json()


def freeze(value: Any, depth: int = 0) -> Any:
    """*value* as JSON can hold it; a value that is not plain becomes the name of its type.

    >>> freeze({"type": "http", "raw_path": b"/", "headers": [(b"host", b"a")]})
    {'type': 'http', 'raw_path': {'$bytes': '/'}, 'headers': {'$pairs': [['host', 'a']]}}
    """
    kind = value.__class__
    if kind is str:
        return value if value.isascii() else freeze_text(value)
    if kind is bytes:
        return {"$bytes": value.decode("latin-1")}
    if kind is bool or value is None:
        return value
    if kind is int:
        if -_BIGGEST <= value < _BIGGEST:
            return value
        # Python refuses to write out what is far longer
        return {"$int": hex(value)} if value.bit_length() <= _MOST_BITS else "<int>"
    if kind is float:
        return value if isfinite(value) else {"$float": repr(value)}
    if depth < _DEEPEST // 2:
        if kind is list or kind is tuple:
            return _frozen_list(value, depth)
        if isinstance(value, Mapping):
            frozen = {key: freeze(inner, depth + 1) for key, inner in value.items()}
            return frozen if is_plain(frozen) else wrap(frozen.items())
    return f"<{kind.__qualname__}>"


def _frozen_list(value: list[Any] | tuple[Any, ...], depth: int) -> Any:
    if value and value[0].__class__ in {tuple, list}:
        try:
            # bytes.decode refuses whatever is no bytes
            return {
                "$pairs": [[_latin(name, "latin-1"), _latin(v, "latin-1")] for name, v in value]
            }
        except (TypeError, ValueError):
            pass
    return [freeze(inner, depth + 1) for inner in value]


_latin = bytes.decode


def freeze_text(text: str) -> Any:
    """*text* as JSON can hold it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"$text": text.encode("utf-8", "surrogatepass").decode("latin-1")}
    return text


def is_plain(value: dict[Any, Any]) -> bool:
    """Whether the keys of *value* can be those of a JSON object of ours."""
    for key in value:
        if (
            key.__class__ is not str
            or key[:1] == "$"
            or not (key.isascii() or key == freeze_text(key))
        ):
            return False
    return True


def wrap(items: ItemsView[Any, Any]) -> dict[str, Any]:
    """An object with keys that JSON cannot have or that look like marks; its values are frozen."""
    return {"$dict": [[freeze_text(str(key)), value] for key, value in items]}


class Payloads:
    """The bytes that ``$blob`` points to, one payload after the other.

    None is taken twice: otherwise a few bytes that are referred to often could fill any memory.
    """

    __slots__ = ("_at", "_bodies")

    def __init__(self, bodies: bytes = b"") -> None:
        self._bodies = bodies
        self._at = 0

    def take(self, at: int, size: int) -> bytes:
        """The next payload, which is *size* bytes at *at*.

        Raises:
            ValueError: It is not there, or before one that was taken.
        """
        if not self._at <= at <= at + size <= len(self._bodies):
            message = "a payload is not where it is said to be"
            raise ValueError(message)
        self._at = at + size
        return self._bodies[at : at + size]


def thaw(value: Any, bodies: Payloads | None = None, depth: int = 0) -> Any:
    """The value that :func:`freeze` made *value* of.

    Args:
        value: From JSON that anybody may have written.
        bodies: Where ``$blob`` points to, if it may.

    Raises:
        ValueError: :func:`freeze` did not make *value*.
        TypeError: The same.

    >>> thaw({"$int": "0x10"})
    16
    """
    if depth > _DEEPEST:
        message = f"nested over {_DEEPEST} deep"
        raise ValueError(message)
    if isinstance(value, list):
        return [thaw(inner, bodies, depth + 1) for inner in value]
    if isinstance(value, dict):
        if len(value) == 1:
            [(mark, inner)] = value.items()
            if mark[:1] == "$":
                return _marked(mark, inner, bodies, depth)
        return {key: thaw(inner, bodies, depth + 1) for key, inner in value.items()}
    if isinstance(value, float) and not isfinite(value):
        message = f"{value} is no JSON"
        raise ValueError(message)
    return value


def _marked(mark: str, value: Any, bodies: Payloads | None, depth: int) -> Any:
    if mark == "$bytes":
        return checked(value, str).encode("latin-1")
    if mark == "$pairs":
        return [(n.encode("latin-1"), v.encode("latin-1")) for n, v in map(_pair, value)]
    if mark == "$blob":
        at, size = (checked(number, int) for number in checked(value, list))
        return (bodies or Payloads()).take(at, size)
    if mark == "$text":
        return checked(value, str).encode("latin-1").decode("utf-8", "surrogatepass")
    if mark == "$int":
        if len(checked(value, str)) > _MOST_BITS // 4 + len("-0x"):
            message = f"an integer of over {_MOST_BITS} bits"
            raise ValueError(message)
        return int(value, 16)
    if mark == "$float" and value in ("nan", "inf", "-inf"):
        return float(value)
    if mark == "$dict":
        items = [(key, inner) for key, inner in checked(value, list)]
        return {text(key): thaw(inner, bodies, depth + 1) for key, inner in items}
    message = f"{mark!r:.40} is not known here"
    raise ValueError(message)


def text(value: Any) -> str:
    """*value*, which has to be text, thawed."""
    thawed: str = checked(thaw(value), str)
    return thawed


def _pair(pair: Any) -> tuple[str, str]:
    name, value = checked(pair, list)
    return checked(name, str), checked(value, str)


def checked(value: Any, *kinds: type) -> Any:
    """*value*, if it is of exactly one of these kinds: ``True`` is no number here."""
    if value.__class__ not in kinds:
        message = f"{value.__class__.__name__} where {kinds[0].__name__} belongs"
        raise TypeError(message)
    return value


def count(value: Any) -> int:
    """A number of nanoseconds, or one that an app chose, within bounds, so that it can be shown.

    Raises:
        TypeError: It is no integer.
        ValueError: It is out of range.
    """
    if value.__class__ is int and 0 <= value < _BIGGEST:
        return value
    checked(value, int)
    message = f"a number of {value.bit_length()} bits is out of range"
    raise ValueError(message)


def amount(value: Any) -> int:
    """A number of bytes, of events, or of a process, which each reader of JSON reads exactly.

    Raises:
        TypeError: It is no integer.
        ValueError: It is out of range.
    """
    found = count(value)
    if found > EXACT:
        message = f"a number of {found.bit_length()} bits is no amount"
        raise ValueError(message)
    return found


def count_or_none(value: Any) -> int | None:
    """A :func:`count`, where there may be none."""
    return None if value is None else count(value)


def optional(value: Any) -> str | None:
    """A text, where there may be none."""
    return None if value is None else text(value)
