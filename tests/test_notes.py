"""A note is a fact: what it was, when it began, and how long it took."""

from __future__ import annotations

from asgi_mw.notes import KINDS, Note


def test_how_long_it_took() -> None:
    """From its beginning to its end."""
    assert 7 == Note("call", 3, 10, "GET /").took


def test_nobody_knows_how_long_before_it_is_over() -> None:
    """And a log record takes no time."""
    assert Note("log", 3, None, "sold out").took is None


def test_the_kinds() -> None:
    """All that a reader has to know."""
    assert {"log", "span", "measure", "call", "blocked"} == KINDS
