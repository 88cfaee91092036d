"""The meanings of headers are given for those that an exchange has."""

from __future__ import annotations

from asgi_mw.inspector.drawn.meanings import MEANINGS, meanings
from tests.inspector.page import exchanges


def test_only_of_headers_that_are_there() -> None:
    """That holds for request and response, in any case of letters."""
    one = exchanges.with_bodies(
        b"", b"text/plain", b"", b"", headers=[[b"VARY", b"*"], [b"x", b""]]
    )
    assert ["content-type", "vary"] == [*meanings(one)]


def test_each_is_a_sentence() -> None:
    """The names are sorted, and in lower case."""
    assert sorted(MEANINGS) == [*MEANINGS]
    assert [] == [
        name
        for name, said in MEANINGS.items()
        if name != name.lower() or not said.endswith(".") or len(said) > 80
    ]
