"""An app is held to the length that it declared."""

from __future__ import annotations

import pytest

from asgi_mw.middleware.compression.owed import Owed


@pytest.mark.parametrize(
    ("length", "parts", "ends"),
    [
        (None, [(5, True), (0, True), (5, False)], [False, False, True]),
        (10, [(5, True), (5, True)], [False, True]),
        (10, [(10, False)], [True]),
        (10, [(0, True), (4, True), (6, False)], [False, False, True]),
    ],
)
def test_a_body_ends_as_declared_or_as_the_app_says(
    length: int | None, parts: list[tuple[int, bool]], ends: list[bool]
) -> None:
    """Whichever comes first."""
    owed = Owed(length)

    assert ends == [owed.take(size, more=more) for size, more in parts]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([(9, False)], "shorter"),
        ([(4, True), (0, False)], "shorter"),
        ([(0, False)], "shorter"),
        ([(11, True)], "longer"),
        ([(4, True), (7, False)], "longer"),
    ],
)
def test_another_length_is_an_error(parts: list[tuple[int, bool]], said: str) -> None:
    """In the words of uvicorn."""
    owed = Owed(10)
    *before, (size, more) = parts
    for one, goes_on in before:
        owed.take(one, more=goes_on)

    with pytest.raises(RuntimeError, match=f"^Response content {said} than Content-Length$"):
        owed.take(size, more=more)
