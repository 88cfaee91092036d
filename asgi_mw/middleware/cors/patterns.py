"""Read the entries of ``allow_origins``: exact origins, ``https://*.example.org``, any port.

An entry has to be written as a browser serialises an origin (`Fetch, 3.2.1
<https://fetch.spec.whatwg.org/#origin-header>`_; `HTML, serialization of an origin
<https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin>`_), because origins are compared
byte for byte.  An entry that no browser would ever send is a mistake; its error says what was
meant.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.middleware.cors.serialised import (
    AUTHORITY_END,
    DEFAULT_PORTS,
    OF_SOCKETS,
    serialised,
)
from asgi_mw.middleware.cors.stars import instead
from asgi_mw.options import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# RFC 1035 2.3.4: a label has at most 63 octets; a name at most 253 as it is written
MOST_LABEL = 63
MOST_HOST = 253
# What URL parsers let through in a domain; ``_`` is no host name by RFC 952, but in use
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_EXAMPLE = "write scheme and host, as https://example.org"
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")  # RFC 3986 3.1


class Refused(Exception):  # noqa: N818  # it is caught in this folder, and never an error of the app
    """An entry is no origin; holds the reason and the fix, empty if that is to serialise it."""

    def __init__(self, reason: str, mend: str = "") -> None:
        self.reason = reason
        self.mend = mend
        super().__init__(reason, mend)


class Pattern(NamedTuple):
    """One entry, taken apart.

    Attributes:
        scheme: As ``https``.
        host: Without the ``*.``.
        port: Digits, ``*`` for any, empty for the default one of the scheme.
        subdomains: Whether it stands for one or more labels before *host*, and not for *host*.
    """

    scheme: str
    host: str
    port: str
    subdomains: bool

    @property
    def loopback(self) -> bool:
        """Whether the host can only be this machine (RFC 6761 6.3, RFC 1122 3.2.1.3, RFC 4291)."""
        name = self.host.removesuffix(".")
        if name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def parse(text: str, schemes: Collection[str], *, public_suffixes: bool) -> Pattern:
    """Take one entry apart.

    Args:
        text: The entry; neither ``*`` nor ``null``.
        schemes: Schemes beyond http and https that are allowed, in exact origins only.
        public_suffixes: Whether ``https://*.co.uk`` is allowed, where anybody may register.

    Raises:
        Refused: It is no valid entry.  An origin that its *mend* proposes always is.

    >>> parse("https://*.example.org:*", (), public_suffixes=False)
    Pattern(scheme='https', host='example.org', port='*', subdomains=True)
    """
    try:
        return _parse(text, schemes, public_suffixes=public_suffixes)
    except Refused as refused:
        if refused.mend:
            raise
        reason = refused.reason
    meant = serialised(text)
    try:
        _parse(meant, schemes, public_suffixes=public_suffixes)
    except Refused as refused:
        raise Refused(reason, refused.mend or _EXAMPLE) from None
    raise Refused(reason, f"write {meant}")


def _parse(text: str, schemes: Collection[str], *, public_suffixes: bool) -> Pattern:
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise Refused("is no origin", _EXAMPLE)
    _check_text(text)
    _check_scheme(scheme.lower(), schemes)
    if scheme.lower() == "file":  # what Electron sends; it has no host
        if text != "file://":
            raise Refused("of this scheme there is one origin", "write file://")
        return Pattern(scheme, "", "", subdomains=False)
    _check_rest(rest)
    if not rest.isascii():
        raise Refused("browsers send international names in punycode")
    # Other schemes keep the case of their hosts (URL, 3.5, opaque host)
    if not scheme.islower() or (scheme in DEFAULT_PORTS and rest != rest.lower()):
        raise Refused("browsers send origins in lower case")
    host, port = _split(rest)
    subdomains = host.startswith("*.")
    name = host[2:] if subdomains else host
    if "*" in name:
        reason = "a * can only stand for whole labels at the front or for the port"
        raise Refused(reason, instead(scheme, host, port, _is_no_host, _is_too_wide))
    _check_host(name, subdomains=subdomains)
    _check_port(port, scheme)
    if scheme in schemes and (subdomains or port == "*"):
        raise Refused("of this scheme only exact origins are allowed", "write each origin out")
    if subdomains and not public_suffixes and (reason := _is_too_wide(name)):
        yours = f"{scheme}://*.yours.{name}{port and f':{port}'}"
        opening = "set dangerously_allow_public_suffixes=True if all of them are yours"
        raise Refused(reason, f"write {yours}, or {opening}")
    return Pattern(scheme, name, port, subdomains)


def _check_text(text: str) -> None:
    given = parts(text)
    if len(given) > 1 and all("://" in one for one in given):
        raise Refused("holds several origins", f"write a list: {[*map(serialised, given)]}")
    if any(c.isspace() or not c.isprintable() for c in text):
        raise Refused("has spaces or control characters in it", "take them out")


def _check_scheme(scheme: str, schemes: Collection[str]) -> None:
    if scheme in DEFAULT_PORTS or scheme in schemes:
        return
    if scheme in OF_SOCKETS:
        raise Refused("the Origin of a handshake is that of the page, http or https")
    if scheme == "file":
        mend = (
            "for Electron write file:// and set dangerously_allow_schemes=('file',), "
            "for browsers see dangerously_allow_null_origin"
        )
        raise Refused("browsers send null for pages of this scheme, Electron file://", mend)
    if scheme in OPAQUE:
        mend = "see dangerously_allow_null_origin"
        raise Refused("pages of this scheme have the origin null", mend)
    if "*" in scheme:
        raise Refused("a * cannot stand for a scheme", "write http:// or https://")
    if SCHEME.fullmatch(scheme) is None:
        raise Refused("is no origin", _EXAMPLE)
    mend = f"write https://, or set dangerously_allow_schemes=({scheme!r},)"
    raise Refused("its scheme is neither http nor https", mend)


def _check_rest(rest: str) -> None:
    """Refuse what belongs to a URL and not to an origin."""
    authority, *further = AUTHORITY_END.split(rest, 1)
    if not authority:
        raise Refused("is no origin", _EXAMPLE)
    if "@" in authority:
        raise Refused("an origin has no user name")
    if further:
        sign = rest[len(authority)]
        what = {"?": "query", "#": "fragment"}.get(sign, "path")
        raise Refused(f"an origin has no {what if further[0] else f'{sign} at its end'}")


# Their pages have an opaque origin (HTML, 7.1.1)
OPAQUE = frozenset({"data", "about", "javascript", "blob"})


def _split(rest: str) -> tuple[str, str]:
    """Host and port; the brackets of IPv6 belong to the host."""
    if rest.startswith("["):
        inside, bracket, after = rest.partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise Refused("its brackets hold no IPv6 address", "write it as http://[::1]:8000")
        host, colon, port = f"{inside}]", after[:1], after[1:]
    else:
        host, colon, port = rest.partition(":")
    if colon and not port:
        raise Refused("there is no port behind the colon")
    return host, port


def _check_port(port: str, scheme: str) -> None:
    if port in {"", "*"}:
        return
    if not (port.isascii() and port.isdigit() and port[0] != "0" and int(port[:6]) <= 65535):
        raise Refused(
            "its port is no number from 1 to 65535", "write it as https://example.org:8443"
        )
    if port == DEFAULT_PORTS.get(scheme):
        raise Refused("browsers leave the default port out")


def _check_host(host: str, *, subdomains: bool) -> None:
    if host.startswith("["):
        _check_address(host[1:-1], ipaddress.IPv6Address)
        return
    labels = host.split(".")
    last = labels[-1] or labels[-2 if len(labels) > 1 else -1]  # a final dot is legal
    # URL, "ends in a number checker": what ends in a number is parsed as IPv4 and nothing else
    if last.isdigit() or _is_hexadecimal(last):
        if subdomains:
            raise Refused("an address has no subdomains")
        _check_address(host, ipaddress.IPv4Address)
        return
    named = labels[:-1] if len(labels) > 1 and not labels[-1] else labels
    if not all(named):
        raise Refused("its host has an empty label", _EXAMPLE)
    if not _HOST_CHARACTERS.issuperset("".join(named).lower()):
        raise Refused("its host has characters that no host has", _EXAMPLE)
    if max(map(len, named)) > MOST_LABEL or len(host) + 2 * subdomains > MOST_HOST:
        mend = f"a label has at most {MOST_LABEL} characters, a host {MOST_HOST}"
        raise Refused("its host is longer than a host can be", mend)
    for label in named:
        if label.startswith("xn--") and not _is_punycode(label):
            raise Refused(f"{label} is no punycode", "write what the browser shows as the origin")


def _is_no_host(host: str) -> bool:
    try:
        _check_host(host, subdomains=True)
    except Refused:
        return True
    return False


def _check_address(
    host: str, kind: Callable[[str], ipaddress.IPv4Address | ipaddress.IPv6Address]
) -> None:
    try:
        address = kind(host)
    except ValueError:
        raise Refused("its host is no IP address", "write it as http://127.0.0.1:8000") from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            raise Refused("is an IPv4 address in IPv6")
        if address.scope_id is not None:
            raise Refused("an origin has no zone")
    if address.compressed != host:
        raise Refused("browsers send the shortest form of an address")


def _is_hexadecimal(label: str) -> bool:
    return label[:2] == "0x" and all(c in "0123456789abcdef" for c in label[2:])


def _is_punycode(label: str) -> bool:
    try:
        plain = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return False
    return not plain.isascii() and plain.encode("punycode") == label[4:].encode("ascii")


def _is_too_wide(host: str) -> str:
    """Why subdomains of *host* do not belong to one owner; empty if they may."""
    name = host.removesuffix(".")
    if _public_suffixes()(name):
        return f"anybody may register a name under {host}, a public suffix"
    # RFC 6761 6.3: everything below localhost is this machine
    if "." not in name and name != "localhost":
        return f"{host} is a whole top-level domain: in each network its names are somebody else's"
    return ""


@cache
def _public_suffixes() -> Callable[[str], bool]:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  # reads a file of 200 KB

    is_public: Callable[[str], bool] = PublicSuffixList(accept_unknown=False).is_public
    return is_public
