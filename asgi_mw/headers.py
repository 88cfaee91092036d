"""Headers as ASGI has them: byte pairs; find, replace, add to ``Vary``, lists and q-values.

A server or an app may give headers as any iterable of two-item iterables of bytes (`HTTP
connection scope <https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope>`_),
a generator among them.  :func:`listed` makes a list of what can be read only once; every other
function here takes what can be read again and returns a new list.  None of them raises on a
malformed pair: judging what an app sends is the server's part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asgi_mw.errors import Problems
    from asgi_mw.types import Message

Pair: TypeAlias = tuple[bytes, bytes]
Headers: TypeAlias = Sequence[Pair]

# RFC 9110 5.6.2: token = 1*tchar
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 12.4.2: at most three decimals, and nothing above one
_QVALUE = re.compile(rb"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE | re.ASCII)
_READ_AGAIN = frozenset({tuple, list})
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def listed(headers: Iterable[Iterable[bytes]]) -> Headers:
    """*headers* in a form that can be read more than once; the same object if it can already.

    >>> listed((name, b"1") for name in (b"a", b"b"))
    [(b'a', b'1'), (b'b', b'1')]
    """
    if type(headers) is list and (not headers or type(headers[0]) in _READ_AGAIN):
        return cast("Headers", headers)  # one list holds one kind of pair
    return [cast("Pair", _read_again(pair)) for pair in headers]


def settle(message: Message, key: str = "headers") -> Message:
    """*message* with headers that can be read more than once; the same object if they can already.

    Headers that are no iterable stay as they are, for the server to refuse.  An iterator that
    raises does so here, as it would in the server.

    >>> message = settle({"type": "http.response.start", "headers": iter([(b"a", b"1")])})
    >>> message["headers"]
    [(b'a', b'1')]
    """
    headers = message.get(key)
    if headers is None or (
        headers.__class__ is list and headers and headers[0].__class__ in _READ_AGAIN
    ):
        return message
    try:
        iterator = iter(headers)
    except TypeError:
        return message
    if key == "headers":
        again = listed(headers if headers.__class__ is list else iterator)
    else:
        again = headers if headers.__class__ is list else list(iterator)
    return message if again is headers else {**message, key: again}


def find(headers: Headers, name: bytes) -> bytes | None:
    """The value of the first header called *name* (given in lower case), or ``None``.

    >>> find([(b"Host", b"example.org")], b"host")
    b'example.org'
    """
    length = len(name)
    try:
        for pair in headers:
            if len(pair[0]) == length and pair[0].lower() == name and len(pair) == 2:
                return _bytes(pair[1])
    except _MALFORMED:
        return next(iter(_find_all_slowly(headers, name)), None)
    return None


def find_all(headers: Headers, name: bytes) -> list[bytes]:
    """The values of all headers called *name* (given in lower case), in order.

    >>> find_all([(b"vary", b"origin"), (b"Vary", b"accept")], b"vary")
    [b'origin', b'accept']
    """
    length = len(name)
    try:
        return [
            _bytes(pair[1])
            for pair in headers
            if len(pair[0]) == length and pair[0].lower() == name and len(pair) == 2
        ]
    except _MALFORMED:
        return _find_all_slowly(headers, name)


def _find_all_slowly(headers: Headers, name: bytes) -> list[bytes]:
    return [pair[1] for pair in headers if is_named(pair, name)]


def firsts(headers: Headers) -> Mapping[bytes, bytes]:
    """The first value of each header, by its name in lower case: for a caller that needs several.

    >>> firsts([(b"a", b"1"), (b"B", b"2"), (b"a", b"3")])
    {b'a': b'1', b'b': b'2'}
    """
    try:
        # Faster, since it is in C: servers send names in lower case, and most of them once
        found = cast("dict[bytes, bytes]", dict(headers))
        b"".join(found.values())
        if len(found) == len(headers) and b"".join(found).islower():
            return found
    except (TypeError, ValueError):  # something in it is no pair
        pass
    found = {}
    for pair in headers:
        if isinstance(pair, (tuple, list)) and len(pair) == 2:
            name, value = pair
            if isinstance(name, bytes) and isinstance(value, bytes):
                found.setdefault(name.lower(), value)
    return found


def is_named(pair: object, name: bytes) -> bool:
    """Whether *pair* is a header called *name* (given in lower case); a malformed one is not."""
    return (
        isinstance(pair, (tuple, list))
        and len(pair) == 2
        and isinstance(pair[0], bytes)
        and isinstance(pair[1], bytes)
        and pair[0].lower() == name
    )


def without(headers: Headers, name: bytes) -> list[Pair]:
    """A new list of all headers but those called *name* (given in lower case).

    >>> without([(b"a", b"1"), (b"A", b"2"), (b"b", b"3")], b"a")
    [(b'b', b'3')]
    """
    return [pair for pair in headers if not is_named(pair, name)]


def replace(headers: Headers, name: bytes, value: bytes) -> list[Pair]:
    """A new list in which *name* stands once, with *value*, where it first stood or at the end.

    >>> replace([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")], b"a", b"9")
    [(b'a', b'9'), (b'b', b'2')]
    """
    changed: list[Pair] = []
    done = False
    for pair in headers:
        if not is_named(pair, name):
            changed.append(pair)
        elif not done:
            changed.append((name, value))
            done = True
    if not done:
        changed.append((name, value))
    return changed


def add_vary(headers: Headers, field: bytes) -> list[Pair]:
    """A new list whose ``Vary`` names *field* once, in any case.

    What the app put there stays, in order; ``Vary: *`` already says more (RFC 9110 12.5.5).

    >>> add_vary([(b"vary", b"Accept")], b"Origin")
    [(b'vary', b'Accept'), (b'vary', b'Origin')]
    >>> add_vary([(b"vary", b"*")], b"Origin")
    [(b'vary', b'*')]
    """
    lower = field.lower()
    for value in find_all(headers, b"vary"):
        named = [member.lower() for member in members(value)]
        if lower in named or b"*" in named:
            return list(headers)
    return [*headers, (b"vary", field)]


def with_header(message: Message, name: bytes, value: bytes) -> Message:
    """A new message like *message* with one more header; the app's own list is not touched.

    >>> with_header({"type": "http.response.start", "status": 200}, b"a", b"1")["headers"]
    [(b'a', b'1')]
    """
    headers = message.get("headers", ())
    if headers.__class__ is not list:
        try:
            headers = iter(headers)
        except TypeError:
            return message  # for the server to refuse
    changed = {**message}
    changed["headers"] = [*headers, (name, value)]
    return changed


def members(value: bytes) -> list[bytes]:
    """The members of a comma-separated list without the empty ones (RFC 9110 5.6.1).

    >>> members(b"gzip, ,br;q=0.5")
    [b'gzip', b'br;q=0.5']
    """
    return [member for part in value.split(b",") if (member := part.strip(b" \t"))]


def weights(value: bytes) -> list[tuple[bytes, int]]:
    """Members of an ``Accept-…`` list in lower case, each with its weight in thousandths.

    RFC 9110 12.4.2 says what a weight looks like; a member with another one counts as not
    acceptable, weight 0.

    >>> weights(b"gzip;q=0.5, BR, zstd;q=inf")
    [(b'gzip', 500), (b'br', 1000), (b'zstd', 0)]
    """
    weighted = []
    for member in members(value):
        name, *parameters = member.split(b";")
        weight = 1000
        for parameter in parameters:
            key, _, text = parameter.strip(b" \t").partition(b"=")
            if key.rstrip(b" \t").lower() == b"q":
                weight = _weight(text) if len(key) == 1 else 0
        weighted.append((name.rstrip(b" \t").lower(), weight))
    return weighted


def charset_of(content_type: str) -> str | None:
    """The charset that a media type names, in lower case; ``None`` if it names none.

    >>> charset_of('text/plain; Charset="UTF-8"'), charset_of("text/plain")
    ('utf-8', None)
    """
    found = _CHARSET.search(content_type)
    return None if found is None else found[1].lower()


def is_token(value: bytes) -> bool:
    """Whether *value* is a token, as names of methods and headers are (RFC 9110 5.6.2).

    >>> is_token(b"x-request-id"), is_token(b"x request id"), is_token(b"")
    (True, False, False)
    """
    return _TOKEN.fullmatch(value) is not None


def header_name(name: object, option: str, problems: Problems) -> bytes:
    """The option *option* as the lower-case name of a header; what is wrong goes to *problems*.

    >>> from asgi_mw.errors import Problems
    >>> header_name("X-Request-ID", "header", Problems("request_id"))
    b'x-request-id'
    """
    if not isinstance(name, str):
        problems.add(option, name, "a header name is a str", "write it as 'x-name'")
        return b""
    encoded = name.encode("utf-8", "surrogatepass")
    if not is_token(encoded):
        reason = "is no token, as RFC 9110 5.6.2 wants a name to be"
        problems.add(option, name, reason, "use letters, digits and -, as in 'x-name'")
    return encoded.lower()


def _bytes(value: bytes) -> bytes:
    if value.__class__ is not bytes:
        raise TypeError("no header value")
    return value


def _read_again(pair: Iterable[bytes]) -> Iterable[bytes]:
    if type(pair) in _READ_AGAIN:
        return pair
    try:
        return tuple(pair)
    except TypeError:  # no pair at all
        return pair


def _weight(text: bytes) -> int:
    if _QVALUE.fullmatch(text) is None:
        return 0
    whole, _, decimals = text.partition(b".")
    return int(whole) * 1000 + int(decimals.ljust(3, b"0"))
