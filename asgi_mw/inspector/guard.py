"""Decide who may have which part of the page; nothing here answers or changes anything.

What a client says about itself never opens the page: ``X-Forwarded-*`` is not read.  It is not
enough that ``Origin`` equals ``Host``, it must also name a known host: a site whose name points to
this machine chooses both headers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from asgi_mw.client import peer
from asgi_mw.headers import listed
from asgi_mw.inspector.hosts import host_of, known_clients, known_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asgi_mw.errors import Problems
    from asgi_mw.inspector.token import Token
    from asgi_mw.types import Scope

# A page to look at; a file of it; the exchange of the token for a cookie; data; a change of data
Kind: TypeAlias = Literal["document", "file", "entry", "read", "change"]
Asked: TypeAlias = "Mapping[str, list[str]]"

MARK = "x-asgi-mw"
_METHODS: Mapping[Kind, tuple[str, ...]] = {
    "document": ("GET", "HEAD"),
    "file": ("GET", "HEAD"),
    "entry": ("POST",),
    "read": ("GET", "HEAD"),
    "change": ("POST",),
}
_OWN_SITE = frozenset({"same-origin", "none"})
# Headers that may occur only once: of two values, another reader might take the other one
_SINGLE = ("host", "origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "content-type")
_ENTER = "open the address that was printed when the server started: it ends with #token=..."


class Refusal(NamedTuple):
    """Why a request is refused.

    Attributes:
        status: The HTTP status.
        reason: The text of the answer: what is wrong, and what to do.
        note: What to log for whoever runs the app; empty if it is not worth a log line.
        allow: The methods that are allowed, for a 405.
    """

    status: int
    reason: str
    note: str = ""
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one page.

    Attributes:
        token: Opens the page.
        knows_host: Says whether the page may be called by a host name.
        knows_client: Says whether a client with an address may ask for the page.
    """

    token: Token
    knows_host: Callable[[str | None], bool]
    knows_client: Callable[[str | None], bool]

    def refusal(self, scope: Scope, asked: Asked, kind: Kind) -> Refusal | None:
        """Why a request of *kind* is refused; ``None`` if it is not."""
        return (
            self._client(scope)
            or self._host(scope, asked)
            or _repeated(asked)
            or self._site(asked, kind)
            or _method(scope, kind)
            or (_form(asked) if kind in {"entry", "change"} else None)
            or (self._entered(asked) if kind in {"read", "change"} else None)
        )

    def is_entered(self, asked: Asked) -> bool:
        """Whether a request brings the token: in the cookie, or as ``Authorization: Bearer``."""
        name = cookie_of(asked)
        for line in asked.get("cookie", ()):
            for pair in line.split(";"):
                key, _, value = pair.strip(" \t").partition("=")
                if key == name and self.token.fits(value):
                    return True
        for line in asked.get("authorization", ()):
            scheme, _, value = line.partition(" ")
            if scheme.lower() == "bearer" and self.token.fits(value.strip(" ")):
                return True
        return False

    def beside(self, other: Guard) -> Guard:
        """A guard with this one's token, which also knows the hosts and clients of *other*."""
        return Guard(
            self.token,
            lambda host: self.knows_host(host) or other.knows_host(host),
            lambda client: self.knows_client(client) or other.knows_client(client),
        )

    def _client(self, scope: Scope) -> Refusal | None:
        client = peer(scope)
        if self.knows_client(client):
            return None
        who = "a Unix socket" if client is None else client
        mend = f"allowed_clients=[{'unix' if client is None else client!r}]"
        return Refusal(404, "not found", f"{who} is not this machine; to let it in: {mend}")

    def _host(self, scope: Scope, asked: Asked) -> Refusal | None:
        given = asked.get("host", [])
        target = scope.get("raw_path") or b""
        if len(given) != 1 or bytes(target[:1]) not in {b"", b"/"}:
            return Refusal(403, "one Host header is needed, and a path in the request line")
        host = host_of(given[0])
        if self.knows_host(host):
            return None
        if host is None:
            return Refusal(403, "the Host header is no host and port")
        mend = f"to let the page be called by it: allowed_hosts=[{host!r}]"
        return Refusal(403, f"this page is not called {host}; {mend}", f"host {host}; {mend}")

    def _site(self, asked: Asked, kind: Kind) -> Refusal | None:
        """Refuse a request that another site made the browser send."""
        mode, target = _one(asked, "sec-fetch-mode"), _one(asked, "sec-fetch-dest")
        if kind == "document":
            # Any site may link here: the browser then sends no cookie, as that is for this site
            # alone, and the page shows nothing.  Scripts and frames may not ask for it
            if mode not in {None, "navigate"} or target not in {None, "document"}:
                return Refusal(403, "this page is to be looked at, and not to be fetched")
        elif _one(asked, "sec-fetch-site") not in {None, *_OWN_SITE}:
            return Refusal(403, "another site may not ask for this")
        origin = _one(asked, "origin")
        if origin is None:
            return None
        scheme, separator, authority = origin.partition("://")
        if (
            scheme in {"http", "https"}
            and separator
            and self.knows_host(host_of(authority))
            and authority.lower() == asked["host"][0].lower()
        ):
            return None
        return Refusal(403, "another origin may not ask for this")

    def _entered(self, asked: Asked) -> Refusal | None:
        return None if self.is_entered(asked) else Refusal(401, _ENTER)


def guard_of(
    token: Token,
    *,
    allowed_hosts: Iterable[str],
    allowed_clients: Iterable[str],
    problems: Problems,
) -> Guard:
    """The guard of a page; what is wrong with an option is collected in *problems*."""
    hosts = known_hosts(allowed_hosts, problems)
    return Guard(token, hosts, known_clients(allowed_clients, problems))


def headers_of(scope: Scope) -> dict[str, list[str]]:
    """The headers by their names in lower case, each with all its values.

    >>> headers_of({"headers": [(b"Host", b"a"), (b"host", b"b")]})
    {'host': ['a', 'b']}
    """
    found: dict[str, list[str]] = {}
    for name, value in listed(scope.get("headers") or ()):
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def cookie_of(asked: Asked) -> str:
    """The cookie's name, with the port in it: browsers send cookies to all ports of a host.

    >>> cookie_of({"host": ["localhost:8000"]}), cookie_of({"host": ["[::1]"]})
    ('asgi-mw-8000', 'asgi-mw')
    """
    _, _, port = asked["host"][0].rpartition("]")[2].partition(":")
    return f"asgi-mw-{port}" if port else "asgi-mw"


def _one(asked: Asked, name: str) -> str | None:
    return asked[name][0] if name in asked else None


def _repeated(asked: Asked) -> Refusal | None:
    twice = [name for name in _SINGLE if len(asked.get(name, ())) > 1]
    return Refusal(400, f"the header {twice[0]} is there twice") if twice else None


def _method(scope: Scope, kind: Kind) -> Refusal | None:
    allowed = _METHODS[kind]
    if scope.get("method") in allowed:
        return None
    return Refusal(405, f"ask with {' or '.join(allowed)}", allow=allowed)


def _form(asked: Asked) -> Refusal | None:
    """Refuse what another site's form could send: the header and type needed cause a preflight."""
    if MARK not in asked:
        return Refusal(403, f"the header {MARK} is needed: 1")
    kind = (_one(asked, "content-type") or "").partition(";")[0].strip().lower()
    return None if kind == "application/json" else Refusal(415, "send application/json")
