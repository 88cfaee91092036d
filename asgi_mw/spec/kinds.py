"""The kinds of values that scopes and messages hold, and what is wrong with another value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# A scope or message with more items cannot have come over a network in good faith
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Attributes:
        name: What the specification calls it.
        wrong: What is wrong with a value; empty if nothing.
        quick: Classes of which every instance is right, so that no more has to be checked.
        example: Python of a value that is wrong.
    """

    name: str
    wrong: Callable[[Any], str]
    quick: frozenset[type]
    example: str


def named(value: object) -> str:
    """The type of *value*, in words.

    >>> named(b""), named(None)
    ('bytes', 'None')
    """
    return "None" if value is None else type(value).__qualname__


def _of(name: str, *classes: type, none: bool = False, example: str) -> Kind:
    def wrong(value: Any) -> str:
        if (value is None and none) or (
            isinstance(value, classes) and not (isinstance(value, bool) and bool not in classes)
        ):
            return ""
        return f"is {named(value)}, not {name}"

    quick = {*classes, type(None)} if none else {*classes}
    return Kind(name, wrong, frozenset(quick), example)


def _whole(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"is {named(value)}, not int"
    return "" if -(2**63) <= value < 2**63 else "does not fit in signed 64 bits"


def is_one_shot(value: object) -> bool:
    """Whether to read *value* may use it up, although those that get it next need it."""
    return isinstance(value, Iterator) or (
        isinstance(value, Iterable) and not isinstance(value, Collection)
    )


def pairs_in(headers: Any) -> list[tuple[bytes, bytes]] | None:
    """The pairs of *headers*, if they are right, and reading them uses nothing up.

    >>> pairs_in([(b"a", b"1")]), pairs_in(iter([(b"a", b"1")])), pairs_in([("a", "1")])
    ([(b'a', b'1')], None, None)
    """
    if is_one_shot(headers) or _pairs(headers) or any(map(is_one_shot, headers)):
        return None
    return [(name, value) for name, value in headers]


def _items(value: Any) -> list[Any] | str:
    """The items of *value*, or what is wrong."""
    odd = f"is {named(value)}, not an iterable"
    if isinstance(value, (str, bytes, Mapping)):
        return odd
    try:
        return list(islice(value, _MOST))
    except (LookupError, TypeError):  # Python iterates by index as well, which fails for keys
        return odd


def _pairs(value: Any) -> str:
    if is_one_shot(value):
        return ""
    items = _items(value)
    if isinstance(items, str):
        return items
    for number, item in enumerate(items):
        if item.__class__ is tuple and len(item) == 2:
            name, text = item
            if name.__class__ is bytes is text.__class__:
                continue
        if is_one_shot(item):
            continue
        pair = _items(item)
        if isinstance(pair, str):
            return f"[{number}] {pair} of two"
        if len(pair) != 2:
            return f"[{number}] has {len(pair)} items, not two"
        for part, of in zip(("name", "value"), pair, strict=True):
            if not isinstance(of, bytes):
                return f"[{number}] has a {part} that is {named(of)}, not bytes"
    return ""


def _texts(kind: type) -> Callable[[Any], str]:
    def wrong(value: Any) -> str:
        if is_one_shot(value):
            return ""
        items = _items(value)
        if isinstance(items, str):
            return items
        odd = next((one for one in items if not isinstance(one, kind)), None)
        if odd is None and None not in items:
            return ""
        return f"holds {named(odd)}, not {kind.__name__}"

    return wrong


def _address(value: Any, *, path: bool) -> str:
    if value is None or is_one_shot(value):
        return ""
    items = _items(value)
    if isinstance(items, str):
        return items
    if len(items) != 2:
        return f"has {len(items)} items, not two"
    host, port = items
    if not isinstance(host, str):
        return f"has a host that is {named(host)}, not str"
    if path and port is None:
        return ""
    wrong = _whole(port)
    return wrong and f"has a port that {wrong}"


def _objects(value: Any) -> str:
    if value is None:  # as asgiref's types have it
        return ""
    if not isinstance(value, dict):
        return f"is {named(value)}, not dict"
    for name, one in value.items():
        if not isinstance(name, str):
            return f"has a key that is {named(name)}, not str"
        if not isinstance(one, dict):
            return f"[{name!r}] is {named(one)}, not dict"
    return ""


def _keyed(value: Any) -> str:
    if not isinstance(value, dict):
        return f"is {named(value)}, not dict"
    odd = next((name for name in value if not isinstance(name, str)), "")
    return f"has a key that is {named(odd)}, not str" if odd != "" else ""


def _file(value: Any) -> str:
    if isinstance(value, (str, bytes)) or value is None:
        return f"is {named(value)}, not a file"
    if isinstance(value, int):
        return ""
    try:
        value.fileno()
    except (AttributeError, OSError, TypeError, ValueError):
        return f"is {named(value)}, without a file of the system"
    return ""


_NONE: frozenset[type] = frozenset()

TEXT: Final = _of("str", str, example='b"text"')
TEXT_OR_NONE: Final = _of("str or None", str, none=True, example='b"text"')
BYTES: Final = _of("bytes", bytes, example='"text"')
BYTES_OR_NONE: Final = _of("bytes or None", bytes, none=True, example='"text"')
FLAG: Final = _of("bool", bool, example='"no"')
WHOLE: Final = Kind("int", _whole, _NONE, '"200"')
WHOLE_OR_NONE: Final = Kind(
    "int or None", lambda value: "" if value is None else _whole(value), _NONE, '"772"'
)
PAIRS: Final = Kind("an iterable of pairs of bytes", _pairs, _NONE, '[("name", "value")]')
TEXTS: Final = Kind("an iterable of str", _texts(str), _NONE, '[b"text"]')
OCTETS: Final = Kind("an iterable of bytes", _texts(bytes), _NONE, '["text"]')
CLIENT: Final = Kind(
    "[host, port]", lambda value: _address(value, path=False), _NONE, '("127.0.0.1", "50000")'
)
SERVER: Final = Kind(
    "[host, port] or [path, None]",
    lambda value: _address(value, path=True),
    _NONE,
    '("127.0.0.1", "8000")',
)
OBJECTS: Final = Kind("a dict of dicts", _objects, _NONE, '{"tls": True}')
STATE: Final = Kind(
    "a dict with keys that are str, or None",
    lambda value: "" if value is None else _keyed(value),
    _NONE,
    "[1]",
)
KEYED: Final = Kind("a dict with keys that are str", _keyed, _NONE, "[1]")
FILE: Final = Kind("an open file", _file, _NONE, '"/etc/hosts"')
