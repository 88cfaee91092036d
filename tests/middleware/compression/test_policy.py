"""Options become tables once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.middleware.compression.content_types import COMPRESSIBLE
from asgi_mw.middleware.compression.policy import compiled
from asgi_mw.middleware.compression.stream import INLINE

if TYPE_CHECKING:
    from asgi_mw.middleware.compression.policy import Policy


def policy(**options: Any) -> Policy:
    """A policy with the options of the layer."""
    defaults: dict[str, Any] = {
        "encodings": ("zstd", "br", "gzip"),
        "minimum_size": 500,
        "level": None,
        "content_types": COMPRESSIBLE,
        "bulk": (),
        "pad": 0,
        "skip": (),
    }
    return compiled("compression", **{**defaults, **options})


def test_the_codings_keep_the_order_in_which_they_are_preferred() -> None:
    """It is the server's choice among equals."""
    assert list(policy(encodings=["gzip", "zstd"]).codings) == [b"gzip", b"zstd"]
    codings = policy(encodings=["gzip", "zstd"]).negotiate(b"zstd, gzip")
    assert codings is not None
    assert [coding.name for coding in codings] == [b"gzip", b"gzip"]


@pytest.mark.parametrize(
    ("level", "threads"),
    [
        (None, []),
        (5, []),
        (9, [b"zstd", b"br", b"gzip"]),
        ({"br": 11}, [b"br"]),
        ({"zstd": 19, "gzip": 6}, [b"zstd"]),
        ({"gzip": 7}, [b"gzip"]),
    ],
)
def test_a_hard_level_is_for_threads(level: Any, threads: list[bytes]) -> None:
    """Whatever takes the loop more than a few milliseconds."""
    codings = policy(level=level).codings.values()

    assert [one.name for one in codings if one.inline < INLINE] == threads


def test_a_level_reaches_the_library() -> None:
    """Each makes something else of a body."""
    text = b"".join(b"%d squared is %d\n" % (n, n * n) for n in range(2000))
    for name in (b"zstd", b"br", b"gzip"):
        low, high = (policy(level=n).codings[name].whole(text) for n in (1, 9))
        assert high != low


def test_nothing_is_bulk_unless_it_is_said() -> None:
    """Not even a response without a content type."""
    assert not policy().bulk(b"text/csv")
    assert not policy(bulk=["*/*"]).bulk(None)
    assert policy(bulk=["text/csv"]).bulk(b"text/csv; header=present")


def test_no_padding_is_none() -> None:
    """Which keeps the usual body on its short way."""
    assert policy().pad is None
    assert policy(pad=64).pad == 64


def test_skip_is_asked_only_if_it_is_given() -> None:
    """Paths or a predicate."""
    paths, predicate = policy(skip=["/raw"]).skips, policy(skip=lambda scope: "x" in scope).skips

    assert policy().skips is None
    assert paths is not None
    assert predicate is not None
    assert [paths({"path": path}) for path in ("/raw", "/other")] == [True, False]
    assert [predicate(scope) for scope in ({"x": 1}, {"y": 1})] == [True, False]
