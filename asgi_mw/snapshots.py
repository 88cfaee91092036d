"""Copy what may change behind our back: scopes and messages, as plain data of our own."""

from __future__ import annotations

import marshal
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from asgi_mw.types import Message, Scope

# What cannot change and needs no copy
ATOMS = frozenset({bytes, str, int, bool, float, type(None)})
_DEEPEST = 8
_Utf8 = getincrementaldecoder("utf-8")


def frozen(mapping: Scope | Message) -> bytes:
    """A snapshot of a scope or message in one piece; :func:`thawed` gives it back."""
    try:
        return marshal.dumps(cast("Any", mapping), 2)
    except ValueError:  # something in it is no plain value
        return marshal.dumps(snapshot(dict(mapping)), 2)


def thawed(kept: Any) -> dict[str, Any]:
    """What :func:`frozen` took, or a plain snapshot, as a dict of its own.

    >>> thawed(frozen({"type": "http", "client": ("::1", 1)}))
    {'type': 'http', 'client': ['::1', 1]}
    """
    plain = marshal.loads(kept) if kept.__class__ is bytes else dict(kept)  # noqa: S302  # our own
    return cast("dict[str, Any]", snapshot(plain))


def snapshot(value: Any, depth: int = 0) -> Any:
    """A copy of plain data that nobody else holds; anything else as the name of its type.

    Never reads from an iterator, which somebody else will want to read.

    >>> snapshot({"a": [1, (b"b", object())]})
    {'a': [1, [b'b', '<object>']]}
    """
    kind = value.__class__
    if kind in ATOMS:
        return value
    if depth < _DEEPEST:
        if kind is list or kind is tuple:
            return [snapshot(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {str(key): snapshot(item, depth + 1) for key, item in value.items()}
    if kind is bytearray or kind is memoryview:
        return bytes(value)
    # Enums and other subclasses of what is plain
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (int, float)):
        return int.__int__(value) if isinstance(value, int) else float.__float__(value)
    if isinstance(value, bytes):
        return b"".join((value,))
    return f"<{kind.__qualname__}>"


def cut_payload(kept: dict[str, Any], room: int) -> None:
    """Cut the payload in *kept* to *room* bytes."""
    for key in ("body", "bytes", "text"):
        payload = kept.get(key)
        if isinstance(payload, str):
            encoded = payload.encode("utf-8", "surrogatepass")[:room]
            kept[key] = _Utf8("surrogatepass").decode(encoded)  # without half a character
        elif payload:
            kept[key] = bytes(payload[:room])
