"""The query that a span tells: secrets masked, all else byte for byte, and of bounded length."""

from __future__ import annotations

import pytest

from asgi_mw.middleware.tracing.queries import MOST_TEXT, QueryMask
from asgi_mw.redaction import DEFAULT


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (b"q=OpenTelemetry&sig=39Up9jzH", "q=OpenTelemetry&sig=REDACTED"),
        (b"a=1&a=2&&b", "a=1&a=2&&b"),
        (b"%zz=\xff", "%zz=\xff"),
        (b"x" * MOST_TEXT, "x" * MOST_TEXT),
        (b"a=1&" * 3000, ("a=1&" * (MOST_TEXT // 4)).rstrip("&")),
        (b"x" * (MOST_TEXT + 1), ""),
        (
            b"a=" + b"x" * (MOST_TEXT - 10) + b"&sig=secret-that-is-cut",
            "a=" + "x" * (MOST_TEXT - 10),
        ),
    ],
    ids=["secret", "odd", "no ASCII", "just fits", "long", "one long pair", "a secret at the cut"],
)
def test_a_query_is_told(query: bytes, told: str) -> None:
    """Whether or not one like it was seen before."""
    mask = QueryMask(DEFAULT)

    assert mask[query] == told
    assert mask[query] == told


def test_what_is_kept_is_bounded() -> None:
    """A client may ask a million different questions."""
    mask = QueryMask(DEFAULT)
    for number in range(5_000):
        assert mask[b"page=%d" % number] == f"page={number}"

    assert len(mask) <= 1024
