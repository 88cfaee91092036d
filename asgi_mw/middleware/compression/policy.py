"""Compile the options of compression, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asgi_mw.codings import LEVELS, library, streaming, whole
from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.middleware.compression import padding
from asgi_mw.middleware.compression.content_types import COMPRESSIBLE, matcher
from asgi_mw.middleware.compression.negotiation import negotiator
from asgi_mw.middleware.compression.stream import INLINE, Coding
from asgi_mw.options import integer, skipper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.types import Scope

# "deflate" is left out: what it means is not the same to all clients (RFC 9110 8.4.1.2)
_KNOWN = ("zstd", "br", "gzip")
# The highest level at which the loop itself does the work; how many bytes it still does above
_EASY = {"zstd": 6, "br": 5, "gzip": 6}
_INLINE_WHEN_HARD = 1024


@dataclass(frozen=True, slots=True)
class Policy:
    """The compiled options of :func:`asgi_mw.compression`.

    Attributes:
        codings: The codings whose library is installed, by name.
        negotiate: Chooses by ``Accept-Encoding`` one of them for known lengths, one for streams.
        minimum_size: Smaller bodies are left alone, in bytes.
        compressible: Decides whether a content type is compressed.
        bulk: Decides whether a stream of a content type is not flushed.
        pad: The most random bytes that are added; ``None`` for nothing.
        skips: Decides whether a connection is left alone.
    """

    codings: Mapping[bytes, Coding]
    negotiate: Callable[[bytes], tuple[Coding, Coding] | None]
    minimum_size: int
    compressible: Callable[[bytes | None], bool]
    bulk: Callable[[bytes | None], bool]
    pad: int | None
    skips: Callable[[Scope], bool] | None


def compiled(
    where: str,
    *,
    encodings: Iterable[str],
    minimum_size: int,
    level: int | Mapping[str, int] | None,
    content_types: Iterable[str],
    bulk: Iterable[str],
    pad: int,
    skip: Callable[[Scope], bool] | Iterable[str],
) -> Policy:
    """The options of the layer called *where* as a policy.

    Raises:
        ConfigError: Some of them are wrong; it reports all of these.
    """
    problems = Problems(where)
    names = _names(encodings, problems)
    levels = _levels(level, names, problems)
    least = integer(minimum_size, "minimum_size", problems)
    most = integer(pad, "pad", problems, most=padding.MOST)
    compressible = matcher(content_types, "content_types", problems, usual=COMPRESSIBLE)
    bulky = matcher(bulk, "bulk", problems)
    skips = skipper(skip, problems, Faults(where)) if callable(skip) or skip != () else None
    problems.check()
    codings = {
        name.encode(): Coding(
            name.encode(),
            whole(name, levels.get(name)),
            streaming(name, levels.get(name), small=False),
            streaming(name, levels.get(name), small=True),
            INLINE if levels.get(name, 0) <= _EASY[name] else _INLINE_WHEN_HARD,
        )
        for name in names
        if library(name) is not None
    }
    return Policy(
        codings=codings,
        negotiate=negotiator(codings),
        minimum_size=least,
        compressible=compressible,
        bulk=lambda value: value is not None and bulky(value),
        pad=most or None,
        skips=skips,
    )


def _names(encodings: Iterable[str], problems: Problems) -> list[str]:
    if isinstance(encodings, (str, bytes)) or not hasattr(encodings, "__iter__"):
        mend = 'write encodings=("zstd", "br", "gzip")'
        problems.add("encodings", encodings, "a list of codings is meant", mend)
        return []
    names = list(encodings)
    if not names:
        problems.add("encodings", encodings, "is empty", "name one, or leave the layer out")
    known = []
    for name in names:
        if name not in _KNOWN:
            mend = f"choose from {', '.join(_KNOWN)}"
            problems.add("encodings", name, "is no coding of this layer", mend)
        elif name in known:
            problems.add("encodings", name, "is named twice", "take one out")
        else:
            known.append(name)
    if known and not any(map(library, known)):
        mend = 'pip install "asgi-mw[compress]"'
        problems.add("encodings", encodings, "holds no coding that is installed", mend)
    return known


def _levels(
    level: int | Mapping[str, int] | None, names: list[str], problems: Problems
) -> dict[str, int]:
    if level is None:
        return {}
    if isinstance(level, Mapping):
        chosen = dict(level)
        for name in [name for name in chosen if name not in names]:
            mend = f"choose from {', '.join(names)}"
            problems.add("level", level, f"{name!r} is no coding that is offered", mend)
            del chosen[name]
    else:
        chosen = dict.fromkeys(names, level)
    for name, one in chosen.items():
        allowed = LEVELS[name]
        if not isinstance(one, int) or isinstance(one, bool) or one not in allowed:
            mend = f"write {allowed[0]} to {allowed[-1]}"
            problems.add("level", one, f"is no level of {name}", mend)
    return chosen
