"""Which exchange of one store belongs to which of another, and what differs by itself in them."""

from __future__ import annotations

from collections import defaultdict, deque
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from asgi_mw.differences import Noise, compare
from asgi_mw.differences.compared import Compared, Side, pair_of, what_of
from asgi_mw.parts import octets, payloads
from asgi_mw.recorder.windows import Place, Windows
from asgi_mw.redaction.hiding import Hider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from asgi_mw.differences import Difference, Matcher
    from asgi_mw.differences.compared import Comparison
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store

# How many repeats of a request in one store are compared with the first, to find what is noise
_REPEATS = 3
# Not compared: what was sent, and times, which are others at another time or on another machine
_NEVER = ("request", "time")
_NOTHING = Hider()
Key: TypeAlias = bytes


class Entry(NamedTuple):
    """One exchange, as its place in the index: small, whatever was recorded of it.

    Attributes:
        id: Its id.
        began: When it began.
        exact: The digest of its method, path, query and body.
        path: That of its method, path and query.
        route: That of its method, route, query and body; that of the path where it has none.
        kind: That of its method and route, or path.
    """

    id: str
    began: int
    exact: Key
    path: Key
    route: Key
    kind: Key


def entry_of(exchange: Exchange) -> Entry:
    """The place of *exchange* in the index."""
    method = (exchange.method or exchange.type).encode("utf-8", "surrogatepass")
    path = exchange.path.encode("utf-8", "surrogatepass")
    route = exchange.route and exchange.route.encode("utf-8", "surrogatepass")
    query = octets(exchange.scope.get("query_string"))
    body = payloads(exchange, "receive")
    return Entry(
        exchange.id,
        exchange.began,
        _digest(b"exact", method, path, query, body),
        _digest(b"path", method, path, query),
        _digest(b"route", method, route or path, query, body),
        _digest(b"kind", method, route or path),
    )


def _digest(*parts: bytes) -> Key:
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(b"%d:" % len(part) + part)
    return found.digest()


def index_of(
    store: Store, query: Search, step: Callable[[], None]
) -> tuple[list[Entry], tuple[str, ...]]:
    """The requests and WebSockets of *store* that are over, oldest first; what cannot be read."""
    reading = store.exchanges(query)
    entries = []
    for exchange in reading:
        step()
        if exchange.type in ("http", "websocket") and exchange.outcome is not None:
            entries.append(entry_of(exchange))
    entries.sort()
    return entries, reading.problems


def pairs(
    lefts: Sequence[Entry], rights: Sequence[Entry]
) -> Iterator[tuple[int | None, int | None]]:
    """The place of each of *lefts* and that of its counterpart, then those that only *rights* has.

    Counterparts are first those whose method, path, query and body are the same, then those whose
    body differs, then those with the same route.  Of several, the first is paired with the first.
    """
    found: dict[int, int] = {}
    taken: set[int] = set()
    for key in ("exact", "path", "route"):
        waiting: dict[Key, deque[int]] = defaultdict(deque)
        for place, right in enumerate(rights):
            if place not in taken:
                waiting[getattr(right, key)].append(place)
        for place, left in enumerate(lefts):
            if place not in found and (same := waiting.get(getattr(left, key))):
                found[place] = same.popleft()
                taken.add(found[place])
    for place in range(len(lefts)):
        yield place, found.get(place)
    for place in range(len(rights)):
        if place not in taken:
            yield None, place


class StoreDiff:
    """Compares two stores, and puts each pair into a comparison.

    Args:
        left: The one.
        right: The other.
        comparison: Takes the pairs, and the names of what is left out as noise.
        ignore: Names of differences to leave out.
        matchers: Say which other values are alike, by such names.
        step: Called with each exchange that is read, and each pair.
    """

    def __init__(
        self,
        left: Store,
        right: Store,
        comparison: Comparison,
        *,
        ignore: tuple[str, ...],
        matchers: Mapping[str, Matcher],
        step: Callable[[], None],
    ) -> None:
        self._left, self._right = left, right
        self._comparison = comparison
        self._ignore, self._matchers, self._step = ignore, matchers, step
        self._noise: dict[Key, Noise] = defaultdict(Noise)

    def run(self, query: Search) -> tuple[str, ...]:
        """Compare what matches *query*; return what could not be read."""
        lefts, problems = index_of(self._left, query, self._step)
        rights, more = index_of(self._right, query, self._step)
        left, right = (
            Windows(store, query, [Place(one.id, one.began) for one in entries])
            for store, entries in ((self._left, lefts), (self._right, rights))
        )
        self._learn(left, lefts)
        self._learn(right, rights)
        for first, second in pairs(lefts, rights):
            self._step()
            one = None if first is None else left.get(first)
            other = None if second is None else right.get(second)
            if one and other and first is not None:
                self._compare(one, other, self._noise[lefts[first].kind])
            elif one and second is None:
                pair = Compared(what_of(one, _NOTHING), Side.of(one), None)
                self._comparison.pairs.append(pair)
            elif other and first is None:
                pair = Compared(what_of(other, _NOTHING), None, Side.of(other))
                self._comparison.pairs.append(pair)
        return (*problems, *more)

    def _learn(self, windows: Windows, entries: Sequence[Entry]) -> None:
        """Learn what differs by itself: what differs between repeats of a request in one store."""
        same: dict[Key, list[int]] = defaultdict(list)
        for place, entry in enumerate(entries):
            if len(group := same[entry.exact]) <= _REPEATS:
                group.append(place)
        for first, *others in same.values():
            base = windows.get(first) if others else None
            for other in others:
                again = windows.get(other)
                if base and again:
                    self._noise[entries[first].kind].learn(self._differences(base, again))

    def _differences(self, left: Exchange, right: Exchange) -> list[Difference]:
        ignore = (*_NEVER, *self._ignore)
        return compare(left, right, ignore=ignore, matchers=self._matchers)

    def _compare(self, left: Exchange, right: Exchange, noise: Noise) -> None:
        found = self._differences(left, right)
        names = [noise.name_of(one) for one in found]
        self._comparison.noise.update((name, None) for name in names if name)
        kept = [one for one, name in zip(found, names, strict=True) if name is None]
        self._comparison.pairs.append(pair_of(left, right, kept, noise=len(found) - len(kept)))
