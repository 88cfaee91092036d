"""The names of methods and headers in a policy: what the Fetch standard forbids and lets pass."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from asgi_mw.headers import is_token
from asgi_mw.options import parts

if TYPE_CHECKING:
    from asgi_mw.errors import Problems

# The most characters of a method: no registered one is longer than 17
MOST_METHOD = 64
# https://fetch.spec.whatwg.org/#cors-safelisted-method
SAFE_METHODS = frozenset({b"GET", b"HEAD", b"POST"})
# https://fetch.spec.whatwg.org/#forbidden-method, in any letter case
FORBIDDEN_METHODS = frozenset({b"CONNECT", b"TRACE", b"TRACK"})
# https://fetch.spec.whatwg.org/#concept-method-normalize: a page may write them in any letter case
_NORMALISED = frozenset({b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT"})
# https://fetch.spec.whatwg.org/#cors-safelisted-request-header: by name; a preflight asks for
# one of them when its value is not safe, as Content-Type: application/json
SAFE_HEADERS = frozenset(
    {b"accept", b"accept-language", b"content-language", b"content-type", b"range"}
)
# https://fetch.spec.whatwg.org/#forbidden-request-header
_FORBIDDEN_HEADERS = frozenset(
    {
        b"accept-charset",
        b"accept-encoding",
        b"access-control-request-headers",
        b"access-control-request-method",
        b"access-control-request-private-network",
        b"connection",
        b"content-length",
        b"cookie",
        b"cookie2",
        b"date",
        b"dnt",
        b"expect",
        b"host",
        b"keep-alive",
        b"origin",
        b"referer",
        b"set-cookie",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"via",
    }
)
# https://fetch.spec.whatwg.org/#http-responses: what only responses have
_OF_RESPONSES = (b"access-control-allow-", b"access-control-expose-", b"access-control-max-age")
# https://fetch.spec.whatwg.org/#forbidden-response-header-name
_FORBIDDEN_EXPOSED = frozenset({b"set-cookie", b"set-cookie2"})
# https://fetch.spec.whatwg.org/#http-requests, and what only the answer to a preflight has
_NEVER_EXPOSED = frozenset(
    {
        b"access-control-allow-headers",
        b"access-control-allow-methods",
        b"access-control-max-age",
        b"access-control-request-headers",
        b"access-control-request-method",
        b"origin",
    }
)


def methods(given: object, problems: Problems) -> tuple[bytes, ...]:
    """The option ``allow_methods``, as bytes; ``(b"*",)`` means all."""
    found: list[bytes] = []
    for name in texts(given, "allow_methods", ["GET"], problems):
        method = _token(name, "allow_methods", "'PUT'", problems)
        upper = method.upper()
        if upper in FORBIDDEN_METHODS:
            reason = "is a method that browsers never send"
            problems.add("allow_methods", name, reason, "leave it out")
        if len(method) > MOST_METHOD:
            problems.add("allow_methods", name, "no method is so long", "leave it out")
        found.append(upper if upper in _NORMALISED else method)
    _star_alone(found, "allow_methods", problems)
    return tuple(found)


def request_headers(given: object, problems: Problems) -> tuple[bytes, ...]:
    """The option ``allow_headers``, in lower case; ``(b"*",)`` means all."""
    found: list[bytes] = []
    for name in texts(given, "allow_headers", ["X-Name"], problems):
        header = _token(name, "allow_headers", "'X-Name'", problems).lower()
        if header in _FORBIDDEN_HEADERS or header.startswith((b"proxy-", b"sec-")):
            reason = "is a header that only the browser itself may set"
            problems.add("allow_headers", name, reason, "leave it out: it needs no permission")
        if header.startswith(_OF_RESPONSES):
            problems.add("allow_headers", name, "is a header of responses", "leave it out")
        found.append(header)
    _star_alone(found, "allow_headers", problems)
    return tuple(found)


def exposed_headers(given: object, problems: Problems, *, credentials: bool) -> tuple[bytes, ...]:
    """The option ``expose_headers``, as it was written."""
    found: list[bytes] = []
    for name in texts(given, "expose_headers", ["X-Name"], problems):
        header = _token(name, "expose_headers", "'X-Name'", problems)
        if header.lower() in _FORBIDDEN_EXPOSED:
            reason = "is a header that no page can ever read"
            problems.add("expose_headers", name, reason, "leave it out")
        if header.lower() in _NEVER_EXPOSED:
            reason = "is a header of requests or preflights, and on no response that a page reads"
            problems.add("expose_headers", name, reason, "leave it out")
        if header == b"*" and credentials:
            reason = "with credentials it means a header called *"
            problems.add("expose_headers", name, reason, "name the headers")
        found.append(header)
    _star_alone(found, "expose_headers", problems)
    return tuple(found)


def texts(given: object, option: str, example: list[str], problems: Problems) -> list[str]:
    """The option as a list of ``str``; anything else goes to *problems*.

    So does an iterator: a layer may be put around several apps, and the second would allow nothing.
    """
    if isinstance(given, (str, bytes)) or not isinstance(given, Collection):
        shown = (isinstance(given, str) and parts(given)) or example
        problems.add(option, given, "a list is meant", f"write {option}={shown!r}")
        return []
    found = []
    for one in given:
        if isinstance(one, str):
            found.append(one)
        else:
            problems.add(option, one, "is no str", f"write {option}={example!r}")
    return found


def _token(name: str, option: str, example: str, problems: Problems) -> bytes:
    encoded = name.encode("utf-8", "surrogatepass")
    if not is_token(encoded):
        reason = "is no token, as RFC 9110 5.6.2 wants a name to be"
        several = parts(name)
        mend = f"write {', '.join(map(repr, several))}" if len(several) > 1 else f"as {example}"
        problems.add(option, name, reason, mend if len(several) > 1 else f"write one name, {mend}")
    elif b"*" in encoded and encoded != b"*":
        problems.add(option, name, "a * stands for all names or for none", "write '*' or the name")
    return encoded


def _star_alone(found: list[bytes], option: str, problems: Problems) -> None:
    if b"*" in found and len(found) > 1:
        mend = "leave the others out, or leave out the *"
        problems.add(option, b"*".decode(), "already stands for all names", mend)
