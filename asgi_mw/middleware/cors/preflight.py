"""Answer a preflight: may this page use this method and these headers?

The order of the checks is that of the standard (`Fetch, CORS-preflight fetch
<https://fetch.spec.whatwg.org/#cors-preflight-fetch>`_).  An answer names no method and no header
that was not asked for.  Chromium's Private Network Access had a question of its own here; it
became a permission prompt (Local Network Access) without one, so that nothing is answered to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.headers import find_all, is_token
from asgi_mw.middleware.cors.names import FORBIDDEN_METHODS, SAFE_HEADERS, SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgi_mw.headers import Headers, Pair

# What is echoed at most, and what is read at most: names, and the space and commas between them
MOST_ECHOED = 2048
MOST_READ = 4096
# RFC 9110 5.6.1 wants empty members and space tolerated, which browsers never send; a proxy may
# put a little of both in.  These bounds are those of github.com/jub0bs/cors.
MOST_EMPTY = 16
MOST_SPACE = 2
_MOST_METHOD = 64
_REQUEST_METHOD = b"access-control-request-method"
_REQUEST_HEADERS = b"access-control-request-headers"


class Asked(NamedTuple):
    """What a preflight asks for: the values of its two headers, line by line."""

    methods: list[bytes]
    headers: list[bytes]


class Denied(NamedTuple):
    """Why something is denied, and what it was; the value is shown in debug mode alone."""

    reason: str
    value: bytes


def asked(headers: Headers) -> Asked:
    """What the request with these *headers* asks for; no method means that it is no preflight."""
    return Asked(find_all(headers, _REQUEST_METHOD), find_all(headers, _REQUEST_HEADERS))


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a preflight may ask for, as tables.

    Attributes:
        methods: Each allowed method that is not safe, with the header that allows it.
        any_method: Whether all are.
        headers: Names of the allowed request headers; ``None`` if all are.
        credentials: Whether a literal ``*`` would mean a method called so.
        tail: What every answer ends with.
    """

    methods: Mapping[bytes, Pair]
    any_method: bool
    headers: frozenset[bytes] | None
    credentials: bool
    tail: tuple[Pair, ...]

    def answer(self, request: Asked) -> list[Pair] | Denied:
        """What allows all that is asked for, without the origin; or why it is denied."""
        if len(request.methods) != 1:
            return Denied("several methods are asked for", b"")
        method = request.methods[0]
        granted: list[Pair] = []
        if method not in SAFE_METHODS:
            pair = self.methods.get(method) or self._any(method)
            if pair is None:
                return Denied("allow_methods has no", method)
            granted.append(pair)
        if request.headers:
            names = members(request.headers)
            if names is None:
                return Denied("Access-Control-Request-Headers is too long or malformed", b"")
            known = self.headers
            for name in names:
                if name not in known if known is not None else not is_token(name):
                    return Denied("allow_headers has no", name)
            if names:
                value = b",".join(names)
                if len(value) > MOST_ECHOED:
                    return Denied("more header names are asked for than are answered", b"")
                granted.append((b"access-control-allow-headers", value))
        granted += self.tail
        return granted

    def _any(self, method: bytes) -> Pair | None:
        """The header that allows *method* where all methods are."""
        if not self.any_method or len(method) > _MOST_METHOD or not is_token(method):
            return None
        if method.upper() in FORBIDDEN_METHODS:
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
    if sum(map(len, lines)) > MOST_READ or len(lines) > MOST_READ:
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
