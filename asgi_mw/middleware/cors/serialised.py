"""Write the origin of a URL as a browser does, to say what was meant by an entry that is wrong.

`HTML, serialization of an origin
<https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin>`_.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from contextlib import suppress

DEFAULT_PORTS = {"http": "80", "https": "443"}
# A page that opens a WebSocket has the origin of its own URL
OF_SOCKETS = {"ws": "http", "wss": "https"}
# Where the host and port of a URL end; browsers take a backslash for a slash (URL, 4.4)
AUTHORITY_END = re.compile(r"[/\\?#]")


def serialised(url: str) -> str:
    """The origin of *url* as a browser writes it; any text if *url* is no URL.

    >>> serialised("HTTPS://me@Bücher.example:443/index.html")
    'https://xn--bcher-kva.example'
    """
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    scheme = OF_SOCKETS.get(scheme, scheme)
    host, colon, port = AUTHORITY_END.split(rest, 1)[0].rpartition("@")[2].rpartition(":")
    if not colon or port.endswith("]"):
        host, port = host + colon + port, ""
    if scheme in DEFAULT_PORTS or not host.isascii():
        host = punycode(host)
    with suppress(ValueError):
        if host.startswith("["):
            address = ipaddress.IPv6Address(host[1:-1].partition("%")[0])
            mapped = address.ipv4_mapped
            host = f"[{address.compressed}]" if mapped is None else str(mapped)
        elif host.startswith("*."):
            host = str(ipaddress.IPv4Address(host[2:]))
    shown = "" if port in {"", DEFAULT_PORTS.get(scheme)} else f":{port}"
    return f"{scheme}://{host}{shown}"


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
