"""Choose a content coding by ``Accept-Encoding``, as RFC 9110 12.5.3 says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.headers import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# A longer list is not read: no client needs one, and no coding at all is right for everybody
_MOST_BYTES = 1024
# Values are up to the client, so the cache is bounded in entries and in the bytes of each
_MOST_CACHED = 256
_MOST_CACHED_BYTES = 128
_ANY = b"*"
_IDENTITY = b"identity"
# RFC 9110 8.4.1.3: a recipient should take "x-gzip" for "gzip"
_ALIASES = {b"x-gzip": b"gzip"}


def choose(accepted: bytes, offered: Sequence[bytes]) -> bytes | None:
    """The coding of *offered* that the client likes best; ``None`` means to send no coding.

    The highest weight wins; among equals the first that is offered does, and any coding wins
    over ``identity``.  What the client names twice counts as it said it least, and a member that
    is malformed counts as refused: sending no coding is always understood.

    Args:
        accepted: All lines of ``Accept-Encoding``, joined by commas.
        offered: In lower case, the preferred one first.

    >>> choose(b"gzip, br;q=0.9", [b"zstd", b"br", b"gzip"])
    b'gzip'
    >>> choose(b"gzip;q=0, *", [b"gzip"]) is None
    True
    """
    if len(accepted) > _MOST_BYTES:
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


def negotiator(offered: Sequence[bytes]) -> Callable[[list[bytes]], bytes | None]:
    """:func:`choose` for the lines of one request, at least one, with a bounded cache.

    >>> negotiated = negotiator([b"br", b"gzip"])
    >>> negotiated([b"gzip;q=0.5", b"BR;q=0.5"])
    b'br'
    """
    cache: dict[bytes, bytes | None] = {}

    def negotiated(lines: list[bytes]) -> bytes | None:
        accepted = lines[0] if len(lines) == 1 else b",".join(lines)
        try:
            return cache[accepted]
        except KeyError:
            chosen = choose(accepted, offered)
        if len(accepted) <= _MOST_CACHED_BYTES:
            if len(cache) >= _MOST_CACHED:
                cache.clear()
            cache[accepted] = chosen
        return chosen

    return negotiated
