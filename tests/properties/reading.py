"""Compare what a server was sent with what a model says: decoded, and without times."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import brotli  # type: ignore[import-untyped]  # it has no stubs
from backports import zstd

from tests.properties.coding_models import WRONG
from tests.properties.model_parts import named

if TYPE_CHECKING:
    from collections.abc import Callable

DECODERS: dict[bytes, Callable[[], Callable[[bytes], bytes]]] = {
    b"gzip": lambda: zlib.decompressobj(31).decompress,
    b"br": lambda: brotli.Decompressor().process,
    b"zstd": lambda: zstd.ZstdDecompressor().decompress,
}


def _timeless(message: Any) -> Any:
    """*message* with ``#`` for times and trace ids, and each member of ``Vary`` once."""
    if not isinstance(message, dict) or not isinstance(message.get("headers"), list):
        return message
    headers = []
    varies: set[bytes] = set()
    for pair in message["headers"]:
        if named(pair, b"server-timing"):
            told = re.sub(rb"dur=\d+\.\d{3}", b"dur=#", pair[1])
            told = re.sub(rb'desc="00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]"', b'desc="#"', told)
            headers.append((pair[0], told))
        elif named(pair, b"vary"):
            new = [member for member in _members(pair) if member not in varies]
            varies.update(new)
            headers += [(b"vary", member) for member in new]
        else:
            headers.append(pair)
    return {**message, "headers": headers}


def _members(pair: Any) -> list[bytes]:
    return [member.strip() for member in pair[1].lower().split(b",")]


def _varies(message: Any) -> int:
    """How many members the ``Vary`` of *message* has."""
    return sum(len(_members(pair)) for pair in _pairs(message) if named(pair, b"vary"))


class Reader:
    """Reads what a server was sent: as it is, or decoded where a layer of ours encoded it."""

    def __init__(self, *, may_code: bool, disturbed: bool) -> None:
        self.coded = False
        self._may_code, self._disturbed = may_code, disturbed
        self._again = False
        self._decode: Callable[[bytes], bytes] | None = None

    def same(self, then: Any, now: Any) -> bool:
        """Whether *now* is *then*."""
        if isinstance(then, dict) and isinstance(now, dict):
            if _varies(now) > _varies(then):
                return False
            then, now = self._read(_timeless(then), _timeless(now))
        return bool(then == now)

    def _read(self, then: Any, now: Any) -> tuple[Any, Any]:
        kind = now.get("type")
        if kind == "http.response.start":
            coding = [pair[1] for pair in _pairs(now) if named(pair, b"content-encoding")]
            own = any(named(pair, b"content-encoding") for pair in _pairs(then))
            if coding and not own:
                assert self._may_code
                assert not self.coded
                self.coded = True
                assert not any(
                    named(pair, b"content-digest", b"accept-ranges") for pair in _pairs(now)
                )
                self._decode = DECODERS[coding[0]]()
                return _without(then, WRONG), _without(now, WRONG)
            self._again = True
        elif kind == "http.response.trailers" and self.coded:
            digests = {b"content-digest"}
            assert self._disturbed or self._again or now == _without(now, digests)
            return _without(then, digests), _without(now, digests)
        elif kind == "http.response.body" and self.coded:
            if self._disturbed and now.get("body") == b"":
                whole = {"more_body": False}  # which is what its absence means
                if not now.get("more_body"):
                    self._decode = None
                return {**whole, **then, "body": b""}, {**whole, **now}  # nobody gets it
            if self._again and self._disturbed and now.get("body") == then.get("body"):
                self._decode = None  # an error page, in the place of a body that failed
            if self._decode is None:
                return then, now
            now = {**now, "body": self._decode(now["body"])}
            then = {"body": b"", **then}
            if not now.get("more_body"):
                self._decode = None
        return then, now


def _pairs(message: Any) -> list[Any]:
    headers = message.get("headers")
    return headers if isinstance(headers, list) else []


def _without(message: Any, names: set[bytes]) -> Any:
    if not _pairs(message):
        return message
    return {**message, "headers": [pair for pair in _pairs(message) if not named(pair, *names)]}
