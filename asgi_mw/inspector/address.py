"""The address that opens the page, and the server's base URL as a request shows it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.types import Scope


def page_address(base: str, path: str, token: str) -> str:
    """The address that opens the page; a browser never sends the part after the ``#``.

    >>> page_address("http://127.0.0.1:8000", "/__asgi__", "s3cret")
    'http://127.0.0.1:8000/__asgi__/enter#token=s3cret'
    """
    return f"{base}{path}/enter#token={token}"


def base_of(host: str, port: int, *, secure: bool = False) -> str:
    """The base URL by which a browser on this machine reaches *host* and *port*.

    >>> base_of("0.0.0.0", 8000), base_of("::1", 443, secure=True)
    ('http://127.0.0.1:8000', 'https://[::1]')
    """
    try:
        address = ip_address(host)
    except ValueError:
        name = host
    else:
        if address.is_unspecified:  # it stands for all addresses
            address = ip_address("127.0.0.1" if address.version == 4 else "::1")
        name = f"[{address}]" if address.version == 6 else str(address)
    usual = port == (443 if secure else 80)
    return f"http{'s' if secure else ''}://{name}" + ("" if usual else f":{port}")


def base_of_request(scope: Scope) -> str | None:
    """The base URL of the server that made *scope*; ``None`` if it has no host and port.

    >>> base_of_request({"server": ("127.0.0.1", "8000")})
    'http://127.0.0.1:8000'
    >>> base_of_request({"server": ("/run/shop.sock", None)})
    """
    match scope.get("server"):
        case [str(host), int() | str() as port] if str(port).isdigit():  # granian's is a string
            return base_of(host, int(port), secure=scope.get("scheme") in {"https", "wss"})
        case _:
            return None
