"""Read the entries of ``allow_origins``: exact origins, ``https://*.example.org``, any port.

An entry has to be written as a browser serialises an origin (`Fetch, 3.2.1
<https://fetch.spec.whatwg.org/#origin-header>`_; `HTML, serialization of an origin
<https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin>`_), because origins are compared
byte for byte: what no browser would ever send is a mistake, and is said with what was meant.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# RFC 1035 2.3.4: a label has at most 63 octets; a name at most 253 as it is written
MOST_LABEL = 63
MOST_HOST = 253
DEFAULT_PORTS = {"http": "80", "https": "443"}
# What URL parsers let through in a domain; ``_`` is no host name by RFC 952, but in use
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_EXAMPLE = "write scheme and host, as https://example.org"


class Refused(Exception):  # noqa: N818  # it is caught in this folder, and never an error of the app
    """An entry is none; holds the reason and the mend."""

    def __init__(self, reason: str, mend: str) -> None:
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
        Refused: It is none.

    >>> parse("https://*.example.org:*", (), public_suffixes=False)
    Pattern(scheme='https', host='example.org', port='*', subdomains=True)
    """
    scheme, separator, rest = text.partition("://")
    if not separator or not rest:
        raise Refused("is no origin", _EXAMPLE)
    _check_text(text, rest)
    _check_scheme(scheme, rest, schemes)
    host, port = _split(rest)
    subdomains = host.startswith("*.")
    name = host[2:] if subdomains else host
    if "*" in name:
        mend = "write https://*.example.org for subdomains, https://example.org:* for any port"
        raise Refused("a * can only stand for whole labels at the front or for the port", mend)
    _check_host(name, subdomains=subdomains)
    _check_port(port, scheme, host)
    pattern = Pattern(scheme, name, port, subdomains)
    if scheme in schemes and (subdomains or port == "*"):
        raise Refused("of this scheme only exact origins are allowed", "write each origin out")
    if subdomains and not public_suffixes and _is_public_suffix(name):
        mend = (
            f"write https://*.yours.{name}, or set dangerously_allow_public_suffixes=True "
            "if all of them are yours"
        )
        raise Refused(f"anybody may register a name under {name}, a public suffix", mend)
    return pattern


def punycode(host: str) -> str:
    """*host* as browsers write it.

    >>> punycode("Bücher.example")
    'xn--bcher-kva.example'
    """
    labels = unicodedata.normalize("NFKC", host.lower()).replace("。", ".").split(".")
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in labels
    )


def _check_text(text: str, rest: str) -> None:
    """Refuse what belongs to a URL and not to an origin."""
    if any(c.isspace() or not c.isprintable() for c in text):
        raise Refused("has spaces or control characters in it", "take them out")
    if "@" in rest:
        raise Refused("an origin has no user name", f"write {text[: -len(rest)]}{_after(rest)}")
    for sign, what in {"/": "path", "\\": "path", "?": "query", "#": "fragment"}.items():
        host, found, after = rest.partition(sign)
        if found:
            mend = f"write {text[: -len(rest)]}{host}"
            raise Refused(f"an origin has no {what if after else f'{sign} at its end'}", mend)
    if not text.isascii():
        mend = f"write {text[: -len(rest)]}{punycode(rest)}"
        raise Refused("browsers send international names in punycode", mend)
    if text != text.lower():
        raise Refused("browsers send origins in lower case", f"write {text.lower()}")


def _after(rest: str) -> str:
    return rest.rpartition("@")[2] or "example.org"


def _check_scheme(scheme: str, rest: str, schemes: Collection[str]) -> None:
    if scheme in DEFAULT_PORTS or scheme in schemes:
        return
    if scheme in {"ws", "wss"}:
        mend = f"write {scheme.replace('ws', 'http')}://{rest}"
        raise Refused("the Origin of a handshake is that of the page, http or https", mend)
    if scheme in OPAQUE:
        mend = "see dangerously_allow_null_origin"
        raise Refused("pages of this scheme have the origin null", mend)
    if "*" in scheme:
        raise Refused("a * cannot stand for a scheme", "write http:// or https://")
    mend = f"write https://, or set dangerously_allow_schemes=({scheme!r},)"
    raise Refused("its scheme is neither http nor https", mend)


# Their pages have an opaque origin (HTML, 7.1.1; file: see URL, 4.7)
OPAQUE = frozenset({"file", "data", "about", "javascript", "blob"})


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
        raise Refused("there is no port behind the colon", "leave the colon out")
    return host, port


def _check_port(port: str, scheme: str, host: str) -> None:
    if port in {"", "*"}:
        return
    if not (port.isascii() and port.isdigit() and port[0] != "0" and int(port[:6]) <= 65535):
        raise Refused(
            "its port is no number from 1 to 65535", "write it as https://example.org:8443"
        )
    if port == DEFAULT_PORTS.get(scheme):
        raise Refused("browsers leave the default port out", f"write {scheme}://{host}")


def _check_host(host: str, *, subdomains: bool) -> None:
    if host.startswith("["):
        _check_address(host[1:-1], ipaddress.IPv6Address)
        return
    labels = host.split(".")
    last = labels[-1] or labels[-2 if len(labels) > 1 else -1]  # a final dot is legal
    # URL, "ends in a number checker": what ends in a number is parsed as IPv4 and nothing else
    if last.isdigit() or _is_hexadecimal(last):
        if subdomains:
            raise Refused("an address has no subdomains", f"write {host}")
        _check_address(host, ipaddress.IPv4Address)
        return
    named = labels[:-1] if len(labels) > 1 and not labels[-1] else labels
    if not all(named):
        raise Refused("its host has an empty label", _EXAMPLE)
    if not _HOST_CHARACTERS.issuperset("".join(named)):
        raise Refused("its host has characters that no host has", _EXAMPLE)
    if max(map(len, named)) > MOST_LABEL or len(host) + 2 * subdomains > MOST_HOST:
        mend = f"a label has at most {MOST_LABEL} characters, a host {MOST_HOST}"
        raise Refused("its host is longer than a host can be", mend)
    for label in named:
        if label.startswith("xn--") and not _is_punycode(label):
            raise Refused(f"{label} is no punycode", "write what the browser shows as the origin")


def _check_address(
    host: str, kind: Callable[[str], ipaddress.IPv4Address | ipaddress.IPv6Address]
) -> None:
    try:
        address = kind(host)
    except ValueError:
        raise Refused("its host is no IP address", "write it as http://127.0.0.1:8000") from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            raise Refused("is an IPv4 address in IPv6", f"write {address.ipv4_mapped}")
        if address.scope_id is not None:
            raise Refused("an origin has no zone", "leave the % and the rest out")
    if address.compressed != host:
        raise Refused(
            "browsers send the shortest form of an address", f"write {address.compressed}"
        )


def _is_hexadecimal(label: str) -> bool:
    return label[:2] == "0x" and all(c in "0123456789abcdef" for c in label[2:])


def _is_punycode(label: str) -> bool:
    try:
        plain = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return False
    return not plain.isascii() and plain.encode("punycode") == label[4:].encode("ascii")


def _is_public_suffix(host: str) -> bool:
    name = host.removesuffix(".")
    # RFC 6761 6.3: everything below localhost is this machine
    return name != "localhost" and _public_suffixes()(name)


@cache
def _public_suffixes() -> Callable[[str], bool]:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  # reads a file of 200 KB

    is_public: Callable[[str], bool] = PublicSuffixList().is_public
    return is_public
