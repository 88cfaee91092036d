"""Decide whether an ``Origin`` is allowed: by tables, and label by label where there is a ``*``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.middleware.cors.patterns import MOST_HOST, MOST_LABEL

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Sequence

    from asgi_mw.headers import Headers
    from asgi_mw.middleware.cors.patterns import Pattern

# No origin of the web is longer: https://, a host, a colon and five digits
MOST_ORIGIN = len("https://") + MOST_HOST + len(":65535")
_SCHEME = b"abcdefghijklmnopqrstuvwxyz0123456789+-."
_DOMAIN = b"abcdefghijklmnopqrstuvwxyz0123456789-_."
_ADDRESS = b"0123456789abcdef:"
_WEB = frozenset({b"http", b"https"})
# In the place of a value that is no bytes: no option ever allows it
MALFORMED = b"\x00"


class Origin(NamedTuple):
    """A serialised origin, taken apart: scheme with ``://``, host, port with its colon or empty."""

    scheme: bytes
    host: bytes
    port: bytes


def lines(headers: Headers, name: bytes) -> Sequence[bytes]:
    """The values of all headers called *name* (given in lower case), as :func:`all_lines` has them.

    This is most of what a request costs.
    """
    found = []
    length = len(name)
    try:
        for one, value in headers:
            if len(one) == length and one.lower() == name:
                found.append(value if isinstance(value, bytes) else MALFORMED)
    except (AttributeError, TypeError, ValueError):  # something is no pair
        return all_lines(headers, name)
    return found


def all_lines(headers: Headers, name: bytes) -> list[bytes]:
    r"""The values of all headers called *name* (given in lower case), whatever is wrong with them.

    A malformed one counts as :data:`MALFORMED`, and not as absent: else a page could get in.

    >>> all_lines([(b"Origin", b"null"), ("origin", "a"), (b"origin", b"b", b"c"), 5], b"origin")
    [b'null', b'\x00', b'\x00']
    """
    found = []
    for pair in headers:
        if not isinstance(pair, (tuple, list)) or not pair:
            continue
        called = pair[0].encode("utf-8", "replace") if isinstance(pair[0], str) else pair[0]
        if isinstance(called, (bytes, bytearray)) and called.lower() == name:
            whole = len(pair) == 2 and isinstance(pair[0], bytes) and isinstance(pair[1], bytes)
            found.append(pair[1] if whole else MALFORMED)
    return found


def split(origin: bytes) -> Origin | None:
    """*origin* taken apart; ``None`` if no browser writes an origin like that.

    >>> split(b"https://a.example.org:8443")
    Origin(scheme=b'https://', host=b'a.example.org', port=b':8443')
    >>> split(b"https://evil.example/.example.org") is None
    True
    """
    if len(origin) > MOST_ORIGIN:
        return None
    if origin == b"file://":  # what Electron sends; browsers write null
        return Origin(origin, b"", b"")
    scheme, separator, rest = origin.partition(b"://")
    if not separator or not scheme[:1].islower() or scheme.translate(None, _SCHEME):
        return None
    if rest[:1] == b"[":
        address, bracket, port = rest.partition(b"]")
        host = address + bracket
        if not bracket or len(address) < 3 or address[1:].translate(None, _ADDRESS):
            return None
    else:
        host, colon, digits = rest.partition(b":")
        port = colon + digits
        # Other schemes keep the case of their hosts (URL, 3.5, opaque host)
        domain = host if scheme in _WEB else host.lower()
        if domain.translate(None, _DOMAIN) or not _is_domain(host):
            return None
    if port and not _is_port(port):
        return None
    return Origin(scheme + separator, host, port)


def wildcards(patterns: Iterable[Pattern]) -> Callable[[bytes], bool] | None:
    """A function that decides by those of *patterns* that have a ``*``; ``None`` if none has.

    Its time depends on the labels of the origin, not on the number of patterns.

    >>> from asgi_mw.middleware.cors.patterns import Pattern
    >>> allows = wildcards([Pattern("https", "example.org", "", subdomains=True)])
    >>> allows(b"https://a.b.example.org"), allows(b"https://example.org")
    (True, False)
    """
    any_port: set[bytes] = set()
    subdomains: set[bytes] = set()
    subdomains_any_port: set[bytes] = set()
    for scheme, host, port, below in patterns:
        key = f"{scheme}://{'.' if below else ''}{host}".encode("ascii")
        if below and port == "*":
            subdomains_any_port.add(key)
        elif below:
            subdomains.add(key + (f":{port}".encode("ascii") if port else b""))
        elif port == "*":
            any_port.add(key)
    if not (any_port or subdomains or subdomains_any_port):
        return None

    def allows(origin: bytes) -> bool:
        parts = split(origin)
        if parts is None:
            return False
        scheme, host, port = parts
        if scheme + host in any_port:
            return True
        at = host.find(b".")
        while at != -1:
            key = scheme + host[at:]  # from the dot on: never the apex, never half a label
            if key in subdomains_any_port or key + port in subdomains:
                return True
            at = host.find(b".", at + 1)
        return False

    return allows


def matching(regex: re.Pattern[str]) -> Callable[[bytes], bool]:
    r"""A function that decides by *regex*, which has to match the whole origin.

    It is not asked about ``null``, nor about what is no origin: a pattern such as
    ``https://.*\.example\\.org`` would let ``https://evil.example/.example.org`` in.
    """

    def allows(origin: bytes) -> bool:
        return split(origin) is not None and regex.fullmatch(origin.decode("ascii")) is not None

    return allows


def _is_domain(host: bytes) -> bool:
    labels = host.split(b".")
    if len(labels) > 1 and not labels[-1]:
        labels.pop()  # a final dot is legal
    return len(host) <= MOST_HOST and all(0 < len(label) <= MOST_LABEL for label in labels)


def _is_port(port: bytes) -> bool:
    digits = port[1:]
    return (
        port[:1] == b":"
        and digits.isdigit()
        and digits[:1] != b"0"
        and len(digits) <= 5
        and int(digits) <= 65535
    )
