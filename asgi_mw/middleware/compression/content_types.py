"""Which content types gain from compression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.caches import remembered
from asgi_mw.errors import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: What is compressed unless other types are asked for.  So is a response without a type.
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

# Types whose bodies come bit by bit by their nature, so that the start does not wait for the body
STREAMED = (
    "text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl",
    "application/json-seq", "+json-seq", "application/stream+json",
)  # fmt: skip

# Compressed already, or framed so that a coding of the whole does harm: only if they are named
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
_NAME = r"[a-z0-9][a-z0-9!#$&^_.+-]*"
_TYPE = re.compile(rf"{_NAME}/(?:{_NAME}|\*)|\*/\*")
_SUFFIX = re.compile(rf"\+{_NAME}")
# The app chooses the values, and may make up new ones, such as boundaries
_MOST_CACHED = 256
_MOST_CACHED_BYTES = 128


def matcher(
    types: Iterable[str], option: str, problems: Problems, *, usual: Iterable[str] = ()
) -> Callable[[bytes | None], bool]:
    """A predicate on the value of ``Content-Type``; ``None`` stands for a response without one.

    The most exact entry for a type decides: its name, then its suffix, then its range.

    Args:
        types: Each as ``"application/json"``, ``"text/*"``, ``"*/*"`` or ``"+json"``; with a
            ``!`` before it, it is left out.
        option: The name of the option, for *problems*.
        problems: Collects what is wrong.
        usual: The types that are meant if *types* only leaves something out.

    >>> from asgi_mw.errors import Problems
    >>> matches = matcher(["text/*", "+json", "!text/csv"], "content_types", Problems("gzip"))
    >>> matches(b"text/html; charset=utf-8"), matches(b"application/ld+json"), matches(b"text/csv")
    (True, True, False)
    """
    said: dict[str, bool] = {}
    for one in _each(types, option, problems):
        text = one.strip().lower()
        wanted = not text.startswith("!")
        text = text.removeprefix("!")
        if not (_TYPE.fullmatch(text) or _SUFFIX.fullmatch(text)):
            mend = "write it as 'text/html', 'text/*' or '+json', or '!text/html' to leave it out"
            problems.add(option, one, "is no content type", mend)
        elif said.setdefault(text, wanted) != wanted:
            problems.add(option, one, f"both {text!r} and '!{text}' are listed", "keep one of them")
    if said and not any(said.values()):
        said = {**dict.fromkeys(usual, True), **said}
        if not usual:
            mend = "list what is meant, as in ['text/*', '!text/html']"
            problems.add(option, types, "leaves something out of nothing", mend)

    @remembered(_MOST_CACHED, longest=_MOST_CACHED_BYTES)
    def judged(value: bytes) -> bool:
        text = value.decode("latin-1").partition(";")[0].strip().lower()
        if (named := said.get(text)) is not None:
            return named
        if text in _NEVER or text.startswith(_NEVER_PREFIXES) or text.endswith(_NEVER_SUFFIXES):
            return False
        suffix = text[text.rfind("+") :] if "+" in text else ""
        for wider in (suffix, text.partition("/")[0] + "/*", "*/*"):
            if (named := said.get(wider)) is not None:
                return named
        return False

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


_streamed = matcher(STREAMED, "", Problems(""))


def streamed(value: bytes | None) -> bool:
    """Whether a body with this ``Content-Type`` comes bit by bit.

    >>> streamed(b"text/event-stream; charset=utf-8"), streamed(b"text/html"), streamed(None)
    (True, False, False)
    """
    return value is not None and _streamed(value)
