"""Find the library for each content coding; each is imported when it is asked for."""

from __future__ import annotations

import sys
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from asgi_mw.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType

ALL = ("zstd", "br", "gzip", "deflate")


def isal() -> ModuleType | None:
    """Intel's ISA-L behind the interface of zlib, which makes gzip several times faster."""
    return _imported("isal.isal_zlib")


def brotli() -> Any:
    """The module of Google's brotli, 1.2 or newer: older ones cannot decode within a limit.

    Raises:
        MissingExtraError: It is not installed, or too old.
    """
    module = _imported("brotli")
    if module is None or not hasattr(module.Decompressor, "can_accept_more_data"):
        raise MissingExtraError("brotli 1.2 or newer", "compress")
    return module


def zstd() -> Any:
    """Python's own module of zstd, since 3.14, or its backport.

    Raises:
        MissingExtraError: There is none.
    """
    module = _imported("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    if module is None:
        raise MissingExtraError("zstd", "compress")
    return module


def library(coding: str) -> str | None:
    """The library that is used for *coding*, with its version; ``None`` if there is none.

    >>> library("deflate").split()[0], library("compress")
    ('zlib', None)
    """
    try:
        if coding == "zstd":
            return f"{zstd().__name__} (zstd {zstd().zstd_version})"
        if coding == "br":
            return f"brotli {brotli().__version__}"
    except MissingExtraError:
        return None
    if coding == "gzip" and isal() is not None:
        return f"isal {import_module('isal').__version__}"
    return f"zlib {zlib.ZLIB_RUNTIME_VERSION}" if coding in ALL else None


def codings() -> tuple[str, ...]:
    """The content codings that can be encoded and decoded here, the best first.

    >>> codings()[-2:]
    ('gzip', 'deflate')
    """
    return tuple(coding for coding in ALL if library(coding))


def _imported(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
