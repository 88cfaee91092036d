"""Which content types gain from compression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.caches import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.errors import Problems

#: What is compressed unless other types are asked for.  A response without a type is as well.
COMPRESSIBLE = (
    "text/*", "+json", "+xml", "+yaml", "+json-seq",
    "application/json", "application/json5", "application/jsonl", "application/ndjson",
    "application/x-ndjson", "application/json-seq", "application/javascript",
    "application/x-javascript", "application/ecmascript", "application/xml",
    "application/xml-dtd", "application/yaml", "application/x-yaml", "application/toml",
    "application/graphql", "application/sql", "application/rtf", "application/postscript",
    "application/wasm", "application/x-www-form-urlencoded", "application/x-sh",
    "application/vnd.apple.mpegurl", "application/x-mpegurl",
    "application/cbor", "application/msgpack", "application/x-msgpack",
    "application/vnd.msgpack", "application/protobuf", "application/x-protobuf",
    "application/vnd.ms-fontobject", "application/x-font-ttf", "application/x-font-otf",
    "font/ttf", "font/otf", "font/sfnt", "font/collection",
    "image/bmp", "image/x-icon", "image/vnd.microsoft.icon", "image/x-ms-bmp",
)  # fmt: skip

# Compressed already, or framed so that a coding of the whole does harm: only by their own names
_NEVER = frozenset(
    {
        "application/gzip", "application/x-gzip", "application/zip", "application/zstd",
        "application/x-bzip2", "application/x-xz", "application/x-7z-compressed",
        "application/vnd.rar", "application/x-rar-compressed", "application/java-archive",
        "application/epub+zip", "application/vnd.android.package-archive",
        "application/grpc", "font/woff", "font/woff2", "application/font-woff",
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/heic",
        "image/jxl", "multipart/byteranges",
    }
)  # fmt: skip
_NEVER_PREFIXES = ("video/", "audio/", "application/grpc+", "application/grpc-web")
_NEVER_SUFFIXES = ("+zip", "+gzip", "+zstd")
# RFC 6838 4.2: what names of types are made of; a range has a star in the place of a name
_TYPE = re.compile(r"([\w!#$&^.+-]+|\*)/([\w!#$&^.+-]+|\*)", re.ASCII)
_SUFFIX = re.compile(r"\+[\w!#$&^.+-]+", re.ASCII)
# Values are up to the app, which may make them up, as boundaries
_MOST_CACHED = 256
_MOST_CACHED_BYTES = 128


def matcher(
    types: Iterable[str], option: str, problems: Problems
) -> Callable[[bytes | None], bool]:
    """A predicate on the value of ``Content-Type``; ``None`` stands for a response without one.

    Args:
        types: Each as ``"application/json"``, ``"text/*"``, ``"*/*"`` or ``"+json"``.
        option: Their name, for *problems*.
        problems: Takes what is wrong.

    >>> from asgi_mw.errors import Problems
    >>> matches = matcher(["text/*", "+json"], "content_types", Problems("compression"))
    >>> matches(b"text/html; charset=utf-8"), matches(b"application/ld+json"), matches(b"image/png")
    (True, True, False)
    """
    exact, ranges, suffixes = set(), set(), set()
    for one in _each(types, option, problems):
        text = one.strip().lower()
        main, _, sub = text.partition("/")
        if _SUFFIX.fullmatch(text):
            suffixes.add(text)
        elif not _TYPE.fullmatch(text) or ("*" in main and text != "*/*"):
            mend = "write it as 'text/html', 'text/*' or '+json'"
            problems.add(option, one, "is no content type", mend)
        elif sub == "*":
            ranges.add(main)
        else:
            exact.add(text)

    @remembered(_MOST_CACHED, longest=_MOST_CACHED_BYTES)
    def judged(value: bytes) -> bool:
        text = value.decode("latin-1").partition(";")[0].strip().lower()
        if text in exact:
            return True
        if text in _NEVER or text.startswith(_NEVER_PREFIXES) or text.endswith(_NEVER_SUFFIXES):
            return False
        suffix = text[text.rfind("+") :] if "+" in text else ""
        return suffix in suffixes or text.partition("/")[0] in ranges or "*" in ranges

    def matches(value: bytes | None) -> bool:
        return value is None or judged(value)

    return matches


def _each(types: Iterable[str], option: str, problems: Problems) -> list[str]:
    if isinstance(types, (str, bytes)):
        problems.add(option, types, "a list of content types is meant", f"write [{types!r}]")
        return []
    try:
        listed = list(types)
    except TypeError:
        problems.add(option, types, "is no list of content types", "write ['text/*', '+json']")
        return []
    for one in listed:
        if not isinstance(one, str):
            problems.add(option, one, "is no content type", "write it as 'text/html'")
    return [one for one in listed if isinstance(one, str)]
