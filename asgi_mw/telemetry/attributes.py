"""The attributes of metrics, and those of a span at its start, made when somebody reads them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from asgi_mw.caches import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.headers import Headers
    from asgi_mw.types import Scope

Value: TypeAlias = str | int | list[str]
Attributes: TypeAlias = dict[str, Value]
Found: TypeAlias = dict[bytes, list[bytes]]

# RFC 3986 3.3: what may stand in a path as it is
_PATH = "/:@!$&'()*+,;=~"
VERSIONS = frozenset({"1.0", "1.1", "2", "3"})


class StartAttributes(Mapping[str, Value]):
    """The attributes of a span at its start, made once a sampler or the span reads them.

    A request that is not sampled costs none of that work: usual samplers read only the trace id.

    Args:
        make: Makes them from the other arguments.

    >>> attributes = StartAttributes(lambda scope: {"url.path": path_of(scope)}, {})
    >>> attributes["url.path"], dict(attributes)
    ('', {'url.path': ''})
    """

    __slots__ = ("_given", "_made", "_make")

    def __init__(self, make: Callable[..., Attributes], *given: object) -> None:
        self._make = make
        self._given = given
        self._made: Attributes | None = None

    def __getitem__(self, key: str) -> Value:
        """Give one attribute."""
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        """Give the names."""
        return iter(self._all())

    def __len__(self) -> int:
        """Count them."""
        return len(self._all())

    def items(self) -> object:  # type: ignore[override]  # the view of a dict, which is faster
        """Give names and values."""
        return self._all().items()

    def copy(self) -> Attributes:
        """Give a dict of them: older SDKs copy what the sampler returned."""
        return self._all().copy()

    def _all(self) -> Attributes:
        if self._made is None:
            self._made = self._make(*self._given)
        return self._made


class Wanted(dict[bytes, bytes | None]):
    """Maps the name of a header, in any case, to lower case if it is wanted, else to ``None``.

    Each decision is kept, so that the next request looks it up.  Names come from clients, so the
    number and the length of those that are kept are bounded.

    >>> wanted = Wanted({b"host"}.__contains__)
    >>> wanted.scan([(b"Host", b"a"), (b"accept", b"*/*"), (b"host", b"b")])
    {b'host': [b'a', b'b']}
    """

    def __init__(self, wants: Callable[[bytes], bool]) -> None:
        super().__init__()
        self._wants = wants

    def __missing__(self, name: bytes) -> bytes | None:
        """Decide about a name that was not seen before."""
        lower = name.lower()
        decision = lower if self._wants(lower) else None
        if len(name) <= 64:
            keep(self, name, decision, most=512)
        return decision

    def scan(self, headers: Headers) -> Found:
        """The values of the wanted headers, in one pass; a malformed pair is skipped."""
        found: Found = {}
        for pair in headers:
            try:
                name, value = pair
                key = self[name]
                if key is not None and value.__class__ is bytes:
                    if key in found:
                        found[key].append(value)
                    else:
                        found[key] = [value]
            except (AttributeError, TypeError, ValueError):
                continue  # for others to judge
        return found


def path_of(scope: Scope) -> str:
    """The path as it was asked for, percent-encoded, without the query.

    >>> path_of({"raw_path": b"/a%20b?x"}), path_of({"raw_path": None, "path": "/a b"})
    ('/a%20b', '/a%20b')
    """
    raw = scope.get("raw_path")
    if raw.__class__ is bytes and raw:
        return str(raw.partition(b"?")[0].decode("latin-1"))
    path = scope.get("path")
    return quote(path, safe=_PATH, errors="surrogatepass") if path.__class__ is str else ""


def version_of(scope: Scope) -> str | None:
    """``network.protocol.version``: one that the conventions know, or ``None``.

    >>> version_of({"http_version": "1.1"}), version_of({"http_version": "9"}), version_of({})
    ('1.1', None, None)
    """
    version = scope.get("http_version")
    return version if version in VERSIONS else None


@lru_cache(maxsize=1024)
def metric_attributes(  # noqa: PLR0917  # once a request: keywords cost time
    method: str | None,
    scheme: str,
    version: str | None,
    route: str | None,
    status: int | None,
    error: str | None,
) -> Mapping[str, str | int]:
    """The attributes that the conventions give the metrics of a server, and no others.

    The client can choose none of them freely, so that it cannot make series at will.

    >>> dict(metric_attributes("GET", "https", None, None, 404, None))
    {'url.scheme': 'https', 'http.request.method': 'GET', 'http.response.status_code': 404}
    """
    attributes: dict[str, str | int] = {"url.scheme": scheme}
    if method is not None:
        attributes["http.request.method"] = method
    if status is not None:
        attributes["http.response.status_code"] = int(status)  # not an HTTPStatus
    if route is not None:
        attributes["http.route"] = route
    if version is not None:
        attributes["network.protocol.version"] = version
    if error is not None:
        attributes["error.type"] = error
    return attributes
