"""Copy what may change behind our back: scopes and messages, as plain data of our own."""

from __future__ import annotations

import marshal
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Container

    from asgi_mw.types import Message, Scope

# What cannot change and needs no copy
ATOMS = frozenset({bytes, str, int, bool, float, type(None)})
_DEEPEST = 8
# If a value is longer, or lies deeper, a bounded snapshot keeps only its type and size
_LONG, _MANY, _DEEP = 1024, 64, 3
_Utf8 = getincrementaldecoder("utf-8")
_PAYLOADS = frozenset({"body", "bytes", "text"})
# What one header takes beside its bytes (RFC 9113 6.5.2)
_PAIR = 32


def frozen(mapping: Any) -> bytes:
    """A snapshot of a scope or message in one piece; :func:`thawed` gives it back."""
    try:
        return marshal.dumps(mapping, 2)
    except ValueError:  # something in it is no plain value
        return marshal.dumps(snapshot(dict(mapping)), 2)


def thawed(kept: Any, only: Container[str] | None = None) -> dict[str, Any]:
    """What :func:`frozen` took, or a plain snapshot, as a new dict; *only* these keys, if given.

    >>> thawed(frozen({"type": "http", "client": ("::1", 1)}))
    {'type': 'http', 'client': ['::1', 1]}
    """
    plain = marshal.loads(kept) if kept.__class__ is bytes else dict(kept)  # noqa: S302  # our own
    if only is not None:
        plain = {key: value for key, value in plain.items() if key in only}
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
            if len(value) == 2 and value[0].__class__ is bytes is value[1].__class__:
                return list(value)  # the most usual case: a header
            return [snapshot(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {
                str(key): item if item.__class__ in ATOMS else snapshot(item, depth + 1)
                for key, item in value.items()
            }
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


def bounded(value: Any, depth: int = 0) -> Any:
    """Like :func:`snapshot`, but with only the type and length of what is large.

    >>> bounded({"users": ["ada"], "cache": dict.fromkeys(range(1000)), "page": "x" * 9999})
    {'users': ['ada'], 'cache': '<dict of 1000>', 'page': '<str of 9999>'}
    """
    kind = value.__class__
    if kind in {str, bytes} and len(value) > _LONG:
        return f"<{kind.__name__} of {len(value)}>"
    if kind in {dict, list, tuple}:
        if len(value) > _MANY or depth >= _DEEP:
            return f"<{kind.__name__} of {len(value)}>"
        if kind is dict:
            return {str(key)[:_LONG]: bounded(item, depth + 1) for key, item in value.items()}
        return [bounded(item, depth + 1) for item in value]
    return snapshot(value, _DEEPEST)


def fitted(mapping: Scope | Message, most: int) -> tuple[dict[str, Any], dict[str, int]]:
    """*mapping* with at most *most* bytes in each part but its payload, and what is missing.

    The longest headers are left out whole, and a text ends at the last ``/`` or ``&`` that fits:
    half a value could be a secret that nobody recognises.

    >>> kept, missing = fitted({"headers": [(b"a", b"b"), (b"c", b"d" * 99)], "path": "/a/bc"}, 99)
    >>> kept["headers"], missing
    ([(b'a', b'b')], {'bytes of headers over 99': 100})
    """
    kept = dict(mapping)
    missing = {}
    for key, value in mapping.items():
        kind = value.__class__
        if key == "headers" and kind in {list, tuple}:
            kept[key], lost = _shortest(value, most)
        elif kind in {str, bytes}:
            lost = len(value) - most if key not in _PAYLOADS else 0
            if lost > 0:
                kept[key] = _to_border(value, most)
                lost = len(value) - len(kept[key])
        elif kind not in ATOMS and len(frozen({"": value})) > most:
            kept[key] = bounded(value, _DEEP)
            lost = len(frozen({"": value}))
        else:
            lost = 0
        if lost > 0:
            missing[f"bytes of {key} over {most:,}"] = lost
    return kept, missing


def _shortest(pairs: Any, most: int) -> tuple[Any, int]:
    """The shortest of *pairs* that *most* bytes hold, in their order; the bytes of the others."""
    sizes = [_size(pair) for pair in pairs]
    if sum(sizes) + _PAIR * len(sizes) <= most:
        return pairs, 0
    room = most
    kept = set()
    for place in sorted(range(len(pairs)), key=sizes.__getitem__):
        room -= sizes[place] + _PAIR
        if room < 0:
            break
        kept.add(place)
    left = sum(sizes[place] for place in kept)
    return [pair for place, pair in enumerate(pairs) if place in kept], sum(sizes) - left


def _size(pair: Any) -> int:
    if pair.__class__ in {list, tuple} and len(pair) == 2:
        name, value = pair
        if name.__class__ is bytes is value.__class__:
            return len(name) + len(value)
    return len(frozen({"": pair}))  # no header at all: for the server to refuse


def _to_border(text: Any, most: int) -> Any:
    """*text* up to the last ``/`` or ``&`` within *most*; nothing if there is none."""
    start = text[:most]
    slash, ampersand = (b"/", b"&") if isinstance(text, bytes) else ("/", "&")
    return start[: max(start.rfind(slash), start.rfind(ampersand), 0)]


def cut_payload(kept: dict[str, Any], room: int) -> None:
    """Cut the payload in *kept* to *room* bytes."""
    for key in ("body", "bytes", "text"):
        payload = kept.get(key)
        if isinstance(payload, str):
            encoded = payload.encode("utf-8", "surrogatepass")[:room]
            kept[key] = _Utf8("surrogatepass").decode(encoded)  # without half a character
        elif payload:
            kept[key] = bytes(payload[:room])
