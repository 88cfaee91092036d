"""Answer a preflight: whether a page may use the method and the headers that it asks for.

The order of the checks is that of the standard (`Fetch, CORS-preflight fetch
<https://fetch.spec.whatwg.org/#cors-preflight-fetch>`_).  An answer names no method and no header
that was not asked for.  Chromium's Private Network Access once asked a question of its own here.
It became a permission prompt (Local Network Access) without one, so there is nothing to answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asgi_mw.headers import is_token
from asgi_mw.middleware.cors.names import FORBIDDEN_METHODS, MOST_METHOD, SAFE_HEADERS, SAFE_METHODS
from asgi_mw.middleware.cors.origins import MALFORMED, all_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgi_mw.headers import Headers, Pair

# The most bytes that are echoed, and that are read: names, and the space and commas between them
MOST_ECHOED = 2048
MOST_READ = 4096
# RFC 9110 5.6.1 wants empty members and space to be accepted, which browsers never send; a proxy
# may put a little of both in.  These bounds are those of github.com/jub0bs/cors.
MOST_EMPTY = 16
MOST_SPACE = 2
# Answers that are kept: no more than 64 of at most 4 KiB
_MOST_REMEMBERED = 64
# What an answer depends on
PREFLIGHT_VARY = (
    b"vary",
    b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
)
_REQUEST_METHOD = b"access-control-request-method"
_REQUEST_HEADERS = b"access-control-request-headers"


@dataclass(frozen=True, slots=True)
class Denied:
    """Why something is denied, with ``{}`` in the place of the value that was asked for."""

    reason: str
    value: bytes


def read(headers: Headers) -> tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]]:
    """The lines of ``Origin`` and of what a preflight asks for: method, and header names."""
    origins = []
    methods = []
    names = []
    try:
        for name, value in headers:
            length = len(name)
            if length == 6:
                if name.lower() == b"origin":
                    origins.append(value if isinstance(value, bytes) else MALFORMED)
            elif length == 29:
                if name.lower() == _REQUEST_METHOD:
                    methods.append(value if isinstance(value, bytes) else MALFORMED)
            elif length == 30 and name.lower() == _REQUEST_HEADERS:
                names.append(value if isinstance(value, bytes) else MALFORMED)
    except (AttributeError, TypeError, ValueError):  # something is no pair
        each = (b"origin", _REQUEST_METHOD, _REQUEST_HEADERS)
        origins, methods, names = (all_lines(headers, name) for name in each)
    return origins, methods, names


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a preflight may ask for, as tables.

    Attributes:
        methods: Each allowed method that is not safe, with the header that allows it.
        any_method: Whether all methods are allowed.
        headers: Names of the allowed request headers; ``None`` if all are.
        credentials: Whether a literal ``*`` would mean a method of that name.
        tail: What every answer ends with.
        remembered: Answers given before.
    """

    methods: Mapping[bytes, Pair]
    any_method: bool
    headers: frozenset[bytes] | None
    credentials: bool
    tail: tuple[Pair, ...]
    remembered: dict[tuple[bytes, ...], tuple[Pair, ...]] = field(default_factory=dict)

    def answer(self, methods: Sequence[bytes], lines: Sequence[bytes]) -> tuple[Pair, ...] | Denied:
        """The headers that allow all that is asked for, without the origin; or why it is denied.

        Pages ask the same again and again, so granted answers are remembered by what was asked.
        At a bound, all of them are forgotten.
        """
        if len(methods) != 1:
            return Denied("several methods are asked for", b"")
        method = methods[0]
        if len(method) > MOST_METHOD:
            return Denied("the method is too long", b"")
        if len(lines) > 1 or (lines and len(lines[0]) > MOST_READ):
            return self._decide(method, lines)
        key = (method, *lines)
        known = self.remembered.get(key)
        if known is not None:
            return known
        answer = self._decide(method, lines)
        if not isinstance(answer, Denied):
            if len(self.remembered) >= _MOST_REMEMBERED:
                self.remembered.clear()
            self.remembered[key] = answer
        return answer

    def _decide(self, method: bytes, lines: Sequence[bytes]) -> tuple[Pair, ...] | Denied:
        granted: list[Pair] = []
        if method not in SAFE_METHODS:
            pair = self.methods.get(method) or self._any(method)
            if pair is None:
                return Denied("method {} is not in allow_methods", method)
            granted.append(pair)
        names = members(lines)
        if names is None:
            return Denied("Access-Control-Request-Headers is too long or malformed", b"")
        for name in names:
            if name not in self.headers if self.headers is not None else not is_token(name):
                return Denied("header {} is not in allow_headers", name)
        if names:
            value = b",".join(names)
            if len(value) > MOST_ECHOED:
                return Denied("more header names are asked for than are answered", b"")
            granted.append((b"access-control-allow-headers", value))
        return (*granted, *self.tail)

    def _any(self, method: bytes) -> Pair | None:
        """The header that allows *method* where all methods are allowed."""
        if not self.any_method or not is_token(method) or method.upper() in FORBIDDEN_METHODS:
            return None
        return (b"access-control-allow-methods", method if self.credentials else b"*")


def compile_preflight(
    methods: Sequence[bytes],
    headers: Sequence[bytes],
    *,
    credentials: bool,
    max_age: int | None,
) -> Preflight:
    """Make the tables."""
    tail: list[Pair] = []
    if credentials:
        tail.append((b"access-control-allow-credentials", b"true"))
    if max_age is not None:
        tail.append((b"access-control-max-age", b"%d" % max_age))
    return Preflight(
        methods={m: (b"access-control-allow-methods", m) for m in methods if m != b"*"},
        any_method=b"*" in methods,
        headers=None if b"*" in headers else SAFE_HEADERS.union(headers),
        credentials=credentials,
        tail=tuple(tail),
    )


def members(lines: Sequence[bytes]) -> list[bytes] | None:
    """The names in these lines in lower case; ``None`` if it is more than any browser sends.

    >>> members([b"x-a,x-b", b"X-C"])
    [b'x-a', b'x-b', b'x-c']
    >>> members([b"," * 1_048_576]) is None
    True
    """
    if len(lines) > MOST_READ or sum(map(len, lines)) > MOST_READ:
        return None
    names = []
    empty = 0
    for line in lines:
        for part in line.split(b","):
            name = part.strip(b" \t")
            if not name:
                empty += 1
                if empty > MOST_EMPTY:
                    return None
            if len(part) - len(name) > MOST_SPACE:
                return None
            if name:
                names.append(name.lower())
    return names
