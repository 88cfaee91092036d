"""Which library codes what."""

from __future__ import annotations

import sys

import pytest

from asgi_mw.codings import codings, library


def test_each_coding_has_its_library() -> None:
    """With its version."""
    names = [str(library(coding)).split()[0] for coding in codings()]

    assert codings() == ("zstd", "br", "gzip", "deflate")
    assert names[1:] == ["brotli", "isal", "zlib"]
    assert names[0] in {"compression.zstd", "backports.zstd"}


@pytest.mark.parametrize(
    ("missing", "left"),
    [
        ("brotli", ("zstd", "gzip", "deflate")),
        (
            "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd",
            ("br", "gzip", "deflate"),
        ),
        ("isal.isal_zlib", ("zstd", "br", "gzip", "deflate")),
    ],
)
def test_what_is_not_installed_is_left_out(
    missing: str, left: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for isal, whose place zlib takes."""
    monkeypatch.setitem(sys.modules, missing, None)

    assert codings() == left
    assert str(library("gzip")).startswith("zlib" if "isal" in missing else "isal")


def test_a_brotli_that_cannot_be_bounded_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 1.2 its decoder knew no limit."""
    import brotli  # type: ignore[import-untyped]  # noqa: PLC0415  # it has no stubs

    monkeypatch.setattr(brotli, "Decompressor", object)

    assert library("br") is None


@pytest.mark.parametrize("unknown", ["compress", "identity", "", "x-gzip", "GZIP"])
def test_others_have_none(unknown: str) -> None:
    """Names are those of the registry, in lower case."""
    assert library(unknown) is None
