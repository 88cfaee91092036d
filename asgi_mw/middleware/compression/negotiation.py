"""Choose a content coding by ``Accept-Encoding``, as RFC 9110 12.5.3 says."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from asgi_mw.headers import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

T = TypeVar("T")

# A longer list is not read: no client needs one, and to send no coding is right for every client
MOST_BYTES = 1024
# Values are up to the client, so the cache is bounded in entries and in the bytes of each
_MOST_CACHED = 256
_MOST_CACHED_BYTES = 128
_ANY = b"*"
_IDENTITY = b"identity"
# RFC 9110 8.4.1.3: a recipient should take "x-gzip" for "gzip"
_ALIASES = {b"x-gzip": b"gzip"}
# With little state it compresses each message on its own, so that a stream of small ones grows
_WORST_IN_STREAMS = b"br"


def choose(accepted: bytes, offered: Sequence[bytes]) -> bytes | None:
    """The coding of *offered* that the client likes best; ``None`` means to send no coding.

    The highest weight wins; among equals the first that is offered does, and any coding wins
    over ``identity``.  A coding that the client names twice has the lower of its weights, and a
    malformed member counts as refused: sending no coding is always understood.

    Args:
        accepted: All lines of ``Accept-Encoding``, joined by commas.
        offered: In lower case, the preferred one first.

    >>> choose(b"gzip, br;q=0.9", [b"zstd", b"br", b"gzip"])
    b'gzip'
    >>> choose(b"gzip;q=0, *", [b"gzip"]) is None
    True
    """
    if len(accepted) > MOST_BYTES:
        return None
    said: dict[bytes, int] = {}
    for name, weight in weights(accepted):
        name = _ALIASES.get(name, name)  # noqa: PLW2901  # the same coding by its own name
        said[name] = min(weight, said.get(name, weight))
    rest = said.get(_ANY, 0)
    best, most = None, max(said.get(_IDENTITY, rest), 1)
    for coding in offered:
        weight = said.get(coding, rest)
        if weight > most or (weight == most and best is None):
            best, most = coding, weight
    return best


def for_streams(offered: Iterable[bytes]) -> list[bytes]:
    """The codings *offered* in the order in which responses of unknown length prefer them.

    >>> for_streams([b"zstd", b"br", b"gzip"])
    [b'zstd', b'gzip', b'br']
    """
    return sorted(offered, key=lambda coding: coding == _WORST_IN_STREAMS)


def negotiator(offered: Mapping[bytes, T]) -> Callable[[bytes], tuple[T, T] | None]:
    """:func:`choose` for all lines of one request, joined by commas, with a bounded cache.

    It returns two of the values of *offered*, or ``None`` if no coding is acceptable: one for a
    response of known length, and one for a stream of unknown length.

    >>> negotiated = negotiator({b"br": "brotli", b"gzip": "zlib"})
    >>> negotiated(b"gzip;q=0.5, BR;q=0.5")
    ('brotli', 'zlib')
    """
    cache: dict[bytes, tuple[T, T] | None] = {}
    whole, streams = list(offered), for_streams(offered)

    def negotiated(accepted: bytes) -> tuple[T, T] | None:
        try:
            return cache[accepted]
        except KeyError:
            best = choose(accepted, whole)
            other = choose(accepted, streams)
        chosen = None if best is None or other is None else (offered[best], offered[other])
        if len(accepted) <= _MOST_CACHED_BYTES:
            if len(cache) >= _MOST_CACHED:
                cache.clear()
            cache[accepted] = chosen
        return chosen

    return negotiated
